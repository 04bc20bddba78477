// The idle task: what the boot flow becomes, and what runs while no other task is ready.
//
// Invariant: it counts as Ring 3, because the kernel's protection from user pages holds while it runs.

import Drivers
import IPC
import Machine
import MachineSupport
@_spi(Entry) import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

struct IdleTask {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// How many tasks there can be.
  private static var capacity: Int { 8192 }

  /// Makes the scheduler, and the boot flow its idle task.
  func start() {
    let task = DirectMap.pointer(KernelMemory(context).permanent(MemoryLayout<Task>.stride), as: Task.self)
    task.initialize(to: Task(identity: .none, mode: .user, priority: 0, isThread: false, owner: 0))
    task.pointee.setThreadSegment(base: 0, descriptor: Processor.threadSegment(base: 0))
    task.pointee.kernelStackStart = address_of_idle_stack_start()
    task.pointee.kernelStackEnd = address_of_idle_stack_end()

    let slotBytes = TaskTable.storageCount(Self.capacity) * MemoryLayout<Reference<Task>?>.stride
    let slots = DirectMap.pointer(KernelMemory(context).permanent(slotBytes), as: Optional<Reference<Task>>.self)
    slots.initialize(repeating: nil, count: TaskTable.storageCount(Self.capacity))
    let ready = DirectMap.pointer(
      KernelMemory(context).permanent(MemoryLayout<RunQueueStorage>.stride), as: RunQueueStorage.self)
    let clock = context.clock
    context.schedulerState = SchedulerState(
      tasks: TaskTable(storage: slots, capacity: UInt32(Self.capacity)),
      ready: RunQueue(in: ready), futexes: FutexTable(storage: queues(FutexTable.buckets)),
      idle: Reference(task))
    context.clock = clock
    context.scheduler.start()
    context.features.prepareControls()
  }

  private func queues(_ count: Int) -> UnsafeMutablePointer<TaskQueue> {
    let queues = DirectMap.pointer(
      KernelMemory(context).permanent(MemoryLayout<TaskQueue>.stride * count), as: TaskQueue.self)
    for index in 0..<count { (queues + index).initialize(to: TaskQueue()) }
    return queues
  }

  /// Never returns: switches to the idle stack and frees the rest of the boot stack.
  func run() -> Never { call_on_idle_stack { IdleTask(Context()).loop() } }

  /// The idle loop: the processor sleeps until an interrupt makes a task ready.
  fileprivate func loop() -> Never {
    var page = address_of_boot_stack_start()
    while page < address_of_idle_stack_start() {
      Frames(context).release(DirectMap.frame(of: page))
      page += pageSize
    }
    while true {
      if context.scheduler.hasReadyTask {
        Watchdog(context).resume()
        context.scheduler.reschedule()
      }
      // Nothing becomes ready but by an interrupt.
      if ZeroedFrames.addOne(context) {
        allow_interrupts()
      } else if !context.scheduler.hasReadyTask {
        wait_for_interrupt()
      }
    }
  }
}
