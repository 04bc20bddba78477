// Visits every state of a small world that can be reached, and checks its promises in each.

/// A broken promise.
public struct Violation: Error {
  public let text: String
  public init(text: String) { self.text = text }
}

/// What can be explored: it does one action after the other, and goes back to any state it was in.
public protocol ExplorableWorld {
  associatedtype Action
  associatedtype Saved

  func save() -> Saved
  func restore(_ saved: Saved)
  /// Adds all by which states differ.
  func digest(into hasher: inout Hasher)
  /// All that may happen next.
  func actions() -> [Action]
  /// Whether the action happens by itself: where none of these is left, the world has come to an end.
  func happensByItself(_ action: Action) -> Bool
  func perform(_ action: Action) throws(Violation)
  /// What must hold where nothing can happen by itself any more.
  func checkEnd() throws(Violation)
}

extension ExplorableWorld {
  /// - Parameter visit: is told each action in each state before it is done.
  /// - Returns: how many states and ends there are, and the first broken promise with the actions that led to it.
  public func explore(_ visit: (Self, Action) -> Void = { _, _ in }) -> Exploration {
    var result = Exploration()
    var seen: Set<Digest> = [Digest(self)]
    var waiting: [(saved: Saved, history: History<Action>?)] = [(save(), nil)]
    while let (saved, history) = waiting.popLast() {
      result.states += 1
      restore(saved)
      let actions = actions()
      do throws(Violation) {
        if !actions.contains(where: happensByItself) {
          result.ends += 1
          try checkEnd()
        }
      } catch {
        result.violation = "\(error.text)\nafter \(history?.actions ?? [])"
        return result
      }
      for action in actions {
        restore(saved)
        visit(self, action)
        let next = History(action: action, before: history)
        do throws(Violation) { try perform(action) } catch {
          result.violation = "\(error.text)\nafter \(next.actions)"
          return result
        }
        if seen.insert(Digest(self)).inserted { waiting.append((save(), next)) }
      }
    }
    return result
  }
}

public struct Exploration {
  public fileprivate(set) var states = 0
  public fileprivate(set) var ends = 0
  public fileprivate(set) var violation: String?
}

/// Names a state: 128 bits, because the states themselves would fill the memory.
private struct Digest: Hashable {
  let first: Int
  let second: Int

  init(_ world: some ExplorableWorld) {
    func digest(_ salt: Int) -> Int {
      var hasher = Hasher()
      hasher.combine(salt)
      world.digest(into: &hasher)
      return hasher.finalize()
    }
    first = digest(1)
    second = digest(2)
  }
}

/// How a state was reached.
private final class History<Action> {
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
