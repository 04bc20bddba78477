// The x87 and SSE registers. They stay with the task that used them last; another task's first use raises exception 7
// (CR0.TS), and only then are they saved and changed. A task that never uses them costs nothing.
//
// Invariant: `floatOwner` is the task whose registers the processor holds; it has a save area.

import ABI
import Executables
import MachineSupport
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct FloatState {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// 512 bytes on a 16-byte boundary for FXSAVE (Intel SDM Vol. 1, 10.5.1).
  static var areaSize: Int { 512 }

  /// Exception 7: gives the registers to the current task. Returns false where there is no memory to save them.
  package func take() -> Bool {
    let task = context.scheduler.current
    context.processor.allowFloat()
    context.scheduler.protection.insert(.float)
    if context.processes.floatOwner == task { return true }
    let isFirstUse = task.value.floatState == 0
    if isFirstUse {
      guard let area = unsafe KernelHeap(context).allocateUnchargedBytes(Self.areaSize, alignment: 16, tag: .task)
      else {
        return false
      }
      task.value.floatState = UInt(bitPattern: area)
    }
    if let owner = context.processes.floatOwner { save(to: UInt32(owner.value.floatState)) }
    if let owner = context.processes.floatOwner { owner.value.protection &= ~Protection.float.rawValue }
    context.processes.floatOwner = task
    task.value.protection |= Protection.float.rawValue
    if isFirstUse {
      initialize_float_state()
      if context.features.hasExtendedState { resetControlOfSSE() }
    } else {
      restore(from: UInt32(task.value.floatState))
    }
    return true
  }

  /// Gives a new task the registers that another one has.
  func copy(of task: Reference<Task>, to copy: Reference<Task>) throws(SystemError) {
    guard task.value.floatState != 0 else { return }
    guard let area = unsafe KernelHeap(context).allocateUnchargedBytes(Self.areaSize, alignment: 16, tag: .task) else {
      throw .outOfMemory
    }
    if context.processes.floatOwner == task {
      context.processor.allowFloat()
      save(to: UInt32(task.value.floatState))
      restore(from: UInt32(task.value.floatState))
    }
    unsafe area.copyMemory(
      from: UnsafeRawPointer(bitPattern: task.value.floatState).unsafelyUnwrapped, byteCount: Self.areaSize)
    copy.value.floatState = UInt(bitPattern: area)
  }

  /// Copies the registers of the current task, which has some from now on, to its memory.
  package func save(toUser address: UInt32) throws(SystemError) {
    guard take() else { throw .outOfMemory }
    let area = context.scheduler.current.value.floatState
    save(to: UInt32(area))
    // On a processor without SSE the registers are in their first state now.
    restore(from: UInt32(area))
    let bytes = unsafe UnsafeRawPointer(bitPattern: area).unsafelyUnwrapped
    let buffer = UserBuffer(address: address, length: UInt32(Self.areaSize), in: context)
    unsafe try buffer.copyOut(from: bytes, count: buffer.length)
  }

  /// Gives the current task the registers that lie in its memory.
  package func restore(fromUser address: UInt32) throws(SystemError) {
    guard take() else { throw .outOfMemory }
    let area = context.scheduler.current.value.floatState
    save(to: UInt32(area))
    let mask = memory_read32(UInt32(area) &+ Self.controlMask)
    let bytes = unsafe UnsafeMutableRawPointer(bitPattern: area).unsafelyUnwrapped
    let buffer = UserBuffer(address: address, length: UInt32(Self.areaSize), in: context)
    unsafe try buffer.copyIn(to: bytes, count: buffer.length)
    if context.features.hasExtendedState {
      // A bit that the processor has not would raise an exception (Intel SDM Vol. 1, 11.6.6).
      let control = UInt32(area) &+ Self.control
      memory_write32(control, memory_read32(control) & (mask == 0 ? 0xffbf : mask))
    }
    restore(from: UInt32(area))
  }

  /// Where MXCSR and its mask lie in the area of FXSAVE.
  private static var control: UInt32 { 24 }
  private static var controlMask: UInt32 { 28 }

  func release(_ task: Reference<Task>) {
    if context.processes.floatOwner == task { context.processes.floatOwner = nil }
    task.value.protection &= ~Protection.float.rawValue
    guard task.value.floatState != 0 else { return }
    unsafe KernelHeap(context).free(UnsafeMutableRawPointer(bitPattern: task.value.floatState))
    task.value.floatState = 0
  }

  private func save(to area: UInt32) {
    if context.features.hasExtendedState { save_extended_state(area) } else { save_float_state(area) }
  }

  private func restore(from area: UInt32) {
    if context.features.hasExtendedState { restore_extended_state(area) } else { restore_float_state(area) }
  }

  /// A new task must not find another's SSE registers: load a cleared image with the default MXCSR (0x1F80).
  private func resetControlOfSSE() {
    let task = context.scheduler.current
    let area = UInt32(task.value.floatState)
    zero_words(area, 128)
    memory_write32(area, 0x037f)  // x87 control word
    memory_write32(area &+ 24, 0x1f80)
    restore_extended_state(area)
  }
}
