// What is seen to before a task's own code goes on.

import MachineSupport
@_spi(Entry) import Platform
import Primitives
import Processes
import Scheduling

/// Called at the outermost way out of the kernel while `attention` is set: ends the task, or lets another run.
@c(task_attention) func taskAttention() {
  let context = Context()
  while cpu.attention != 0 {
    let task = context.scheduler.current
    if task.value.isEnding { Exit(context).leave() }
    if cpu.attention & Attention.reschedule != 0 {
      context.scheduler.preempt()
    } else if cpu.attention & Attention.watched != 0 {
      Watchdog(context).leavesKernel(task)
    } else {
      cpu.attention = 0
    }
  }
}
