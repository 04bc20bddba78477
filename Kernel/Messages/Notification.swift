// A notification: a word of bits that tasks and interrupts set, and that tasks wait for.
//
// Invariants:
// - Setting bits takes constant time and no memory, so an interrupt may do it.
// - A task waits only while no bit is set and the notification is alive; whoever sets bits or ends it wakes the tasks.
// - All bits go to the one task that takes them: none is seen twice, none is lost.

import Jobs
import Primitives
import Scheduling

public struct Notification: ~Copyable {
  /// The bits there are. The result of a wait is a number that is not negative.
  public static var bits: UInt32 { 0x7fff_ffff }

  /// The process that made it.
  public let owner: TaskIdentity
  /// Who pays for its record; nil: nobody.
  public let job: Reference<Job>?
  public private(set) var pending: UInt32 = 0
  /// False once its owner is gone.
  public private(set) var isAlive = true
  /// Handles, interrupt lines and tasks that wait.
  public var references: UInt32 = 1
  public var waiters = TaskQueue()

  public init(owner: TaskIdentity, job: Reference<Job>? = nil) {
    self.owner = owner
    self.job = job
  }

  /// Sets bits. Returns the task to wake, if one waits.
  public mutating func set(_ bits: UInt32) -> Reference<Task>? {
    pending |= bits & Notification.bits
    return waiters.first
  }

  /// Takes all bits; nil where none is set.
  public mutating func take() -> UInt32? {
    guard pending != 0 else { return nil }
    defer { pending = 0 }
    return pending
  }

  /// Its owner is gone: the bits are too. All tasks that wait are to be woken.
  public mutating func end() {
    isAlive = false
    pending = 0
  }
}
