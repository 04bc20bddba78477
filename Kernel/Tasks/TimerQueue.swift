// The tasks that wait for a moment in time: a binary heap ordered by deadline. Adding and taking out cost the
// logarithm of their number; the earliest is at hand.
//
// Invariant: `entries[i].deadline` is not before that of `entries[(i - 1) / 2]`, and each task in the heap knows
// its own index.

import Primitives

@safe public struct TimerQueue: ~Copyable {
  private let entries: UnsafeMutablePointer<Reference<Task>?>
  private let capacity: Int
  public private(set) var count: Int = 0

  /// `storage` holds `capacity` initialized empty entries: one for each task there can be.
  @safe public init(storage: UnsafeMutablePointer<Reference<Task>?>, capacity: Int) {
    unsafe entries = storage
    self.capacity = capacity
  }

  private func entry(_ index: Int) -> Reference<Task> { unsafe entries[index].unsafelyUnwrapped }

  private func place(_ task: Reference<Task>, at index: Int) {
    unsafe entries[index] = task
    task.value.timerIndex = index
  }

  /// The earliest deadline in nanoseconds since boot.
  public var earliest: UInt64? { count == 0 ? nil : entry(0).value.deadline }

  /// Adds a task that is not in the queue. There is room for every task of the system.
  public mutating func add(_ task: Reference<Task>, deadline: UInt64) {
    guard count < capacity else { return }
    task.value.deadline = deadline
    place(task, at: count)
    count &+= 1
    moveUp(count &- 1)
  }

  public mutating func remove(_ task: Reference<Task>) {
    let index = task.value.timerIndex
    guard index >= 0 else { return }
    task.value.timerIndex = -1
    count &-= 1
    guard index != count else {
      unsafe entries[count] = nil
      return
    }
    let moved = entry(count)
    unsafe entries[count] = nil
    place(moved, at: index)
    moveUp(index)
    moveDown(moved.value.timerIndex)
  }

  /// Takes out the earliest task if its deadline is not after `now`.
  public mutating func takeExpired(now: UInt64) -> Reference<Task>? {
    guard count > 0 else { return nil }
    let task = entry(0)
    guard task.value.deadline <= now else { return nil }
    remove(task)
    return task
  }

  private func moveUp(_ start: Int) {
    var index = start
    let task = entry(index)
    while index > 0 {
      let parent = (index &- 1) / 2
      guard task.value.deadline < entry(parent).value.deadline else { break }
      place(entry(parent), at: index)
      index = parent
    }
    place(task, at: index)
  }

  private func moveDown(_ start: Int) {
    var index = start
    let task = entry(index)
    while true {
      var child = index &* 2 &+ 1
      guard child < count else { break }
      if child &+ 1 < count, entry(child &+ 1).value.deadline < entry(child).value.deadline { child &+= 1 }
      guard entry(child).value.deadline < task.value.deadline else { break }
      place(entry(child), at: index)
      index = child
    }
    place(task, at: index)
  }
}
