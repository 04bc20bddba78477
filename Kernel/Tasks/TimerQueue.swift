// The timers that run: a binary heap ordered by deadline. Adding and taking out cost the logarithm of their number;
// the earliest is at hand.
//
// Invariant: the deadline of entry i is not before that of entry (i - 1) / 2, and each timer in the heap knows its own
// index.

import Primitives

/// A moment that a task waits for. It is part of the task's record and stays where it is.
public struct TaskTimer: ~Copyable {
  /// In nanoseconds since boot.
  public internal(set) var deadline: UInt64 = 0
  /// Its place in the heap; -1: it does not run.
  var index: Int = -1
  public init() {}
  public var isRunning: Bool { index >= 0 }
}

@safe public struct TimerQueue: ~Copyable {
  /// A timer, and the address of the task it belongs to.
  public struct Entry {
    public let timer: Reference<TaskTimer>
    public let task: Reference<Task>
  }

  private let entries: UnsafeMutablePointer<Entry?>
  private let capacity: Int
  public private(set) var count: Int = 0

  /// `storage` holds `capacity` initialized empty entries: one for each timer there can be.
  @safe public init(storage: UnsafeMutablePointer<Entry?>, capacity: Int) {
    unsafe entries = storage
    self.capacity = capacity
  }

  private func entry(_ index: Int) -> Entry { unsafe entries[index].unsafelyUnwrapped }

  private func deadline(_ index: Int) -> UInt64 { entry(index).timer.value.deadline }

  private func place(_ entry: Entry, at index: Int) {
    unsafe entries[index] = entry
    entry.timer.value.index = index
  }

  /// The earliest deadline in nanoseconds since boot.
  public var earliest: UInt64? { count == 0 ? nil : deadline(0) }

  /// Starts a timer that does not run. There is room for every timer of the system.
  public mutating func add(_ timer: Reference<TaskTimer>, of task: Reference<Task>, deadline: UInt64) {
    guard count < capacity else { return }
    timer.value.deadline = deadline
    place(Entry(timer: timer, task: task), at: count)
    count &+= 1
    moveUp(count &- 1)
  }

  /// Stops a timer, if it runs.
  public mutating func remove(_ timer: Reference<TaskTimer>) {
    let index = timer.value.index
    guard index >= 0 else { return }
    timer.value.index = -1
    count &-= 1
    guard index != count else {
      unsafe entries[count] = nil
      return
    }
    let moved = entry(count)
    unsafe entries[count] = nil
    place(moved, at: index)
    moveUp(index)
    moveDown(moved.timer.value.index)
  }

  /// Stops the earliest timer and takes it out if its deadline is not after `now`.
  public mutating func takeExpired(now: UInt64) -> Entry? {
    guard count > 0 else { return nil }
    let first = entry(0)
    guard first.timer.value.deadline <= now else { return nil }
    remove(first.timer)
    return first
  }

  private func moveUp(_ start: Int) {
    var index = start
    let moving = entry(index)
    while index > 0 {
      let parent = (index &- 1) / 2
      guard moving.timer.value.deadline < deadline(parent) else { break }
      place(entry(parent), at: index)
      index = parent
    }
    place(moving, at: index)
  }

  private func moveDown(_ start: Int) {
    var index = start
    let moving = entry(index)
    while true {
      var child = index &* 2 &+ 1
      guard child < count else { break }
      if child &+ 1 < count, deadline(child &+ 1) < deadline(child) { child &+= 1 }
      guard deadline(child) < moving.timer.value.deadline else { break }
      place(entry(child), at: index)
      index = child
    }
    place(moving, at: index)
  }
}
