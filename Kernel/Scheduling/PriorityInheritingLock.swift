// Locks that tasks hold. A program takes a free lock by itself, by writing its identity into the word; the kernel is
// asked only where somebody has to wait, and then sees to it that the holder gets on (Scheduler+Priorities.swift).
//
// The word: 0 while the lock is free, else the identity of the task that holds it, with the highest bit set while
// somebody may wait.
//
// Invariants:
// - Looking at the word and joining the holder's waiters happen without another task running in between.
// - A lock is handed to the next holder in the kernel, so nobody can come in between and nobody waits for ever.
// - A holder that ends lets its waiters go; the first of them finds the word with an identity of nobody and takes over.

import Platform
import Primitives

/// The word of a lock, in the memory of the task that asks.
public protocol LockWord {
  /// Nil where the memory is not the task's.
  func load() -> UInt32?
  /// Returns false where the memory is not the task's to write.
  func store(_ value: UInt32) -> Bool
}

public enum LockFailure: Error {
  /// The task holds the lock already, or releases one that it does not hold.
  case alreadyHeld, notHeld
  case badWord
  case timedOut, cancelled
}

/// How a lock was come by.
public enum LockAcquisition: Equatable, Sendable {
  case free
  /// The holder before ended without releasing it.
  case abandoned
}

extension Scheduler {
  private static var awaited: UInt32 { 0x8000_0000 }

  /// Takes a lock for the current task, or waits for it. `key` is what the word is known by.
  public func acquireLock(
    _ word: some LockWord, key: UInt64, deadline: UInt64?
  ) throws(LockFailure) -> LockAcquisition {
    let task = current
    let own = task.value.identity.value
    var value = try load(word)
    guard value & ~Self.awaited != own else { throw .alreadyHeld }
    while true {
      guard value != 0 else {
        try store(own, to: word)
        return .free
      }
      guard let owner = holder(value), owner.value.owner == task.value.owner else {
        // The bit stays: others may wait, and only the kernel knows.
        try store(own | value & Self.awaited, to: word)
        return .abandoned
      }
      try store(value | Self.awaited, to: word)
      task.value.waitKey = key
      task.value.lockOwner = owner
      lend(task.value.priority, to: owner)
      let reason = block(.waitingForLock, on: owner.lockWaiters, deadline: deadline)
      task.value.waitKey = 0
      if let owner = task.value.lockOwner {
        // It was to end and did not wait at all.
        task.value.lockOwner = nil
        updatePriority(of: owner)
      }
      switch reason {
      case .woken, .handed, .inRegisters: break
      case .timedOut: throw .timedOut
      case .cancelled: throw .cancelled
      }
      value = try load(word)
      if value & ~Self.awaited == own { return .free }
    }
  }

  /// Gives a lock of the current task's to the most urgent of those who wait for it.
  public func releaseLock(_ word: some LockWord, key: UInt64) throws(LockFailure) {
    let task = current
    guard try load(word) & ~Self.awaited == task.value.identity.value else { throw .notHeld }
    guard let next = task.nextOwner(ofLock: key) else {
      try store(0, to: word)
      return
    }
    // The word is written first: where that fails nothing has changed.
    try store(next.value.identity.value | Self.awaited, to: word)
    if !task.hand(lock: key, to: next) { try store(next.value.identity.value, to: word) }
    wake(next)
    updatePriority(of: task)
  }

  /// A task ends: those who wait for its locks look again.
  public func abandonLocks(of task: Reference<Task>) {
    while let waiter = task.value.lockWaiters.first {
      waiter.value.lockOwner = nil
      wake(waiter)
    }
  }

  private func holder(_ value: UInt32) -> Reference<Task>? {
    guard let task = tasks.find(TaskIdentity(value & ~Self.awaited)), task.value.state != .ended else { return nil }
    return task
  }

  private func load(_ word: some LockWord) throws(LockFailure) -> UInt32 {
    guard let value = word.load() else { throw .badWord }
    return value
  }

  private func store(_ value: UInt32, to word: some LockWord) throws(LockFailure) {
    guard word.store(value) else { throw .badWord }
  }
}
