// Every trap, interrupt and gate call ends here (entry.S). One frame, one way in, one way out.
//
// Invariant: a fault belongs to whoever's code selector the frame carries: the kernel's own means a kernel error,
// unless the faulting instruction is one of the few that are allowed to fault.

import ABI
import Machine
import MachineSupport
import Primitives
import Scheduling

/// Exceptions by number (Intel SDM Vol. 3, table 6-1).
enum ExceptionVector {
  static var invalidOpcode: UInt32 { 6 }
  static var deviceNotAvailable: UInt32 { 7 }
  static var doubleFault: UInt32 { 8 }
  static var generalProtection: UInt32 { 13 }
  static var pageFault: UInt32 { 14 }
}

/// Bits of EFLAGS (Intel SDM Vol. 1, 3.4.3).
enum EFlags {
  static var interrupts: UInt32 { 1 << 9 }
  static var virtual8086: UInt32 { 1 << 17 }
}

typealias TrapFrame = UnsafeMutablePointer<trap_frame>

extension UnsafeMutablePointer where Pointee == trap_frame {
  /// Whether code of Ring 3 or of virtual-8086 mode was interrupted.
  var isFromOuterRing: Bool { pointee.cs & 3 != 0 || pointee.eflags & EFlags.virtual8086 != 0 }
  /// Whether the kernel or a linked module was interrupted. In virtual-8086 mode CS is no selector and may hold any number.
  var isKernel: Bool {
    pointee.cs == UInt32(SELECTOR_KERNEL_CODE) && pointee.eflags & EFlags.virtual8086 == 0
  }
}

@c(trap_handler) func trapHandler(_ frame: TrapFrame) {
  // Calls by the gate are the most frequent traps, and see to `attention` themselves.
  if frame.pointee.vector == 0x80 {
    if frame.isKernel { ModuleFaults.refuseSystemCall(frame) }
    if frame.pointee.registers.eax != SystemCall.null.rawValue { answer(&frame.pointee.registers) }
    return
  }
  handleTrap(frame)
}

@inline(never)
private func handleTrap(_ frame: TrapFrame) {
  let vector = frame.pointee.vector
  switch vector {
  case ExceptionVector.pageFault: PageFaults.handle(frame)
  case ExceptionVector.deviceNotAvailable:
    if read_cr0() & ControlBits.emulation != 0 && ProcessorState.restore(after: kernel.scheduler.current) {
      // The instruction meets CR0 as it should be now.
    } else if frame.isKernel {
      // A module's instruction would change the registers of whoever used them last.
      ModuleFaults.contain(frame, address: nil)
      // The watchdog's task switch set CR0.TS while FloatState was at work (Intel SDM Vol. 3, 8.3): go on.
      clear_task_switched()
    } else if !FloatState.take() {
      Exit.endCurrent(.outOfMemory, status: 0)
    }
  case 0..<32: Faults.handle(frame)
  case Faults.softwareVectors: Faults.handleSoftwareInterrupt(frame)
  case Tracing.vector: Tracing.call(frame)
  default:
    if !Interrupts.handle(vector, isOwnCode: !frame.isKernel) {
      var output = KernelOutput()
      output.write("interrupts: nobody handles vector ")
      output.write(decimal: vector)
      output.write("\n")
    }
  }
  if !frame.isKernel && cpu.attention != 0 { taskAttention() }
}

/// A trap came while a Ring-0 task with a shared stack had its stack pointer where the kernel cannot work. A device's
/// interrupt is still handled; then the task ends.
@c(trap_without_stack) func trapWithoutStack(_ frame: TrapFrame) {
  if frame.pointee.vector >= 32 && frame.pointee.vector != 0x80 {
    _ = Interrupts.handle(frame.pointee.vector, isOwnCode: true)
  }
  Faults.endForStack(frame)
}

/// A Ring-0 task with a shared stack called the kernel with too little stack left.
@c(direct_call_without_stack) func directCallWithoutStack() { Faults.endForStack(nil) }

/// The last instructions of the way back to a task faulted.
@c(task_return_failed) func taskReturnFailed() { Faults.endForStack(nil) }
