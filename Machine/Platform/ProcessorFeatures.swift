// What this processor can do, found once at boot, and its control registers.
//
// Flag names are those of the Intel SDM, Vol. 2, CPUID, and Vol. 3, 2.5 (control registers).

import MachineSupport

public struct ProcessorFeatures {
  public var hasNoExecute = false
  public var hasGlobalPages = false
  public var hasSystemEnter = false
  public var hasExtendedState = false
  public var hasLocalController = false
  public var hasSupervisorExecutionPrevention = false
  public var hasSupervisorAccessPrevention = false
  public var hasUserModeInstructionPrevention = false
  public var hasRandomNumbers = false
  /// EDX of CPUID's leaf 1, as programs of other systems are told.
  public var basicFeatures: UInt32 = 0
  /// The width of a physical address in bits.
  public var physicalAddressBits: UInt32 = 32

  public init() {}

  public static func detect() -> ProcessorFeatures {
    var features = ProcessorFeatures()
    let highest = cpuid(0, 0).eax
    let basic = cpuid(1, 0)
    features.basicFeatures = basic.edx
    features.hasGlobalPages = basic.edx & (1 << 13) != 0
    features.hasLocalController = basic.edx & (1 << 9) != 0
    features.hasExtendedState = basic.edx & (1 << 24) != 0
    features.hasRandomNumbers = basic.ecx & (1 << 30) != 0
    // The Pentium Pro reports SEP without having it (Intel SDM Vol. 2, SYSENTER).
    let family = (basic.eax >> 8) & 15
    let model = (basic.eax >> 4) & 15
    let stepping = basic.eax & 15
    features.hasSystemEnter = basic.edx & (1 << 11) != 0 && !(family == 6 && model < 3 && stepping < 3)
    if highest >= 7 {
      let structured = cpuid(7, 0)
      features.hasSupervisorExecutionPrevention = structured.ebx & (1 << 7) != 0
      features.hasSupervisorAccessPrevention = structured.ebx & (1 << 20) != 0
      features.hasUserModeInstructionPrevention = structured.ecx & (1 << 2) != 0
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
public enum ControlBits {
  public static var monitorCoprocessor: UInt32 { 1 << 1 }
  public static var emulation: UInt32 { 1 << 2 }
  public static var taskSwitched: UInt32 { 1 << 3 }
  public static var numericError: UInt32 { 1 << 5 }
  public static var writeProtect: UInt32 { 1 << 16 }
  public static var globalPages: UInt32 { 1 << 7 }
  public static var extendedState: UInt32 { 1 << 9 }
  public static var simdExceptions: UInt32 { 1 << 10 }
  public static var userModeInstructionPrevention: UInt32 { 1 << 11 }
  public static var supervisorExecutionPrevention: UInt32 { 1 << 20 }
  public static var supervisorAccessPrevention: UInt32 { 1 << 21 }
}
