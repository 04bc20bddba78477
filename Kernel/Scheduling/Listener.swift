// Tasks that wait for one of several things: a task has a link in the list of each of them, and waits in no queue, or in one that
// has nothing to do with the links.
//
// Whatever changes in a thing, its list is woken: each task in it that still waits is, once, and looks itself what there is.
//
// Invariants:
// - A link is in one list at the most, and is taken out by the task that put it there, once its wait is over. It stays where it
//   is until then, and so does the list. It lies in the kernel's half: others follow it, in whose address space the stack is not
//   that a task with a shared stack waits on.
// - Waking takes no memory and takes no link out, so an interrupt may do it.

import Primitives

public struct Listener: ~Copyable {
  fileprivate var task: Reference<Task>?
  /// The changes that matter to it, in the numbers that the list's thing gives them.
  fileprivate var changes: UInt32 = 0
  fileprivate var next: Reference<Listener>?
  fileprivate var previous: Reference<Listener>?

  public init() {}
}

public struct ListenerList: ~Copyable {
  fileprivate var first: Reference<Listener>?

  public init() {}

  public var isEmpty: Bool { first == nil }

  /// Adds a link that is in no list, for a task that is about to wait.
  public mutating func add(_ listener: Reference<Listener>, of task: Reference<Task>, for changes: UInt32 = .max) {
    listener.value.task = task
    listener.value.changes = changes
    listener.value.previous = nil
    listener.value.next = first
    first?.value.previous = listener
    first = listener
  }

  /// Takes out a link that is in this list.
  public mutating func remove(_ listener: Reference<Listener>) {
    let next = listener.value.next
    let previous = listener.value.previous
    if let previous { previous.value.next = next } else { first = next }
    next?.value.previous = previous
  }
}

extension Scheduler {
  /// Wakes all who wait for one of these changes of a thing, and have not been woken by another.
  @inline(__always)
  public func wakeListeners(_ list: borrowing ListenerList, of changes: UInt32 = .max) {
    guard let first = list.first else { return }
    wakeListeners(from: first, of: changes)
  }

  @inline(never)
  private func wakeListeners(from first: Reference<Listener>, of changes: UInt32) {
    var candidate: Reference<Listener>? = first
    while let listener = candidate {
      candidate = listener.value.next
      guard let task = listener.value.task, listener.value.changes & changes != 0,
        task.value.awaitedEvents & TaskEvent.listenerBit != 0
      else {
        continue
      }
      wake(task)
    }
  }
}
