// Telling tasks what happened. Each task has a queue of one entry for each kind (EventQueue.swift), so telling takes
// constant time and no memory and can be done from an interrupt.
//
// Invariant: `awaitedEvents` is not 0 only while the task waits, and then none of those kinds is pending.

import Platform
import Primitives

extension Scheduler {
  /// The shortest period of an event timer in nanoseconds: a shorter one would leave the task no time to do anything.
  public static var shortestPeriod: UInt64 { 100_000 }

  /// Adds an event to a task's queue, and wakes the task where it waits for such.
  public func post(_ kind: TaskEvent, to task: Reference<Task>, subject: TaskIdentity, times: UInt32 = 1) {
    guard task.value.state != .ended else { return }
    task.value.events.add(kind, subject: subject, time: now, times: times)
    if task.value.awaitedEvents & kind.bit != 0 { wake(task) }
  }

  /// Takes the oldest event of the wanted kinds, or waits for one. `deadline` nil: without limit.
  public func waitForEvent(_ kinds: UInt8, noWait: Bool, deadline: UInt64?) throws(WaitFailure) -> PendingEvent {
    let task = current
    while true {
      if let event = task.value.events.take(kinds) { return event }
      if noWait { throw .wouldBlock }
      task.value.awaitedEvents = kinds
      let reason = block(.waitingForEvent, deadline: deadline)
      // Also where it did not wait at all, because it is to end.
      task.value.awaitedEvents = 0
      try reason.check()
    }
  }

  /// Sets the current task's event timer; `time` 0: stops it.
  public func setEventTimer(after time: UInt64, period: UInt64) {
    let task = current
    stopEventTimer(of: task)
    guard time > 0 else { return }
    task.value.eventPeriod = period
    startEventTimer(of: task, deadline: deadline(after: time))
  }

  public func stopEventTimer(of task: Reference<Task>) { state.value.timers.remove(task.eventTimer) }

  /// A task's event timer ran out. Periods that went by unseen are counted, not repeated.
  func eventTimerExpired(_ task: Reference<Task>, deadline: UInt64, now: UInt64) {
    let period = task.value.eventPeriod
    guard period > 0 else {
      post(.timer, to: task, subject: .none)
      return
    }
    let missed = (now &- deadline) / period
    post(.timer, to: task, subject: .none, times: UInt32(truncatingIfNeeded: min(missed, 0xffff_fffe) &+ 1))
    let (next, overflow) = deadline.addingReportingOverflow((missed &+ 1) &* period)
    startEventTimer(of: task, deadline: overflow ? .max - 1 : next)
  }

  private func startEventTimer(of task: Reference<Task>, deadline: UInt64) {
    state.value.timers.add(task.eventTimer, of: task, deadline: deadline)
    armTimer()
  }
}
