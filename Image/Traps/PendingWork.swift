// What is seen to before a task's own code goes on.

import MachineSupport
@_spi(Entry) import Platform
import Primitives
import Processes
import Scheduling
import SystemCalls

/// Called at the outermost way out of the kernel while `pendingWork` is set: ends the task, lets another run, waits while the process is
/// stopped, ends whoever has most memory, or tells its personality of something.
@c(see_to_pending_work) func seeToPendingWork() {
  let context = Context()
  while cpu.pending_work != 0 {
    let task = context.scheduler.current
    if task.value.isEnding { Exit(context).leaveAtEdge() }
    if cpu.pending_work & PendingWork.reschedule != 0 {
      context.scheduler.preempt()
    } else if cpu.pending_work & PendingWork.watched != 0 {
      Watchdog(context).leavesKernel(task)
    } else if !OutOfMemoryKiller(context).seeToShortage() && !Stopping(context).wait() && !Notices(context).see() {
      cpu.pending_work = 0
    }
  }
  Notices(context).end()
}
