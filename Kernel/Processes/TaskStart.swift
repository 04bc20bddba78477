// What starting a process and starting a thread have in common: a stack for the kernel to work on, and the first
// trap frame, from which the task begins as if it returned from a trap.
//
// A task with a shared stack has no kernel stack: its first frame lies on its own stack, written there through the
// direct map or a window, because the address space is not the loaded one.

import ABI
import Diagnostics
import MachineSupport
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct TaskStart {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// Words below the frame that switch_context pops: where to go on.
  private static var switchWords: UInt32 { 1 }

  /// What a task needs to run in an address space, and that it has not got yet.
  struct Beginning {
    fileprivate var directory: UInt32
    fileprivate var threadPointer: UInt32
    /// The first address of its kernel stack; 0: it works on its own.
    fileprivate var kernelStack: UInt32 = 0
    fileprivate var stackPointer: UInt32 = 0
  }

  /// Gives a new task its kernel stack and its first frame, from which it begins at `entry`.
  @inline(never)
  func prepare(
    _ task: Reference<Task>, space: Reference<AddressSpace>, entry: UInt32, stackPointer: UInt32
  ) throws(SystemError) {
    let block = try placeBlock(of: task, stackEnd: task.value.stackEnd, in: space)
    let frame = firstFrame(task, entry: entry, stackPointer: stackPointer)
    install(try make(for: task, space: space, frame, threadPointer: block), in: task)
  }

  /// Makes what a task needs to go on at `frame`. Nothing of the task has changed.
  @inline(never)
  func make(
    for task: Reference<Task>, space: Reference<AddressSpace>, _ frame: trap_frame, threadPointer: UInt32
  ) throws(SystemError) -> Beginning {
    var beginning = Beginning(
      directory: try space.directory(isGuarded: task.value.isGuarded), threadPointer: threadPointer)
    let frameSize = UInt32(MemoryLayout<trap_frame>.size)
    let size = frameSize + Self.switchWords * 4
    if task.value.mode == .kernelSharedStack {
      beginning.stackPointer = (frame.esp - size) & ~15
      var position = beginning.stackPointer
      try space.write(word: address_of_task_start(), at: &position)
      unsafe try withUnsafePointer(to: frame) { pointer throws(SystemError) in
        unsafe try space.write(UnsafeRawPointer(pointer), count: frameSize, at: position)
      }
      return beginning
    }
    beginning.kernelStack = try KernelStacks(context).take()
    beginning.stackPointer = beginning.kernelStack + KernelStacks.size - size
    unsafe DirectMap.pointer(beginning.stackPointer, as: UInt32.self).pointee = address_of_task_start()
    unsafe DirectMap.pointer(beginning.stackPointer + Self.switchWords * 4, as: trap_frame.self).pointee = frame
    return beginning
  }

  /// Gives it to the task, which has no kernel stack.
  func install(_ beginning: Beginning, in task: Reference<Task>) {
    task.value.directory = beginning.directory
    task.value.setThreadSegment(
      base: beginning.threadPointer, descriptor: Processor.threadSegment(base: beginning.threadPointer))
    task.value.protection = Protection(mode: task.value.mode, isGuarded: task.value.isGuarded).rawValue
    task.value.directEntry =
      task.value.mode == .kernelSharedStack
      ? address_of_direct_entry_shared()
      : task.value.isGuarded ? address_of_direct_entry_guarded() : address_of_direct_entry_separate()
    task.value.savedStackPointer = beginning.stackPointer
    guard beginning.kernelStack != 0 else { return }
    task.value.kernelStackStart = beginning.kernelStack
    task.value.kernelStackEnd = beginning.kernelStack + KernelStacks.size
  }

  /// How much of the top of every first stack and thread stack is taken by the task's `ThreadBlock`.
  static var blockSize: UInt32 { UInt32(MemoryLayout<ThreadBlock>.size) }

  /// Writes the block at the top of the task's stack through which a program finds out, without a system call, which
  /// task it is. Returns its address.
  func placeBlock(
    of task: Reference<Task>, stackEnd: UInt32, in space: Reference<AddressSpace>
  ) throws(SystemError) -> UInt32 {
    var block = ThreadBlock()
    block.address = stackEnd - Self.blockSize
    block.task = task.value.identity.value
    unsafe try withUnsafePointer(to: block) { pointer throws(SystemError) in
      unsafe try space.write(UnsafeRawPointer(pointer), count: Self.blockSize, at: block.address)
    }
    return block.address
  }

  func abort(_ task: Reference<Task>) {
    if task.value.kernelStackStart != 0 { KernelStacks(context).free(task.value.kernelStackStart) }
    task.value.kernelStackStart = 0
  }

  func firstFrame(_ task: Reference<Task>, entry: UInt32, stackPointer: UInt32) -> trap_frame {
    var frame = trap_frame()
    frame.eip = entry
    frame.esp = stackPointer
    frame.eflags = 0x202
    if task.value.mode.isRing0 {
      frame.cs = UInt32(SELECTOR_RING0_TASK_CODE)
      frame.ss = UInt32(SELECTOR_KERNEL_DATA)
    } else {
      frame.cs = UInt32(SELECTOR_USER_CODE)
      frame.ss = UInt32(SELECTOR_USER_DATA)
    }
    return frame
  }
}

package struct ThreadStart {
  package let context: Context

  package init(_ context: Context) { self.context = context }

  /// Starts a thread in the address space of the starter's process.
  @inline(never)
  package func start(_ request: ThreadRequest, by starter: Reference<Task>) throws(SystemError) -> TaskIdentity {
    let process = starter.value.process
    guard !process.value.isEnding else { throw .cancelled }
    let space = starter.value.space
    let mode = try StartMode(request.flags, rights: process.value.rights, isThread: true)
    let priority = try StartMode.priority(request.priority, of: starter)
    guard request.entry >= AddressLayout.nullGuardEnd, request.entry < AddressLayout.kernelStart else {
      throw .badAddress
    }
    var size = request.stackSize
    if size == 0 { size = mode.mode.isRing0 ? StackSizes.ring0Thread : StackSizes.thread }
    guard size <= StackSizes.threadLimit else { throw .tooLarge }
    if mode.mode.isRing0 { size = max(size, StackSizes.ring0ThreadMinimum) }
    size = pagesNeeded(size) * pageSize

    let task = try TaskRecords(context).make(
      mode: mode.mode, priority: priority, isThread: true, owner: process.address, for: process.value.job)
    do throws(SystemError) {
      let stackStart = try space.addThreadStack(size: size, isCommitted: mode.mode.isRing0)
      do throws(SystemError) {
        let stackEnd = stackStart + size
        // As a call would leave it: the argument above the return address, where what the function returns ends the thread.
        let stackPointer = stackEnd - TaskStart.blockSize - 20
        var position = stackPointer
        try space.write(word: address_of_thread_return(), at: &position)
        try space.write(word: request.argument, at: &position)
        task.value.isGuarded = mode.isGuarded
        task.value.isDetached = request.flags.contains(.detached)
        task.value.stackStart = stackStart
        task.value.stackEnd = stackEnd
        task.value.spaceRecord = space.address
        context.processes.observer.beginThread(context, task, space)
        try TaskStart(context).prepare(task, space: space, entry: request.entry, stackPointer: stackPointer)
        context.processes.observer.endThread(context, task, space)
      } catch {
        space.removeThreadStack(start: stackStart, end: stackStart + size, isCommitted: mode.mode.isRing0)
        throw error
      }
    } catch {
      TaskRecords(context).free(task, of: process.value.job)
      throw error
    }
    process.addThread(task)
    process.value.liveTasks += 1
    let identity = task.value.identity
    Stopping(context).begin(task, of: process)
    return identity
  }
}
