import Testing

/// Explores every order of the steps of clients, servers and a manager, with deaths, time limits, moves and bad memory
/// at every point, and checks what must hold in each state (CallWorld.swift).
@Suite struct CallProtocolTests {
  struct Result {
    var states = 0
    var ends = 0
  }

  /// Names a state: 128 bits, because the states themselves would fill the memory.
  struct Digest: Hashable {
    let first: Int
    let second: Int

    init(_ state: [UInt8]) {
      func digest(_ salt: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(salt)
        state.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
      }
      first = digest(1)
      second = digest(2)
    }
  }

  /// How a state was reached.
  final class History {
    private let action: Action
    private let before: History?

    init(action: Action, before: History?) {
      self.action = action
      self.before = before
    }

    var actions: [Action] {
      var actions = [action]
      var earlier = before
      while let history = earlier {
        actions.append(history.action)
        earlier = history.before
      }
      return actions.reversed()
    }
  }

  /// Visits every state that can be reached.
  private func explore(_ shape: WorldShape) throws -> Result {
    let world = CallWorld(shape)
    var result = Result()
    var seen: Set<Digest> = [Digest(world.save())]
    var waiting: [(state: [UInt8], history: History?)] = [(world.save(), nil)]
    while let (state, history) = waiting.popLast() {
      result.states += 1
      world.restore(state)
      let actions = world.actions()
      do throws(Violation) {
        if !actions.contains(where: { if case .step = $0 { true } else { false } }) {
          result.ends += 1
          try world.checkEnd()
        }
      } catch {
        Issue.record("\(error.text)\nafter \(history?.actions ?? [])")
        return result
      }
      for action in actions {
        world.restore(state)
        let nextHistory = History(action: action, before: history)
        do throws(Violation) {
          try world.perform(action)
        } catch {
          Issue.record("\(error.text)\nafter \(nextHistory.actions)")
          return result
        }
        let next = world.save()
        if seen.insert(Digest(next)).inserted { waiting.append((next, nextHistory)) }
      }
    }
    return result
  }

  static let shapes: [WorldShape] = [
    WorldShape(clients: 2, callsOfEach: 2, serverTasks: 1, deaths: 2),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 2, deaths: 2, timeOuts: 1),
    WorldShape(clients: 2, callsOfEach: 2, serverTasks: 2, deaths: 0, timeOuts: 2),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 2, deaths: 1, refusals: 1, withdrawals: 1),
    WorldShape(clients: 2, callsOfEach: 1, serverTasks: 1, hasMove: true, deaths: 1),
    WorldShape(clients: 1, callsOfEach: 2, serverTasks: 2, hasMove: true, deaths: 1, timeOuts: 1),
    WorldShape(clients: 1, callsOfEach: 1, serverTasks: 1, hasMove: true, deaths: 2, refusals: 1, withdrawals: 1),
  ]

  @Test(arguments: shapes) func everyOrderKeepsThePromises(_ shape: WorldShape) throws {
    let result = try explore(shape)
    // Fewer would mean that the exploration did not get anywhere.
    #expect(result.states > 100)
    #expect(result.ends > 0)
    print("calls: \(result.states) states, \(result.ends) ends, \(shape)")
  }
}
