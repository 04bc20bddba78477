// A notification: a word of bits that tasks and interrupts set, and that tasks wait for.
//
// Invariants:
// - Setting bits takes constant time and no memory, so an interrupt may do it.
// - A task waits only while no bit that it wants is set and the notification is alive; whoever sets bits or ends it wakes the
//   tasks.
// - A bit goes to the one task that takes it: none is seen twice, none is lost.
// - Listeners wait for other things too (Kernel/Scheduling/Listener.swift), and are woken before any other task.

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
  /// Tasks that wait for some of the bits, and for other things.
  public var listeners = ListenerList()

  public init(owner: TaskIdentity, job: Reference<Job>? = nil) {
    self.owner = owner
    self.job = job
  }

  /// Sets bits. Returns the task to wake, if one waits for nothing else; listeners are to be woken too.
  public mutating func set(_ bits: UInt32) -> Reference<Task>? {
    pending |= bits & Notification.bits
    return waiters.first
  }

  /// Takes those of `wanted` that are set; nil where none is.
  public mutating func take(_ wanted: UInt32 = Notification.bits) -> UInt32? {
    let bits = pending & wanted
    guard bits != 0 else { return nil }
    pending &= ~bits
    return bits
  }

  /// Its owner is gone: the bits are too. All tasks that wait or listen are to be woken.
  public mutating func end() {
    isAlive = false
    pending = 0
  }
}
