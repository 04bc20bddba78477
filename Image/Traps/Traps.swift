// Every trap, interrupt and gate call ends here (entry.S). One frame, one way in, one way out.
//
// Invariant: a fault belongs to whoever's code selector the frame carries: the kernel's own means a kernel error,
// unless the faulting instruction is one of the few that are allowed to fault.

import Consoles
import LinkedModules
import MachineSupport
import Objects
@_spi(Entry) import Platform
import Primitives
import Processes
import Scheduling
import SystemCalls

@c(trap_handler) func trapHandler(_ frame: TrapFrame) {
  let context = Context()
  // Calls by the gate are the most frequent traps, and see to `pendingWork` themselves.
  if frame.pointee.vector == 0x80 {
    if frame.isKernel { ModuleFaults(context).refuseSystemCall(frame) }
    if CallDecoder(context).take(frame) { answer(&frame.pointee.registers) }
    return
  }
  handleTrap(frame, context)
}

@inline(never)
private func handleTrap(_ frame: TrapFrame, _ context: Context) {
  let vector = frame.pointee.vector
  switch vector {
  case ExceptionVector.pageFault: PageFaults(context).handle(frame)
  case ExceptionVector.deviceNotAvailable:
    if read_cr0() & ControlBits.emulation != 0 && ProcessorState(context).restore(after: context.scheduler.current) {
      // The instruction meets CR0 as it should be now.
    } else if frame.isKernel {
      // A module's instruction would change the registers of whoever used them last.
      ModuleFaults(context).contain(frame, address: nil)
      // The watchdog's task switch set CR0.TS while FloatState was at work (Intel SDM Vol. 3, 8.3): go on.
      clear_task_switched()
    } else if !FloatState(context).take() {
      Exit(context).endCurrent(.outOfMemory, status: 0)
    }
  case 0..<32: Faults(context).handle(frame)
  case Faults.softwareVectors: Faults(context).handleSoftwareInterrupt(frame)
  case Tracing.vector: Tracing(context).call(frame)
  default:
    if !InterruptHandling(context).handle(vector, isOwnCode: !frame.isKernel) {
      var output = KernelOutput(context)
      output.write("interrupts: nobody handles vector ")
      output.write(decimal: vector)
      output.write("\n")
    }
  }
  if !frame.isKernel && Notices(context).begin(frame) { seeToPendingWork() }
}

/// A trap came while a Ring-0 task with a shared stack had its stack pointer where the kernel cannot work. A device's
/// interrupt is still handled; then the task ends.
@c(trap_without_stack) func trapWithoutStack(_ frame: TrapFrame) {
  let context = Context()
  if frame.pointee.vector >= 32 && frame.pointee.vector != 0x80 {
    _ = InterruptHandling(context).handle(frame.pointee.vector, isOwnCode: true)
  }
  Faults(context).endForStack(frame)
}

/// A Ring-0 task with a shared stack called the kernel with too little stack left.
@c(direct_call_without_stack) func directCallWithoutStack() { Faults(Context()).endForStack(nil) }

/// The last instructions of the way back to a task faulted.
@c(task_return_failed) func taskReturnFailed() { Faults(Context()).endForStack(nil) }
