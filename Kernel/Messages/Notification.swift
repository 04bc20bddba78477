// A notification: a word of bits that tasks and interrupts set, and that tasks wait for.
//
// Invariants:
// - Setting bits takes constant time and no memory, so an interrupt may do it.
// - A task waits only while no bit that it wants is set and the notification is alive; whoever sets bits or ends it wakes the
//   tasks.
// - A bit goes to the one task that takes it: none is seen twice, none is lost.
// - A listener waits elsewhere, for other things too. Its `awaitedEvents` say whether that wait is still on.

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
  /// The task that waits for some of the bits and for other things, and those bits.
  private var listener: Reference<Task>?
  private var listenedBits: UInt32 = 0

  public init(owner: TaskIdentity, job: Reference<Job>? = nil) {
    self.owner = owner
    self.job = job
  }

  /// Sets bits. Returns the task to wake, if one waits.
  public mutating func set(_ bits: UInt32) -> Reference<Task>? {
    pending |= bits & Notification.bits
    if pending & listenedBits != 0, let listener = waitingListener { return listener }
    return waiters.first
  }

  /// Takes those of `wanted` that are set; nil where none is.
  public mutating func take(_ wanted: UInt32 = Notification.bits) -> UInt32? {
    let bits = pending & wanted
    guard bits != 0 else { return nil }
    pending &= ~bits
    return bits
  }

  /// A task is about to wait for `bits`, with the bit of notifications among its `awaitedEvents`. Returns false where another
  /// one does: a notification has one listener.
  public mutating func listen(_ task: Reference<Task>, for bits: UInt32) -> Bool {
    guard listener == nil else { return false }
    listener = task
    listenedBits = bits
    return true
  }

  /// The listener's wait is over.
  public mutating func stopListening() {
    listener = nil
    listenedBits = 0
  }

  /// The listener, unless something else has woken it and it has not run since.
  public var waitingListener: Reference<Task>? {
    guard let listener, listener.value.awaitedEvents & TaskEvent.notificationBit != 0 else { return nil }
    return listener
  }

  /// Its owner is gone: the bits are too. All tasks that wait are to be woken.
  public mutating func end() {
    isAlive = false
    pending = 0
  }
}
