// What this processor can do, found once at boot, and its control registers.
//
// Flag names are those of the Intel SDM, Vol. 2, CPUID, and Vol. 3, 2.5 (control registers).

import MachineSupport
import Platform
import Scheduling

package struct ProcessorFeatures {
  package var hasNoExecute = false
  package var hasGlobalPages = false
  package var hasSystemEnter = false
  package var hasExtendedState = false
  package var hasLocalController = false
  package var hasSupervisorExecutionPrevention = false
  package var hasSupervisorAccessPrevention = false
  /// The width of a physical address in bits.
  package var physicalAddressBits: UInt32 = 32

  package init() {}

  package static func detect() -> ProcessorFeatures {
    var features = ProcessorFeatures()
    let highest = cpuid(0, 0).eax
    let basic = cpuid(1, 0)
    features.hasGlobalPages = basic.edx & (1 << 13) != 0
    features.hasLocalController = basic.edx & (1 << 9) != 0
    features.hasExtendedState = basic.edx & (1 << 24) != 0
    // The Pentium Pro reports SEP without having it (Intel SDM Vol. 2, SYSENTER).
    let family = (basic.eax >> 8) & 15
    let model = (basic.eax >> 4) & 15
    let stepping = basic.eax & 15
    features.hasSystemEnter = basic.edx & (1 << 11) != 0 && !(family == 6 && model < 3 && stepping < 3)
    if highest >= 7 {
      let structured = cpuid(7, 0)
      features.hasSupervisorExecutionPrevention = structured.ebx & (1 << 7) != 0
      features.hasSupervisorAccessPrevention = structured.ebx & (1 << 20) != 0
    }
    let highestExtended = cpuid(0x8000_0000, 0).eax
    if highestExtended >= 0x8000_0001 {
      features.hasNoExecute = cpuid(0x8000_0001, 0).edx & (1 << 20) != 0
    }
    if highestExtended >= 0x8000_0008 {
      features.physicalAddressBits = cpuid(0x8000_0008, 0).eax & 0xff
    } else if basic.edx & (1 << 17) != 0 {
      // PSE-36. A processor with PAE alone may have 32 bits, and the others are reserved in its page tables then.
      features.physicalAddressBits = 36
    }
    return features
  }
}

/// Bits of CR0 and CR4.
package enum ControlBits {
  package static var monitorCoprocessor: UInt32 { 1 << 1 }
  package static var emulation: UInt32 { 1 << 2 }
  package static var taskSwitched: UInt32 { 1 << 3 }
  package static var numericError: UInt32 { 1 << 5 }
  package static var writeProtect: UInt32 { 1 << 16 }
  package static var globalPages: UInt32 { 1 << 7 }
  package static var extendedState: UInt32 { 1 << 9 }
  package static var simdExceptions: UInt32 { 1 << 10 }
  package static var supervisorExecutionPrevention: UInt32 { 1 << 20 }
  package static var supervisorAccessPrevention: UInt32 { 1 << 21 }
}

extension ProcessorFeatures {
  /// Turns on what Megha uses. SMEP and SMAP are turned on and off by the scheduler.
  package func enable() {
    var control = read_cr4()
    if hasGlobalPages { control |= ControlBits.globalPages }
    if hasExtendedState { control |= ControlBits.extendedState | ControlBits.simdExceptions }
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
