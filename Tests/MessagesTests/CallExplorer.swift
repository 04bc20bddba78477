import Testing

/// Visits every state of a `CallWorld` that can be reached, and checks the promises in each.
struct CallExplorer {
  struct Result {
    var states = 0
    var ends = 0
  }

  let shape: WorldShape

  init(_ shape: WorldShape) { self.shape = shape }

  /// Names a state: 128 bits, because the states themselves would fill the memory.
  private struct Digest: Hashable {
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
  private final class History {
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

  /// - Parameter visit: is told each action in each state before it is done.
  @discardableResult
  func explore(_ visit: (CallWorld, Action) -> Void = { _, _ in }) throws -> Result {
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
        visit(world, action)
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
}
