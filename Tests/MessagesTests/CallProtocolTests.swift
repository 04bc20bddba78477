import Testing

/// Explores every order of the steps of clients, servers and a manager, with deaths, time limits, moves and bad memory
/// at every point, and checks what must hold in each state (CallWorld.swift).
@Suite struct CallProtocolTests {
  struct Result {
    var states = 0
    var ends = 0
  }

  /// Visits every state that can be reached.
  private func explore(_ shape: WorldShape) throws -> Result {
    let world = CallWorld(shape)
    var result = Result()
    var seen: Set<[UInt8]> = []
    var waiting: [(state: [UInt8], path: [Action])] = [(world.save(), [])]
    seen.insert(waiting[0].state)
    while let (state, path) = waiting.popLast() {
      result.states += 1
      world.restore(state)
      let actions = world.actions()
      do throws(Violation) {
        if !actions.contains(where: { if case .step = $0 { true } else { false } }) {
          result.ends += 1
          try world.checkEnd()
        }
      } catch {
        Issue.record("\(error.text)\nafter \(path)")
        return result
      }
      for action in actions {
        world.restore(state)
        do throws(Violation) {
          try world.perform(action)
        } catch {
          Issue.record("\(error.text)\nafter \(path + [action])")
          return result
        }
        let next = world.save()
        if seen.insert(next).inserted { waiting.append((next, path + [action])) }
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
