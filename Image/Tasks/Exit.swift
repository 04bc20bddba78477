// The end of tasks and processes.
//
// A task never takes itself apart on the stack it stands on: it first moves to the CPU's exit stack and the kernel's
// own directory (call_on_exit_stack), which works alike for all kinds of stack. There everything it held is given
// back, and the next task is resumed.
//
// Invariant: a task ends only at the outermost edge of the kernel (or by a fault of its own code), so no kernel
// function below it still holds anything.

import ABI
import Machine
import MachineSupport
import Platform
import Primitives
import Scheduling

enum Exit {
  /// Ends the current task, which has been told how (`ending`, `status`).
  static func leave() -> Never {
    EarlyChange.end()
    call_on_exit_stack(finishCurrentTask)
  }

  /// Ends the current task.
  static func endCurrent(_ ending: TaskEnding, status: Int32) -> Never {
    let task = kernel.scheduler.current
    if !task.value.isEnding {
      task.value.ending = ending
      task.value.status = status
      task.value.isEnding = true
    }
    leave()
  }

  /// Tells every task of a process to end. The first task's ending is the process's.
  static func tellProcessToEnd(_ process: Reference<Process>, _ ending: TaskEnding, status: Int32) {
    kernel.scheduler.tellToEnd(process.value.mainTask, ending, status: status)
    endThreads(of: process)
  }

  private static func endThreads(of process: Reference<Process>) {
    process.value.isEnding = true
    var thread = process.value.firstThread
    while let task = thread {
      thread = task.value.nextOfProcess
      kernel.scheduler.tellToEnd(task, .killed, status: 0)
    }
  }

  /// On the exit stack: gives back what the current task held, and resumes the next one.
  static func finish() -> Never {
    let task = kernel.scheduler.current
    let process = task.value.process
    if task.value.mode.isRing0 {
      Processor().clearBreakpoints()
      _ = ProcessorState.restore(after: task)
    }
    kernel.scheduler.leaveCurrent()
    task.value.state = .ended
    release(task, of: process)
    process.value.liveTasks -= 1
    if !task.value.isThread { endThreads(of: process) }
    if process.value.hasEnded {
      finishProcess(process)
    } else if task.value.isThread {
      if task.value.isDetached {
        process.removeThread(task)
        TaskRecords.free(task)
      } else {
        Wait.announce(task.value.identity, to: process)
      }
    }
    Watchdog.resume()
    kernel.scheduler.resumeNext()
  }

  /// Stacks and registers: what a task owns besides its record.
  private static func release(_ task: Reference<Task>, of process: Reference<Process>) {
    FloatState.release(task)
    ModuleStacks.taskEnded(task)
    ModuleCall.taskEnded(task)
    kernel.watchdog.flags.forget(task)
    // It may have stopped what the watchdog runs on.
    if task.value.mode.isRing0 { Watchdog.repair() }
    task.value.waitKey = 0
    kernel.scheduler.abandonLocks(of: task)
    kernel.scheduler.stopEventTimer(of: task)
    Services.serverTaskEnded(task)
    if task.value.kernelStackEnd != 0 {
      KernelStacks.give(back: task.value.kernelStackStart)
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
  private static func finishProcess(_ process: Reference<Process>) {
    HandleTable.closeAll(of: process)
    ServiceMoves.holderEnded(process)
    if let space = process.value.space {
      process.value.space = nil
      AddressSpaces.destroy(space)
    }
    while let thread = process.value.firstThread {
      process.removeThread(thread)
      TaskRecords.free(thread)
    }
    guard let parent = process.value.parent, let root = kernel.root else {
      panic("the first process ended")
    }
    Tracing.wakeAll(process.value.trace)
    while let child = process.value.children.first {
      process.removeChild(child)
      root.addChild(child)
      Tracing.wakeAll(child.value.trace)
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

  private static func announceEnd(of child: Reference<Process>, to parent: Reference<Process>) {
    kernel.scheduler.post(.childEnded, to: parent.value.mainTask, subject: child.value.identity)
    Wait.announce(child.value.identity, to: parent)
  }

  /// Forgets an ended process whose outcome the parent has taken.
  static func forget(_ process: Reference<Process>) {
    process.value.parent?.removeChild(process)
    let task = process.value.mainTask
    TaskRecords.free(task)
    ProcessRecords.free(process)
  }
}

/// `Exit.finish` for the assembly, which calls a plain function.
@c private func finishCurrentTask() { Exit.finish() }

/// The memory of task records.
enum TaskRecords {
  static func make(
    mode: TaskMode, priority: UInt8, isThread: Bool, owner: UInt
  ) throws(SystemError) -> Reference<Task> {
    guard let identity = kernel.scheduler.tasks.reserveIdentity() else { throw .limitReached }
    let pointer: UnsafeMutablePointer<Task> = try KernelHeapMemory.allocate(tag: .task)
    pointer.initialize(
      to: Task(identity: identity, mode: mode, priority: priority, isThread: isThread, owner: owner))
    let task = Reference(pointer)
    kernel.scheduler.tasks.insert(task)
    return task
  }

  static func free(_ task: Reference<Task>) {
    kernel.scheduler.tasks.remove(task)
    task.unsafePointer.deinitialize(count: 1)
    KernelHeapMemory.free(task.unsafePointer)
  }
}

enum ProcessRecords {
  static func make(_ process: consuming Process) throws(SystemError) -> Reference<Process> {
    let pointer: UnsafeMutablePointer<Process> = try KernelHeapMemory.allocate(tag: .process)
    pointer.initialize(to: process)
    return Reference(pointer)
  }

  static func free(_ process: Reference<Process>) {
    Tracing.free(process.value.trace)
    process.unsafePointer.deinitialize(count: 1)
    KernelHeapMemory.free(process.unsafePointer)
  }
}
