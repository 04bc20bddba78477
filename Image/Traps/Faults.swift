// Exceptions that nobody resolves: the task they belong to ends, with an explanation; one of the kernel's own is a
// panic, except at the few instructions that are meant to fault.

import Diagnostics
import Executables
import FaultReports
import LinkedModules
import Machine
import MachineSupport
import Objects
import Platform
import Primitives
import Processes
import Scheduling
import SystemCalls

struct Faults {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// An exception other than a page fault.
  func handle(_ frame: TrapFrame) {
    if frame.isKernel { return inKernel(frame) }
    if frame.pointee.vector == ExceptionVector.generalProtection && ProcessorState(context).restore(after: nil) {
      return
    }
    end(frame, address: nil)
  }

  /// The vectors of exceptions with an error code, where INT in Ring 0 raised them (VECTOR in entry.S).
  static var softwareVectors: Range<UInt32> { 0x100..<0x120 }

  /// INT with the vector of one of the processor's own exceptions. In Ring 3 the gate refuses it; in Ring 0 the task ends
  /// in the same way (Intel SDM Vol. 3, 6.13: the error code names the gate).
  func handleSoftwareInterrupt(_ frame: TrapFrame) {
    let number = frame.pointee.vector &- Self.softwareVectors.lowerBound
    frame.pointee.vector = ExceptionVector.generalProtection
    frame.pointee.error = number << 3 | 2
    frame.pointee.eip &-= 2  // the instruction itself: CD and the number
    handle(frame)
  }

  /// Ends the current task for what it did, unless its personality has it go on.
  func end(_ frame: TrapFrame, address: UInt32?) {
    // A module that jumped astray on a shared stack looks like the program that called it.
    ModuleFaults(context).contain(frame, address: address)
    if Notices(context).take(frame, address: address) { return }
    FaultReporter(context).write(frame: frame, address: address)
    let isCheck =
      frame.pointee.vector == ExceptionVector.invalidOpcode
      && KernelFaultContext(process: context.currentProcess, in: context).stopsItself(at: frame.pointee.eip)
    Exit(context).endCurrent(isCheck ? .checkFailed : .faulted, status: Int32(frame.pointee.vector))
  }

  /// Ends the current task, whose stack pointer the kernel cannot work on.
  func endForStack(_ frame: TrapFrame?) -> Never {
    FaultReporter(context).writeStackFault(frame: frame)
    Exit(context).endCurrent(.faulted, status: Int32(ExceptionVector.doubleFault))
  }

  private func isOnTasksStack(_ frame: TrapFrame) -> Bool {
    let task = context.scheduler.current
    let position = UInt32(UInt(bitPattern: frame))
    return task.value.mode == .kernelSharedStack && position >= task.value.stackStart && position < task.value.stackEnd
  }

  /// An exception while the kernel's own code ran.
  func inKernel(_ frame: TrapFrame, address: UInt32? = nil) {
    let eip = frame.pointee.eip
    if let target = RecoveryTable.target(ofFaultAt: eip) ?? KernelTests(context).recovery(ofFaultAt: eip) {
      frame.pointee.eip = target
      return
    }
    // INT 2 of a Ring-0 task does not block NMIs as an NMI does. A real one arrived while the handler's task gate was busy, and
    // became this fault (Intel SDM Vol. 3, 7.3). The watchdog loses a tick.
    if frame.pointee.vector == ExceptionVector.generalProtection
      && frame.pointee.error & 0xfff8 == UInt32(SELECTOR_NMI_STATE) && ModuleFaults(context).isKernelText(eip)
    {
      return
    }
    // A Ring-0 program may have left anything in DS and ES before it called, and a module before it returned. The entry has
    // loaded the right selectors by now: the instruction works the second time.
    let usable = UInt32(SELECTOR_USER_DATA) << 16 | UInt32(SELECTOR_USER_DATA)
    if frame.pointee.registers.segments != usable && ModuleFaults(context).isKernelText(eip)
      && (frame.pointee.vector == ExceptionVector.generalProtection
        || frame.pointee.vector == ExceptionVector.pageFault)
    {
      return
    }
    if frame.pointee.vector == ExceptionVector.generalProtection && ProcessorState(context).restore(after: nil) {
      return
    }
    ModuleFaults(context).contain(frame, address: address)
    // On a shared stack the kernel's frames are in reach of the other threads of the process while it waits.
    if isOnTasksStack(frame) {
      FaultReporter(context).write(frame: frame, address: address)
      Exit(context).endCurrent(.faulted, status: Int32(frame.pointee.vector))
    }
    FaultReporter(context).announceKernelFault(frame: frame, address: address)
    panic("the kernel faulted")
  }
}
