// Telling tasks what happened. Each task has a queue of one entry for each kind (EventQueue.swift), so telling takes
// constant time and no memory and can be done from an interrupt.
//
// Invariant: `awaitedEvents` is not 0 only while the task waits, and then none of those kinds is pending. A server task that was
// handed a request runs at once and takes it back itself.

import Platform
import Primitives

extension Scheduler {
  /// The shortest period of an event timer in nanoseconds: a shorter one would leave the task no time to do anything.
  public static var shortestPeriod: UInt64 { 100_000 }

  /// Adds an event to a task's queue, and wakes the task where it waits for such.
  public func post(_ kind: TaskEvent, to task: Reference<Task>, subject: TaskIdentity) {
    guard task.value.state != .ended else { return }
    task.value.events.add(kind, subject: subject, time: now)
    if task.value.awaitedEvents & kind.bit != 0 { wake(task) }
    if task.value.noticed & kind.bit != 0 { notice(task) }
  }

  /// The personality of the task's process is told before the task's own code goes on; what the task waits for is cut short.
  public func notice(_ task: Reference<Task>) {
    task.value.pendingWork |= PendingWork.noticed
    if task == current { processor.pendingWork |= PendingWork.noticed }
    if task.value.state.isInterruptible, task.value.isInterrupted { wake(task, .cancelled) }
  }

  /// Takes all events of the kinds that the current task's personality is told of. Returns a bit for each.
  public func takeNoticedEvents() -> UInt8 {
    var kinds: UInt8 = 0
    while let event = try? waitForEvent(current.value.noticed, noWait: true, deadline: nil) { kinds |= event.kind.bit }
    return kinds
  }

  /// Takes the oldest event of the wanted kinds, or waits for one. `deadline` nil: without limit.
  public func waitForEvent(_ kinds: UInt8, noWait: Bool, deadline: UInt64?) throws(WaitFailure) -> PendingEvent {
    let task = current
    while true {
      if let event = task.value.events.take(kinds) {
        return event.kind == .timer ? restartEventTimer(of: task, after: event) : event
      }
      if noWait { throw .wouldBlock }
      task.value.awaitedEvents = kinds
      let reason = block(.waitingForEvent, deadline: deadline)
      // Also where it did not wait at all, because it is to end.
      task.value.awaitedEvents = 0
      try reason.check()
    }
  }

  /// Waits in `queue` and for events of `kinds`, of which none is pending; `TaskEvent.listenerBit` may be among them.
  public func block(
    _ wait: TaskState, on queue: Reference<TaskQueue>?, events kinds: UInt8, deadline: UInt64?
  ) -> WakeReason {
    let task = current
    task.value.awaitedEvents = kinds
    let reason = block(wait, on: queue, deadline: deadline)
    // Who hands a request over takes a task out of its queue and no more.
    task.value.awaitedEvents = 0
    if task.value.wakeTimer.isRunning { state.value.timers.remove(task.wakeTimer) }
    return reason
  }

  /// Sets the current task's event timer; `time` 0: stops it.
  public func setEventTimer(after time: UInt64, period: UInt64) {
    let task = current
    stopEventTimer(of: task)
    guard time > 0 else { return }
    task.value.eventPeriod = period
    startEventTimer(of: task, deadline: deadline(after: time))
  }

  public func stopEventTimer(of task: Reference<Task>) {
    state.value.timers.remove(task.eventTimer)
    task.value.eventPeriod = 0
  }

  /// A task's event timer ran out. One with a period starts again when its event is taken, so a task that takes none
  /// costs the others one interrupt, and each further one comes out of the owner's own time.
  func eventTimerExpired(_ task: Reference<Task>) { post(.timer, to: task, subject: .none) }

  /// Starts a timer with a period again, at a multiple of it. Returns the event with the periods that went by unseen counted in.
  private func restartEventTimer(of task: Reference<Task>, after event: PendingEvent) -> PendingEvent {
    let period = task.value.eventPeriod
    guard period > 0, !task.value.eventTimer.isRunning else { return event }
    let deadline = task.value.eventTimer.deadline
    let missed = (now &- deadline) / period
    let (next, overflow) = deadline.addingReportingOverflow((missed &+ 1) &* period)
    startEventTimer(of: task, deadline: overflow ? .max - 1 : next)
    var counted = event
    counted.add(missed)
    return counted
  }

  private func startEventTimer(of task: Reference<Task>, deadline: UInt64) {
    state.value.timers.add(task.eventTimer, of: task, deadline: deadline)
    armTimer()
  }
}
