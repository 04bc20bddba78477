// The end of tasks and processes.
//
// A task never takes itself apart on the stack it stands on: it first moves to the CPU's reaper stack and the kernel's
// own directory (call_on_reaper_stack), which works alike for all kinds of stack. There everything it held is given
// back, and the next task is resumed.
//
// Invariant: a task ends only at the outermost edge of the kernel (or by a fault of its own code), so no kernel
// function below it still holds anything.

import ABI
import IPC
import Jobs
import Mounts
import MachineSupport
import Messages
import Objects
@_spi(Entry) import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct Exit {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Ends the current task, which has been told how (`ending`, `status`).
  package func leave() -> Never {
    context.processes.observer.end(context)
    goToReaperStack()
  }

  /// What is left to do is done where no stack of the task's is stood on.
  func goToReaperStack() -> Never {
    call_on_reaper_stack {
      let context = Context()
      if context.processes.replacement != nil { ProcessReplacement(context).finish() }
      Exit(context).finish()
    }
  }

  /// The same at the outermost way out of the kernel, on the task's own stack: threads are told to end and a large space is given up
  /// there, where others can run in between. On the reaper stack nobody else can.
  package func leaveAtEdge() -> Never {
    let process = context.currentProcess
    // Where many tasks end one after the other, each wakes in the kernel and leaves it never: no interrupt would come in.
    context.scheduler.preemptionPoint()
    if !context.scheduler.current.value.isThread { endThreadsInSteps(of: process) { process } }
    if process.value.liveTasks == 1, let space = process.value.space { space.removeBeforeEnd() }
    leave()
  }

  /// Ends the current task.
  package func endCurrent(_ ending: TaskEnding, status: Int32) -> Never {
    tellCurrentToEnd(ending, status: status)
    leave()
  }

  /// Ends the current task at its own wish: on its own stack, with nothing of the kernel's under way.
  package func endCurrentAtEdge(_ ending: TaskEnding, status: Int32) -> Never {
    tellCurrentToEnd(ending, status: status)
    leaveAtEdge()
  }

  private func tellCurrentToEnd(_ ending: TaskEnding, status: Int32) {
    let task = context.scheduler.current
    if !task.value.isEnding {
      task.value.ending = ending
      task.value.status = status
      task.value.isEnding = true
    }
  }

  /// Tells every task of a process to end. The first task's ending is the process's.
  package func tellProcessToEnd(_ process: Reference<Process>, _ ending: TaskEnding, status: Int32) {
    context.scheduler.tellToEnd(process.value.mainTask, ending, status: status)
    endThreads(of: process)
  }

  /// The same for a process that a call ends. Others run in between, since how many threads there are is for programs to say.
  ///
  /// - Parameter find: the process, where it is still there after others ran.
  package func tellProcessToEnd(
    _ process: Reference<Process>, _ ending: TaskEnding, status: Int32, find: () -> Reference<Process>?
  ) {
    context.scheduler.tellToEnd(process.value.mainTask, ending, status: status)
    endThreadsInSteps(of: process, find: find)
  }

  @inline(never)
  private func endThreadsInSteps(of process: Reference<Process>, find: () -> Reference<Process>?) {
    process.value.isEnding = true
    var thread = process.value.firstThread
    while let task = thread {
      thread = task.value.nextOfProcess
      context.scheduler.tellToEnd(task, .killed, status: 0)
      let switches = context.scheduler.state.value.switches
      context.scheduler.preemptionPoint()
      if switches == context.scheduler.state.value.switches { continue }
      // Threads may have ended since, and the process. No new ones have begun.
      thread = find()?.value.firstThread
      while let told = thread, told.value.isEnding || told.value.state == .ended { thread = told.value.nextOfProcess }
    }
  }

  private func endThreads(of process: Reference<Process>) {
    process.value.isEnding = true
    var thread = process.value.firstThread
    while let task = thread {
      thread = task.value.nextOfProcess
      context.scheduler.tellToEnd(task, .killed, status: 0)
    }
  }

  /// On the reaper stack: gives back what the current task held, and resumes the next one.
  func finish() -> Never {
    let task = context.scheduler.current
    let process = task.value.process
    if task.value.mode.isRing0 {
      context.processor.clearBreakpoints()
      context.processes.endings.taskEnds(context, task)
    }
    context.scheduler.leaveCurrent()
    task.value.state = .ended
    release(task, of: process)
    process.value.liveTasks -= 1
    if !task.value.isThread { endThreads(of: process) }
    if process.value.hasEnded {
      finishProcess(process)
    } else if task.value.isThread {
      if task.value.isDetached {
        process.removeThread(task)
        TaskRecords(context).free(task, of: process.value.job)
      } else {
        Wait(context).announce(task.value.identity, to: process)
      }
    }
    context.processes.endings.isDone(context)
    context.scheduler.resumeNext()
  }

  /// Stacks and registers: what a task owns besides its record.
  func release(_ task: Reference<Task>, of process: Reference<Process>) {
    FloatState(context).release(task)
    ModuleStacks(context).taskEnded(task)
    context.processes.endings.taskEnded(context, task)
    task.value.waitKey = 0
    context.scheduler.abandonLocks(of: task)
    context.scheduler.stopEventTimer(of: task)
    Services(context).serverTaskEnded(task)
    if task.value.kernelStackEnd != 0 {
      KernelStacks(context).free(task.value.kernelStackStart)
      task.value.kernelStackStart = 0
      task.value.kernelStackEnd = 0
    }
    if task.value.isThread, let space = process.value.space {
      space.removeThreadStack(
        start: task.value.stackStart, end: task.value.stackEnd, isCommitted: task.value.mode.isRing0)
    }
    task.value.stackStart = 0
    task.value.stackEnd = 0
  }

  /// The last task of a process has ended: the address space goes, children move to the root, the parent learns.
  private func finishProcess(_ process: Reference<Process>) {
    Handles(context).closeAll(of: process)
    WorkingDirectories(context).giveUp(of: process)
    Personalities(context).giveUp(of: process)
    ServiceMoves(context).holderEnded(process)
    if let space = process.value.space {
      process.value.space = nil
      AddressSpaces(context).destroy(space)
    }
    while let thread = process.value.firstThread {
      process.removeThread(thread)
      TaskRecords(context).free(thread, of: process.value.job)
    }
    guard let parent = process.value.parent, let root = context.objects.root else {
      panic("the first process ended")
    }
    TraceRings(context).wakeAll(process.value.trace)
    while let child = process.value.children.first {
      process.removeChild(child)
      root.addChild(child)
      TraceRings(context).wakeAll(child.value.trace)
    }
    while let child = process.value.endedChildren.first {
      process.removeChild(child)
      root.addChild(child)
      announceEnd(of: child, to: root)
    }
    // From now on it is one of the children whose outcome can be taken.
    parent.value.children.remove(process)
    parent.value.endedChildren.append(process)
    announceEnd(of: process, to: parent)
  }

  private func announceEnd(of child: Reference<Process>, to parent: Reference<Process>) {
    context.scheduler.post(.childEnded, to: parent.value.mainTask, subject: child.value.identity)
    Wait(context).announce(child.value.identity, to: parent)
  }

  /// Forgets an ended process whose outcome the parent has taken.
  func destroy(_ process: Reference<Process>) {
    process.value.parent?.removeChild(process)
    TaskRecords(context).free(process.value.mainTask, of: process.value.job)
    ProcessRecords(context).free(process)
  }
}

/// The memory of task records.
struct TaskRecords {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// How many tasks only reserved jobs can have: whatever the others do, a shell starts, and what it runs.
  private static var reservedTasks: Int { 128 }

  /// What a task takes of kernel memory beside its record, at the most: a stack for the kernel, the record of its call with
  /// the paths in it, and its x87 and SSE registers.
  private static var attachedBytes: UInt32 {
    KernelStacks.size
      + UInt32(MemoryLayout<CallRecord>.size + FileConversation.pathBytes + FloatState.areaSize)
  }

  func make(
    mode: TaskMode, priority: UInt8, isThread: Bool, owner: UInt, for job: Reference<Job>
  ) throws(SystemError) -> Reference<Task> {
    try JobRecords(context).charging(job, 1, of: .tasks) { () throws(SystemError) in
      try JobRecords(context).charging(job, Self.attachedBytes) { () throws(SystemError) in
        try makeRecord(mode: mode, priority: priority, isThread: isThread, owner: owner, for: job)
      }
    }
  }

  private func makeRecord(
    mode: TaskMode, priority: UInt8, isThread: Bool, owner: UInt, for job: Reference<Job>
  ) throws(SystemError) -> Reference<Task> {
    guard job.value.isReserved || context.scheduler.tasks.count < context.scheduler.tasks.capacity - Self.reservedTasks,
      let identity = context.scheduler.tasks.reserveIdentity()
    else {
      context.scheduler.current.value.refusedLimit = RefusedLimit(
        job: 0, resource: JobResource.tasks.rawValue, limit: UInt32(context.scheduler.tasks.capacity))
      throw .limitReached
    }
    let pointer: UnsafeMutablePointer<Task> = unsafe try KernelHeap(context).allocate(tag: .task, for: job)
    unsafe pointer.initialize(
      to: Task(identity: identity, mode: mode, priority: priority, isThread: isThread, owner: owner))
    let task = unsafe Reference(pointer)
    task.value.share = job.value.share
    context.scheduler.tasks.insert(task)
    return task
  }

  func free(_ task: Reference<Task>, of job: Reference<Job>) {
    context.scheduler.tasks.remove(task)
    unsafe task.unsafePointer.deinitialize(count: 1)
    JobRecords(context).discharge(job, .tasks, 1)
    JobRecords(context).discharge(job, .kernelBytes, Self.attachedBytes)
    unsafe KernelHeap(context).free(task.unsafePointer, of: job)
  }
}

struct ProcessRecords {
  let context: Context

  init(_ context: Context) { self.context = context }

  func make(_ process: consuming Process) throws(SystemError) -> Reference<Process> {
    let pointer: UnsafeMutablePointer<Process> =
      unsafe try KernelHeap(context).allocate(tag: .process, for: process.job)
    unsafe pointer.initialize(to: process)
    return unsafe Reference(pointer)
  }

  func free(_ process: Reference<Process>) {
    let job = process.value.job
    TraceRings(context).free(process.value.trace, of: job)
    unsafe process.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(process.unsafePointer, of: job)
  }
}
