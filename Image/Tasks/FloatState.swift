// The x87 and SSE registers. They stay with the task that used them last; another task's first use raises exception 7
// (CR0.TS), and only then are they saved and changed. A task that never uses them costs nothing.
//
// Invariant: `floatOwner` is the task whose registers the processor holds; it has a save area.

import Machine
import MachineSupport
import Primitives
import Scheduling

enum FloatState {
  /// 512 bytes on a 16-byte boundary for FXSAVE (Intel SDM Vol. 1, 10.5.1).
  private static var areaSize: Int { 512 }

  /// Exception 7: gives the registers to the current task. Returns false where there is no memory to save them.
  static func take() -> Bool {
    let task = kernel.scheduler.current
    clear_task_switched()
    cpu.next_control_0 &= ~ControlBits.taskSwitched
    kernel.scheduler.protection.insert(.float)
    if kernel.floatOwner == task { return true }
    let isFirstUse = task.value.floatState == 0
    if isFirstUse {
      guard let area = KernelHeapMemory.allocateBytes(areaSize, alignment: 16, tag: .task) else {
        return false
      }
      task.value.floatState = UInt(bitPattern: area)
    }
    if let owner = kernel.floatOwner { save(to: UInt32(owner.value.floatState)) }
    if let owner = kernel.floatOwner { owner.value.protection &= ~Protection.float.rawValue }
    kernel.floatOwner = task
    task.value.protection |= Protection.float.rawValue
    if isFirstUse {
      initialize_float_state()
      if kernel.features.hasExtendedState { resetControlOfSSE() }
    } else {
      restore(from: UInt32(task.value.floatState))
    }
    return true
  }

  static func release(_ task: Reference<Task>) {
    if kernel.floatOwner == task { kernel.floatOwner = nil }
    task.value.protection &= ~Protection.float.rawValue
    guard task.value.floatState != 0 else { return }
    KernelHeapMemory.free(UnsafeMutableRawPointer(bitPattern: task.value.floatState))
    task.value.floatState = 0
  }

  private static func save(to area: UInt32) {
    if kernel.features.hasExtendedState { save_extended_state(area) } else { save_float_state(area) }
  }

  private static func restore(from area: UInt32) {
    if kernel.features.hasExtendedState { restore_extended_state(area) } else { restore_float_state(area) }
  }

  /// A new task must not find another's SSE registers: load a cleared image with the default MXCSR (0x1F80).
  private static func resetControlOfSSE() {
    let task = kernel.scheduler.current
    let area = UInt32(task.value.floatState)
    zero_words(area, 128)
    memory_write32(area, 0x037f)  // x87 control word
    memory_write32(area &+ 24, 0x1f80)
    restore_extended_state(area)
  }
}
