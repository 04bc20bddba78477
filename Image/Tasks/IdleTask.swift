// The idle task: what the boot flow becomes, and what runs while no other task is ready.
//
// Invariant: it counts as Ring 3, because the kernel's protection from user pages holds while it runs.

import Machine
import MachineSupport
import Platform
import Primitives
import Scheduling

enum IdleTask {
  /// How many tasks there can be.
  private static var capacity: Int { 8192 }

  /// Makes the scheduler, and the boot flow its idle task.
  static func start() {
    let task = DirectMap.pointer(KernelMemory.permanent(MemoryLayout<Task>.stride), as: Task.self)
    task.initialize(to: Task(identity: .none, mode: .user, priority: 0, isThread: false, owner: 0))
    task.pointee.setThreadSegment(base: 0, descriptor: DescriptorTables.threadSegment(base: 0))
    task.pointee.kernelStackStart = address_of_idle_stack_start()
    task.pointee.kernelStackEnd = address_of_idle_stack_end()

    let slotBytes = capacity * MemoryLayout<Reference<Task>?>.stride
    let slots = DirectMap.pointer(KernelMemory.permanent(slotBytes), as: Optional<Reference<Task>>.self)
    slots.initialize(repeating: nil, count: capacity)
    let clock = kernel.clock
    kernel.schedulerState = SchedulerState(
      tasks: TaskTable(storage: slots, capacity: UInt32(capacity)),
      ready: RunQueue(storage: queues(RunQueue.priorities)), futexes: FutexTable(storage: queues(FutexTable.buckets)),
      idle: Reference(task))
    kernel.clock = clock
    kernel.scheduler.start()
    kernel.features.prepareControls()
  }

  private static func queues(_ count: Int) -> UnsafeMutablePointer<TaskQueue> {
    let queues = DirectMap.pointer(
      KernelMemory.permanent(MemoryLayout<TaskQueue>.stride * count), as: TaskQueue.self)
    for index in 0..<count { (queues + index).initialize(to: TaskQueue()) }
    return queues
  }

  /// Never returns: switches to the idle stack and frees the rest of the boot stack.
  static func run() -> Never { call_on_idle_stack(idleLoop) }

  /// The idle loop: the processor sleeps until an interrupt makes a task ready.
  fileprivate static func loop() -> Never {
    var page = address_of_boot_stack_start()
    while page < address_of_idle_stack_start() {
      Frames.release(DirectMap.frame(of: page))
      page += pageSize
    }
    while true {
      if kernel.scheduler.hasReadyTask {
        Watchdog.resume()
        kernel.scheduler.reschedule()
      }
      // Nothing becomes ready but by an interrupt.
      if ZeroedFrames.addOne() {
        allow_interrupts()
      } else if !kernel.scheduler.hasReadyTask {
        wait_for_interrupt()
      }
    }
  }
}

/// The idle loop for the assembly, which calls a plain function.
@c(idle_loop) private func idleLoop() { IdleTask.loop() }

/// Called at the outermost way out of the kernel while `attention` is set: ends the task, or lets another run.
@c(task_attention) func taskAttention() {
  while cpu.attention != 0 {
    let task = kernel.scheduler.current
    if task.value.isEnding { Exit.leave() }
    if cpu.attention & Attention.reschedule != 0 {
      kernel.scheduler.preempt()
    } else if cpu.attention & Attention.watched != 0 {
      Watchdog.leavesKernel(task)
    } else {
      cpu.attention = 0
    }
  }
}
