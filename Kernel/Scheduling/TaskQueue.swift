// A queue of tasks, linked through the tasks themselves: joining and leaving take constant time and no memory.
//
// Invariant: a queue stays where it is while tasks are in it, because each of them points back at it.

import Primitives

public struct TaskQueue: ~Copyable {
  public private(set) var first: Reference<Task>?
  public private(set) var last: Reference<Task>?

  public init() {}

  @inlinable public var isEmpty: Bool { first == nil }

  /// Puts a task that is in no queue at the end. `own` is the queue's own address.
  @inline(__always)
  public mutating func append(_ task: Reference<Task>, own: Reference<TaskQueue>) {
    task.value.next = nil
    task.value.previous = last
    task.value.queue = own
    if let last { last.value.next = task } else { first = task }
    last = task
  }

  /// Puts a task that is in no queue at the start. `own` is the queue's own address.
  public mutating func prepend(_ task: Reference<Task>, own: Reference<TaskQueue>) {
    task.value.previous = nil
    task.value.next = first
    task.value.queue = own
    if let first { first.value.previous = task } else { last = task }
    first = task
  }

  /// Puts a task that is in no queue behind all that are as urgent, and before the first that is less so. Constant time
  /// where no less urgent one is in the queue.
  public mutating func insert(_ task: Reference<Task>, own: Reference<TaskQueue>) {
    var after = last
    while let candidate = after, candidate.value.priority < task.value.priority { after = candidate.value.previous }
    guard let after else { return prepend(task, own: own) }
    let next = after.value.next
    task.value.previous = after
    task.value.next = next
    task.value.queue = own
    after.value.next = task
    if let next { next.value.previous = task } else { last = task }
  }

  /// Takes out a task that is in this queue.
  public mutating func remove(_ task: Reference<Task>) {
    let next = task.value.next
    let previous = task.value.previous
    if let previous { previous.value.next = next } else { first = next }
    if let next { next.value.previous = previous } else { last = previous }
    // Its links stay as they were: nobody follows those of a task that is in no queue.
    task.value.queue = nil
  }

  /// Puts `task`, which is in no queue, at the end and takes out the first of the others, of which there is one.
  @inline(__always)
  public mutating func rotate(_ task: Reference<Task>, own: Reference<TaskQueue>) -> Reference<Task>? {
    guard let taken = first else { return nil }
    task.value.queue = own
    task.value.next = nil
    taken.value.queue = nil
    if taken == last {
      task.value.previous = nil
      first = task
    } else {
      first = taken.value.next
      first?.value.previous = nil
      task.value.previous = last
      last?.value.next = task
    }
    last = task
    return taken
  }

  /// Takes out `task`, which is the first.
  @inline(__always)
  public mutating func takeFirst(_ task: Reference<Task>) {
    let next = task.value.next
    first = next
    if let next { next.value.previous = nil } else { last = nil }
    task.value.queue = nil
  }

}

extension TaskQueue {
  /// How many tasks are in it; looks at each.
  public var count: Int {
    var count = 0
    var candidate = first
    while let task = candidate {
      count &+= 1
      candidate = task.value.next
    }
    return count
  }

  /// The priority of the most urgent task in it; 0 where it is empty.
  public var highestPriority: UInt8 {
    var highest: UInt8 = 0
    var candidate = first
    while let task = candidate {
      highest = max(highest, task.value.priority)
      candidate = task.value.next
    }
    return highest
  }
}

extension Reference where Value == TaskQueue {
  @inline(__always)
  public func append(_ task: Reference<Task>) { value.append(task, own: self) }
  public func insert(_ task: Reference<Task>) { value.insert(task, own: self) }
  public func prepend(_ task: Reference<Task>) { value.prepend(task, own: self) }
}
