// Time for tasks: the ends of waits, events at a given moment, and time slices.
//
// Invariants:
// - `timerSetFor` is the moment for which the processor's timer is set, and not after the earliest deadline.
// - While the running task has a ready peer of its own priority, the timer is set for at most a slice ahead (`isSliceTimed`).
//   A switch does not set it anew, so the slice of one task may end at the end of another's; nobody runs for longer than two
//   slices, and reading the clock stays out of the switch.
// - With no deadline and no peer the timer is silent.

import Platform
import Primitives

extension Scheduler {
  /// Nanoseconds since boot.
  public var now: UInt64 { state.value.clock.time(at: processor.stamp) }

  /// The moment `time` nanoseconds from now; the end of time where that is past it.
  public func deadline(after time: UInt64) -> UInt64 {
    let (moment, overflow) = now.addingReportingOverflow(time)
    return overflow ? .max - 1 : moment
  }

  /// Starts the timer of a task's wait.
  func startWakeTimer(of task: Reference<Task>, deadline: UInt64) {
    state.value.timers.add(task.wakeTimer, of: task, deadline: deadline)
    armTimer()
  }

  /// Sets the timer for the next thing that needs it.
  func armTimer() {
    var wanted = state.value.timers.earliest ?? .max
    if hasPeer && !state.value.isSliceTimed {
      state.value.isSliceTimed = true
      wanted = min(wanted, now &+ SchedulerState.slice)
    }
    guard wanted < state.value.timerSetFor else { return }
    state.value.timerSetFor = wanted
    let now = now
    processor.setTimer(ticks: state.value.clock.timerTicks(wanted > now ? wanted &- now : 0))
  }

  /// Sets the timer anew, which has forgotten what it was set for.
  public func rearmTimer() {
    state.value.timerSetFor = .max
    state.value.isSliceTimed = false
    armTimer()
  }

  /// Whether a ready task is as urgent as the running one. (A more urgent one runs at once.)
  private var hasPeer: Bool {
    guard current != state.value.idle, let best = state.value.ready.highestPriority else { return false }
    return best >= current.value.priority
  }

  /// The timer's interrupt: wakes whoever waited for this moment, and ends the running task's time slice.
  public func timerExpired() {
    let now = now
    state.value.timerSetFor = .max
    state.value.isSliceTimed = false
    while let expired = state.value.timers.takeExpired(now: now) {
      let task = expired.task
      if expired.timer == task.wakeTimer {
        wake(task, .timedOut)
      } else {
        eventTimerExpired(task)
      }
    }
    if hasPeer {
      let used = state.value.clock.nanoseconds(stamps: processor.stamp &- state.value.sliceStarted)
      // The timer may have been set for another reason, or for a slice that began before this one.
      if used >= SchedulerState.slice / 2 { processor.pendingWork |= PendingWork.reschedule }
    }
    armTimer()
  }
}

extension Reference where Value == Task {
  @inline(__always)
  var wakeTimer: Reference<TaskTimer> {
    unsafe withUnsafeMutablePointer(to: &value.wakeTimer) { unsafe Reference<TaskTimer>($0) }
  }

  var eventTimer: Reference<TaskTimer> {
    unsafe withUnsafeMutablePointer(to: &value.eventTimer) { unsafe Reference<TaskTimer>($0) }
  }
}
