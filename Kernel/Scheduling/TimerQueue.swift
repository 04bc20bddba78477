// The timers that run: a binary heap ordered by deadline, whose nodes are the timers themselves. It takes no memory of its
// own, however many timers there can be. Adding and taking out cost the logarithm of their number; the earliest is at
// hand.
//
// Invariants: the places of the heap are numbered from 1, level by level, those under place i being 2i and 2i + 1; as many
// places from 1 on are taken as timers run. The deadline of a timer is not before that of the one above it. Each timer
// knows its neighbours, and they know it.

import Primitives

/// A moment that a task waits for. It is part of the task's record and stays where it is.
public struct TaskTimer: ~Copyable {
  /// In nanoseconds since boot.
  public internal(set) var deadline: UInt64 = 0
  /// The task whose timer this is; nil: it does not run.
  public internal(set) var task: Reference<Task>?
  // Its neighbours in the heap; they mean something only while it runs.
  var above: Reference<TaskTimer>?
  var left: Reference<TaskTimer>?
  var right: Reference<TaskTimer>?

  public init() {}
  public var isRunning: Bool { task != nil }
}

public struct TimerQueue: ~Copyable {
  /// A timer, and the task it belongs to.
  public struct Entry {
    public let timer: Reference<TaskTimer>
    public let task: Reference<Task>
  }

  private(set) var first: Reference<TaskTimer>?
  public private(set) var count: Int = 0

  public init() {}

  /// The earliest deadline in nanoseconds since boot.
  public var earliest: UInt64? { first?.value.deadline }

  /// Starts a timer that does not run.
  @inline(never)
  public mutating func add(_ timer: Reference<TaskTimer>, of task: Reference<Task>, deadline: UInt64) {
    timer.value.deadline = deadline
    timer.value.task = task
    timer.value.left = nil
    timer.value.right = nil
    count &+= 1
    let above = place(count / 2)
    timer.value.above = above
    guard let above else {
      first = timer
      return
    }
    if count & 1 == 0 { above.value.left = timer } else { above.value.right = timer }
    moveUp(timer)
  }

  /// Stops a timer, if it runs.
  @inline(never)
  public mutating func remove(_ timer: Reference<TaskTimer>) {
    guard timer.value.isRunning, let last = place(count) else { return }
    timer.value.task = nil
    replace(last, by: nil)
    count &-= 1
    guard last != timer else { return }
    // The last one takes the place that became free.
    takePlace(last, of: timer)
    moveUp(last)
    moveDown(last)
  }

  /// Stops the earliest timer and takes it out if its deadline is not after `now`.
  public mutating func takeExpired(now: UInt64) -> Entry? {
    guard let timer = first, timer.value.deadline <= now, let task = timer.value.task else { return nil }
    remove(timer)
    return Entry(timer: timer, task: task)
  }

  /// The timer at a place, found from the top: below the highest bit of the number, each says which way to go down. Nil
  /// for place 0.
  private func place(_ number: Int) -> Reference<TaskTimer>? {
    guard number > 0 else { return nil }
    var timer = first
    var bit = Int.bitWidth &- number.leadingZeroBitCount &- 1
    while bit > 0 {
      bit &-= 1
      timer = (number &>> bit) & 1 == 0 ? timer?.value.left : timer?.value.right
    }
    return timer
  }

  /// Lets what points down to `timer` point to `other`.
  private mutating func replace(_ timer: Reference<TaskTimer>, by other: Reference<TaskTimer>?) {
    guard let above = timer.value.above else {
      first = other
      return
    }
    if above.value.left == timer { above.value.left = other } else { above.value.right = other }
  }

  /// Gives `timer` the neighbours of `other`, which has none then.
  private mutating func takePlace(_ timer: Reference<TaskTimer>, of other: Reference<TaskTimer>) {
    replace(other, by: timer)
    timer.value.above = other.value.above
    setBelow(timer, left: other.value.left, right: other.value.right)
  }

  private func setBelow(
    _ timer: Reference<TaskTimer>, left: Reference<TaskTimer>?, right: Reference<TaskTimer>?
  ) {
    timer.value.left = left
    timer.value.right = right
    left?.value.above = timer
    right?.value.above = timer
  }

  /// Exchanges a timer with the one above it.
  private mutating func rise(_ timer: Reference<TaskTimer>, over above: Reference<TaskTimer>) {
    let (left, right) = (timer.value.left, timer.value.right)
    replace(above, by: timer)
    timer.value.above = above.value.above
    if above.value.left == timer {
      setBelow(timer, left: above, right: above.value.right)
    } else {
      setBelow(timer, left: above.value.left, right: above)
    }
    setBelow(above, left: left, right: right)
  }

  private mutating func moveUp(_ timer: Reference<TaskTimer>) {
    while let above = timer.value.above, timer.value.deadline < above.value.deadline { rise(timer, over: above) }
  }

  private mutating func moveDown(_ timer: Reference<TaskTimer>) {
    while var below = timer.value.left {
      if let right = timer.value.right, right.value.deadline < below.value.deadline { below = right }
      guard below.value.deadline < timer.value.deadline else { break }
      rise(below, over: timer)
    }
  }
}
