// Futexes: waiting for a word of memory to change. Programs build their locks on it.
//
// A word is known by a key, its address in physical memory, so that it is the same for all who share the frame.
//
// Invariants:
// - A waiting task is in exactly one bucket's queue, behind all that are as urgent and before all that are less; so the
//   most urgent is woken first, and of equals the one that came first.
// - Comparing the word and joining the queue happen without another task running in between, so no wake is lost.

import Platform
import Primitives

/// The queues of those who wait for words, found by the words' keys.
@safe public struct FutexTable: ~Copyable {
  public static var buckets: Int { 64 }

  private let queues: UnsafeMutablePointer<TaskQueue>

  /// `storage` holds 64 initialized queues and outlives the table.
  @safe public init(storage: UnsafeMutablePointer<TaskQueue>) { unsafe queues = storage }

  @inline(__always)
  func queue(for key: UInt64) -> Reference<TaskQueue> {
    let bucket = Int(truncatingIfNeeded: (key &>> 2) ^ (key &>> 12)) & 63
    return unsafe Reference(queues + bucket)
  }
}

extension Scheduler {
  /// Waits at the word `key`, whose value was just read, where it is the expected one.
  ///
  /// - Parameter waking: a word the first of whose waiters is woken, whether there is anything to wait for or not.
  @inline(__always)
  public func futexWait(
    key: UInt64, value: UInt32, expected: UInt32, deadline: UInt64?, waking: UInt64? = nil
  ) throws(WaitFailure) {
    let partner = waking.flatMap { firstWaiter(at: $0) }
    guard value == expected else {
      if let partner { wake(partner) }
      throw .wouldBlock
    }
    let task = current
    task.value.waitKey = key
    let reason = block(
      .waitingForWord, on: state.value.futexes.queue(for: key), deadline: deadline, running: partner)
    task.value.waitKey = 0
    try reason.check()
  }

  @inline(__always)
  private func firstWaiter(at key: UInt64) -> Reference<Task>? {
    var candidate = state.value.futexes.queue(for: key).value.first
    while let task = candidate {
      if task.value.waitKey == key { return task }
      candidate = task.value.next
    }
    return nil
  }

  /// Wakes up to `count` of those who wait at a word. Returns how many.
  @inline(__always)
  public func futexWake(key: UInt64, count: UInt32) -> Int32 {
    var woken: Int32 = 0
    var candidate = state.value.futexes.queue(for: key).value.first
    while let task = candidate, UInt32(bitPattern: woken) < count {
      candidate = task.value.next
      if task.value.waitKey == key {
        wake(task)
        woken &+= 1
      }
    }
    return woken
  }
}
