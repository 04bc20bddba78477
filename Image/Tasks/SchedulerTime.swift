// Time for tasks: the ends of waits, events at a given moment, and turns.
//
// Invariants:
// - `timerSetFor` is the moment for which the controller's timer is set, and not after the earliest deadline.
// - While the running task has a ready rival of its own priority, the timer is set for at most a turn ahead
//   (`isTurnTimed`). A switch does not set it anew, so the turn of one task may end at the end of another's; nobody runs
//   for longer than two turns, and reading the clock stays out of the switch.
// - With no deadline and no rival the timer is silent.

import MachineSupport
import Primitives
import Tasks

extension Scheduler {
  /// Starts the timer of a task's wait.
  static func startTimer(of task: Reference<Task>, deadline: UInt64) {
    kernel.scheduler.timers.add(reference(to: &task.value.wakeTimer), of: task, deadline: deadline)
    armTimer()
  }

  /// Sets the timer for the next thing that needs it.
  static func armTimer() {
    var wanted = kernel.scheduler.timers.earliest ?? .max
    if hasRival && !kernel.scheduler.isTurnTimed {
      kernel.scheduler.isTurnTimed = true
      wanted = min(wanted, kernel.clock.now &+ SchedulerState.turn)
    }
    guard wanted < kernel.scheduler.timerSetFor else { return }
    kernel.scheduler.timerSetFor = wanted
    let now = kernel.clock.now
    kernel.interrupts.setTimer(ticks: kernel.clock.timerTicks(wanted > now ? wanted &- now : 0))
  }

  /// Sets the timer anew, which has forgotten what it was set for.
  static func rearmTimer() {
    kernel.scheduler.timerSetFor = .max
    kernel.scheduler.isTurnTimed = false
    armTimer()
  }

  /// Whether a ready task is as urgent as the running one. (A more urgent one runs at once.)
  private static var hasRival: Bool {
    guard current != kernel.scheduler.idle, let best = kernel.scheduler.ready.highestPriority else {
      return false
    }
    return best >= current.value.priority
  }

  /// The timer's interrupt: wakes whoever waited for this moment, and ends the running task's turn.
  static func timerExpired() {
    let now = kernel.clock.now
    kernel.scheduler.timerSetFor = .max
    kernel.scheduler.isTurnTimed = false
    while let expired = kernel.scheduler.timers.takeExpired(now: now) {
      let task = expired.task
      if expired.timer == reference(to: &task.value.wakeTimer) {
        wake(task, .timedOut)
      } else {
        Events.timerExpired(task, deadline: expired.timer.value.deadline, now: now)
      }
    }
    if hasRival {
      let used = kernel.clock.nanoseconds(stamps: read_time_stamp() &- kernel.scheduler.turnStarted)
      // The timer may have been set for another reason, or for a turn that began before this one.
      if used >= SchedulerState.turn / 2 { cpu.attention |= Attention.reschedule }
    }
    armTimer()
    Watchdog.noticeSilence()
  }
}
