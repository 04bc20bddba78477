// How long tasks keep interrupts off: processor time of their own that they use with their interrupt flag clear, in their
// own code and inside system calls.
//
// The watchdog looks now and then, without being asked for by anybody. Found in its own code, a task's flag is seen.
// Found inside the kernel, where interrupts are off for everybody, it is not: the flag lies somewhere on the task's own
// stack, which nothing is believed from. Then the task gets a ticket on its way out, an ordinary interrupt that is
// requested just before its own code goes on. If the flag is set there, the interrupt comes at once; where it comes only
// later, to somebody else, or still waits at the next look, the flag was clear. A task that was found in its own code with
// its flag clear gets a ticket too, which comes as soon as the flag is set. Any other interrupt in the task's own code
// proves the same, and may come before the ticket, since it is more urgent: then the ticket proves nothing any more.
//
// Invariants:
// - A task is found stuck only by two proofs of a clear flag, between which it used the time that is the limit, and
//   none of a set flag. A short section without interrupts is followed by a set flag, which its ticket finds.
// - A look interrupts the kernel anywhere: it changes nothing but what is here and the task's `pendingWork` and `masked`.

import Primitives

/// What is known of one task's interrupt flag.
public struct MaskedTime: Equatable, Sendable {
  /// Whether the flag was clear when it was last seen, and the processor time that the task had used when it was first
  /// seen so.
  private var isClear = false
  private var since: UInt64 = 0
  /// It used more than the limit: it ends on its way out of the kernel.
  public fileprivate(set) var isOver = false

  public init() {}

  fileprivate mutating func sawSet() { isClear = false }

  /// Returns for how long the flag has been clear.
  fileprivate mutating func sawClear(used: UInt64) -> UInt64 {
    if !isClear {
      isClear = true
      since = used
    }
    return used &- since
  }
}

public struct InterruptFlagWatch {
  /// How long a task may keep interrupts off.
  public static var milliseconds: UInt32 { 200 }

  /// The processor time, in time stamps, that a task may use with interrupts off.
  public var limit: UInt64 = .max
  /// The task whose own code went on with a ticket that has not come yet.
  private var holder: Reference<Task>?

  public init() {}

  /// Where a look found the processor.
  public enum Place: Equatable, Sendable {
    case ownCode(isFlagSet: Bool)
    case kernel
  }

  /// What a look leads to.
  public enum Finding: Equatable, Sendable {
    case nothing
    /// The caller requests a ticket.
    case ticket
    /// The task is stuck in its own code, and is to end at once.
    case stuck
  }

  /// A look that found `task` running.
  ///
  /// - Parameters:
  ///   - isTicketWaiting: a ticket is requested and the processor has not taken it.
  ///   - stamp: the time stamp now.
  public mutating func look(
    at task: Reference<Task>, in place: Place, isTicketWaiting: Bool, stamp: UInt64
  ) -> Finding {
    if isTicketWaiting, let holder {
      self.holder = nil
      prove(holder, stamp)
    }
    switch place {
    case .ownCode(isFlagSet: true):
      task.value.masked.sawSet()
      return .nothing
    case .ownCode(isFlagSet: false):
      if task.value.masked.sawClear(used: task.value.timeUsed(until: stamp)) >= limit { return .stuck }
      holder = task
      return .ticket
    case .kernel:
      // Ring 3 cannot clear its flag.
      if task.value.mode.isRing0 { task.value.pendingWork |= PendingWork.watched }
      return .nothing
    }
  }

  /// The task, whose `pendingWork` asked for it, is about to go back to its own code. Returns whether it is to end instead;
  /// if not, the caller requests the ticket.
  public mutating func leavesKernel(_ task: Reference<Task>) -> Bool {
    task.value.pendingWork &= ~PendingWork.watched
    if task.value.masked.isOver { return true }
    holder = task
    return false
  }

  /// The ticket came.
  ///
  /// - Parameters:
  ///   - task: who runs.
  ///   - isOwnCode: its own code was interrupted, and not the kernel.
  public mutating func ticketCame(to task: Reference<Task>, isOwnCode: Bool, stamp: UInt64) {
    let holder = self.holder
    self.holder = nil
    if isOwnCode { task.value.masked.sawSet() }
    if let holder, !isOwnCode || holder != task { prove(holder, stamp) }
  }

  /// An interrupt that can be masked, and is no ticket, came in the own code of `task`, which runs: its flag is set.
  public mutating func interruptCame(to task: Reference<Task>) {
    task.value.masked.sawSet()
    if holder == task { holder = nil }
  }

  /// A task ends.
  public mutating func forget(_ task: Reference<Task>) {
    if holder == task { holder = nil }
  }

  /// A task went on in its own code with its flag clear.
  private func prove(_ task: Reference<Task>, _ stamp: UInt64) {
    guard task.value.masked.sawClear(used: task.value.timeUsed(until: stamp)) >= limit else { return }
    task.value.masked.isOver = true
    task.value.pendingWork |= PendingWork.watched
  }
}
