// Locks that tasks hold. A program takes a free lock by itself, by writing its identity into the word; the kernel is
// asked only where somebody has to wait, and then sees to it that the holder gets on (Priorities.swift).
//
// The word: 0 while the lock is free, else the identity of the task that holds it, with the highest bit set while
// somebody may wait.
//
// Invariants:
// - Looking at the word and joining the holder's waiters happen without another task running in between.
// - A lock is handed to the next holder in the kernel, so nobody can come in between and nobody waits for ever.
// - A holder that ends lets its waiters go; the first of them finds the word with an identity of nobody and takes over.

import ABI
import Primitives
import Tasks

enum Locks {
  private static var awaited: UInt32 { 0x8000_0000 }

  /// Returns 0, or 1 where the holder before ended without releasing the lock.
  static func acquire(word: UInt32, deadline: UInt64?) throws(SystemError) -> Int32 {
    let task = Scheduler.current
    let key = try WordWaits.key(of: word)
    var value = try read(word)
    guard value & ~awaited != task.value.identity.value else { throw .busy }
    while true {
      guard value != 0 else {
        try write(task.value.identity.value, to: word)
        return 0
      }
      guard let owner = owner(value), owner.value.process == task.value.process else {
        // The bit stays: others may wait, and only the kernel knows.
        try write(task.value.identity.value | value & awaited, to: word)
        return 1
      }
      try write(value | awaited, to: word)
      task.value.waitKey = key
      task.value.lockOwner = owner
      Priorities.lend(task.value.priority, to: owner)
      let reason = Scheduler.block(.waitingForLock, on: owner.lockWaiters, deadline: deadline)
      task.value.waitKey = 0
      if let owner = task.value.lockOwner {
        // It was to end and did not wait at all.
        task.value.lockOwner = nil
        Priorities.update(owner)
      }
      switch reason {
      case .woken, .handed: break
      case .timedOut: throw .timedOut
      case .cancelled: throw .cancelled
      }
      value = try read(word)
      if value & ~awaited == task.value.identity.value { return 0 }
    }
  }

  static func release(word: UInt32) throws(SystemError) {
    let task = Scheduler.current
    let key = try WordWaits.key(of: word)
    guard try read(word) & ~awaited == task.value.identity.value else { throw .notPermitted }
    guard let heir = task.heir(ofLock: key) else {
      try write(0, to: word)
      return
    }
    // The word is written first: where that fails nothing has changed.
    try write(heir.value.identity.value | awaited, to: word)
    if !task.hand(lock: key, to: heir) { try write(heir.value.identity.value, to: word) }
    Scheduler.wake(heir)
    Priorities.update(task)
  }

  /// A task ends: those who wait for its locks look again.
  static func abandonAll(of task: Reference<Task>) {
    while let waiter = task.value.lockWaiters.first {
      waiter.value.lockOwner = nil
      Scheduler.wake(waiter)
    }
  }

  private static func owner(_ value: UInt32) -> Reference<Task>? {
    guard let task = kernel.scheduler.tasks.find(TaskIdentity(value & ~awaited)), task.value.state != .ended
    else {
      return nil
    }
    return task
  }

  private static func read(_ word: UInt32) throws(SystemError) -> UInt32 {
    var value: UInt32 = 0
    try UserBuffer(address: word, length: 4).read(into: &value)
    return value
  }

  private static func write(_ value: UInt32, to word: UInt32) throws(SystemError) {
    try UserBuffer(address: word, length: 4).write(value)
  }
}
