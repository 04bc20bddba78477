// Priority inheritance: the holder of a lock runs at the priority of its most urgent waiter.
//
// The kernel knows a lock only while somebody waits for it, and then through the holder: the waiters are in the
// holder's queue, each with the key of its lock. Nothing is allocated, and a lock that nobody waits for costs nothing.
//
// Invariants:
// - A task in `lockWaiters` of another has that one as its `lockOwner`, and the lock's key as its `waitKey`.
// - A task's priority is the highest of its base priority and the priorities of those who wait for its locks.

import Primitives

extension Reference where Value == Task {
  /// The priority the task is to have, by itself and by those who wait for it.
  public var inheritedPriority: UInt8 {
    max(value.basePriority, value.lockWaiters.highestPriority, value.servedCallers.highestPriority)
  }

  /// Who gets the lock `key` when the task releases it: the most urgent waiter, of equals the one that came first.
  public func nextOwner(ofLock key: UInt64) -> Reference<Task>? {
    var best: Reference<Task>?
    var waiter = value.lockWaiters.first
    while let task = waiter {
      waiter = task.value.next
      guard task.value.waitKey == key else { continue }
      if let found = best, found.value.priority >= task.value.priority { continue }
      best = task
    }
    return best
  }

  /// Makes `next`, one of the waiters, the holder of the lock `key`: it waits no longer, and the others wait for it, in
  /// the order they had. Returns whether there are any.
  public func hand(lock key: UInt64, to next: Reference<Task>) -> Bool {
    value.lockWaiters.remove(next)
    next.value.lockOwner = nil
    let queue = unsafe Reference<TaskQueue>(next.lockQueue)
    var isAwaited = false
    var waiter = value.lockWaiters.first
    while let task = waiter {
      waiter = task.value.next
      guard task.value.waitKey == key else { continue }
      value.lockWaiters.remove(task)
      queue.append(task)
      task.value.lockOwner = next
      isAwaited = true
    }
    return isAwaited
  }

  /// The address of the queue of those who wait for the task's locks.
  @unsafe private var lockQueue: UnsafeMutablePointer<TaskQueue> {
    unsafe withUnsafeMutablePointer(to: &value.lockWaiters) { unsafe $0 }
  }

  /// The queue of those whose requests the task has.
  public var servedCallers: Reference<TaskQueue> {
    unsafe withUnsafeMutablePointer(to: &value.servedCallers) { unsafe Reference<TaskQueue>($0) }
  }

  /// The queue of those who wait for the task's locks.
  public var lockWaiters: Reference<TaskQueue> { unsafe Reference<TaskQueue>(lockQueue) }
}
