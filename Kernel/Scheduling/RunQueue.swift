// The tasks that are ready to run: one queue for each priority and a bit map of those that are not empty. Adding,
// taking out and choosing the next are all of constant cost, however many tasks there are.
//
// Invariant: bit p of `occupied` is set exactly when queue p is not empty.

import Primitives

@safe public struct RunQueue: ~Copyable {
  public static var priorities: Int { 32 }

  private var occupied: UInt32 = 0
  private let queues: UnsafeMutablePointer<TaskQueue>

  public var isEmpty: Bool { occupied == 0 }

  /// `storage` holds 32 initialized queues and outlives the run queue.
  @safe public init(storage: UnsafeMutablePointer<TaskQueue>) { unsafe queues = storage }

  private func queue(_ priority: UInt8) -> Reference<TaskQueue> {
    unsafe Reference(queues + Int(priority & 31))
  }

  /// Puts a task behind the others of its priority.
  public mutating func add(_ task: Reference<Task>) {
    let priority = task.value.priority & 31
    task.value.state = .ready
    queue(priority).append(task)
    occupied |= 1 &<< UInt32(priority)
  }

  /// Puts a task before the others of its priority.
  public mutating func addFirst(_ task: Reference<Task>) {
    let priority = task.value.priority & 31
    task.value.state = .ready
    queue(priority).prepend(task)
    occupied |= 1 &<< UInt32(priority)
  }

  public mutating func remove(_ task: Reference<Task>) {
    let priority = task.value.priority & 31
    let own = queue(priority)
    own.value.remove(task)
    if own.value.isEmpty { occupied &= ~(1 &<< UInt32(priority)) }
  }

  /// The highest priority at which a task is ready, or nil.
  public var highestPriority: UInt8? {
    occupied == 0 ? nil : 31 &- UInt8(truncatingIfNeeded: occupied.leadingZeroBitCount)
  }

  /// Whether a task is ready that is more urgent than `priority`.
  @inline(__always)
  public func hasTask(above priority: UInt8) -> Bool { occupied &>> UInt32(priority & 31) > 1 }

  /// Puts the running task behind the ready ones of its priority and takes out the one that is to run instead; nil
  /// where none is ready at its priority or above, and it stays as it was.
  public mutating func exchange(_ task: Reference<Task>) -> Reference<Task>? {
    let priority = task.value.priority & 31
    // The most frequent case first: the first of the same queue changes places with the task.
    if occupied &>> UInt32(priority) == 1 {
      task.value.state = .ready
      let own = queue(priority)
      return own.value.rotate(task, own: own)
    }
    guard occupied &>> UInt32(priority) != 0 else { return nil }
    let next = pickNext()
    add(task)
    return next
  }

  /// Takes out the task that is to run next: the first of the highest priority.
  public mutating func pickNext() -> Reference<Task>? {
    guard occupied != 0 else { return nil }
    let priority = 31 &- UInt8(truncatingIfNeeded: occupied.leadingZeroBitCount)
    let own = queue(priority)
    guard let task = own.value.first else { return nil }
    own.value.takeFirst(task)
    if own.value.isEmpty { occupied &= ~(1 &<< UInt32(priority)) }
    return task
  }
}
