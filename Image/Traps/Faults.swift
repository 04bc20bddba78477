// Exceptions that nobody resolves: the task they belong to ends, with an explanation; one of the kernel's own is a
// panic, except at the few instructions that are meant to fault.

import Machine
import MachineSupport
import Primitives
import Tasks

enum Faults {
  /// An exception other than a page fault.
  static func handle(_ frame: TrapFrame) {
    if frame.isKernel { return inKernel(frame) }
    end(frame, address: nil)
  }

  /// Ends the current task for what it did.
  static func end(_ frame: TrapFrame, address: UInt32?) -> Never {
    // A module that jumped astray on a shared stack looks like the program that called it.
    ModuleFaults.contain(frame, address: address)
    FaultReporter.write(frame: frame, address: address)
    Exit.endCurrent(.faulted, status: Int32(frame.pointee.vector))
  }

  /// Ends the current task, whose stack pointer the kernel cannot work on.
  static func endForStack(_ frame: TrapFrame?) -> Never {
    FaultReporter.writeStackFault(frame: frame)
    Exit.endCurrent(.faulted, status: Int32(ExceptionVector.doubleFault))
  }

  /// An exception while the kernel's own code ran.
  static func inKernel(_ frame: TrapFrame, address: UInt32? = nil) {
    let eip = frame.pointee.eip
    if eip >= address_of_user_copy_start() && eip < address_of_user_copy_end() {
      frame.pointee.eip = address_of_user_copy_fault()
      return
    }
    if eip >= address_of_probe_start() && eip < address_of_probe_end() || KernelTests.isCalled(eip) {
      frame.pointee.eip = address_of_probe_fault()
      return
    }
    if eip >= address_of_ring0_return_start() && eip < address_of_ring0_return_end() {
      frame.pointee.eip = address_of_ring0_return_fault()
      return
    }
    // A Ring-0 program raised interrupt 2, which unlike the watchdog's own keeps no other away: that one came meanwhile and
    // found its task at work (Intel SDM Vol. 3, 7.3). This look is lost, as one is that finds nothing.
    if frame.pointee.vector == ExceptionVector.generalProtection
      && frame.pointee.error & 0xfff8 == UInt32(SELECTOR_NMI_STATE)
    {
      return
    }
    // A Ring-0 program may have left anything in DS and ES before it called. The entry has loaded the right
    // selectors by now: the instruction works the second time.
    let usable = UInt32(SELECTOR_USER_DATA) << 16 | UInt32(SELECTOR_USER_DATA)
    if frame.pointee.vector == ExceptionVector.generalProtection && frame.pointee.registers.segments != usable {
      return
    }
    ModuleFaults.contain(frame, address: address)
    FaultReporter.announceKernelFault(frame: frame, address: address)
    panic("the kernel faulted")
  }
}
