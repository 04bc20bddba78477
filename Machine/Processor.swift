// Turning on what the processor can do, and the values of its control registers.
//
// Flag names are those of the Intel SDM, Vol. 3, 2.5 (control registers).

import MachineSupport
import Platform
import Scheduling

extension ProcessorFeatures {
  /// Turns on what Megha uses. SMEP and SMAP are turned on and off by the scheduler.
  package func enable() {
    var control = read_cr4()
    if hasGlobalPages { control |= ControlBits.globalPages }
    if hasExtendedState { control |= ControlBits.extendedState | ControlBits.simdExceptions }
    // SGDT and its like tell Ring 3 where the kernel's tables are.
    if hasUserModeInstructionPrevention { control |= ControlBits.userModeInstructionPrevention }
    write_cr4(control | supervisorPrevention)
    // x87 errors arrive as exception 16; the first use of the registers by a task as exception 7.
    write_cr0(
      (read_cr0() & ~ControlBits.emulation) | ControlBits.monitorCoprocessor | ControlBits.numericError
        | ControlBits.taskSwitched | ControlBits.writeProtect)
  }

  /// The CR4 bits that keep the kernel from running or touching user pages.
  package var supervisorPrevention: UInt32 {
    (hasSupervisorExecutionPrevention ? ControlBits.supervisorExecutionPrevention : 0)
      | (hasSupervisorAccessPrevention ? ControlBits.supervisorAccessPrevention : 0)
  }

  /// Works out the values of CR0 and CR4 for all there is to protect.
  package func prepareControls() {
    let processor = Processor()
    for index in 0..<8 as Range<UInt32> {
      let wanted = Protection(rawValue: index)
      var control = read_cr0() | ControlBits.writeProtect | ControlBits.taskSwitched
      if wanted.contains(.guarded) { control &= ~ControlBits.writeProtect }
      if wanted.contains(.float) { control &= ~ControlBits.taskSwitched }
      var control4 = wanted.contains(.ring0) ? read_cr4() & ~supervisorPrevention : read_cr4() | supervisorPrevention
      // Global translations outlive a change of directories, and those of the other view are writable: a guarded task
      // runs without them, and turning them off forgets them (Intel SDM Vol. 3, 4.10.4.1).
      if wanted.contains(.guarded) { control4 &= ~ControlBits.globalPages }
      processor.prepareControls(for: index, control0: control, control4: control4)
    }
    processor.setControls(for: processor.protection)
  }
}
