// The processor's exceptions, their names and what each means (Intel SDM Vol. 3, 6.15).

import Primitives

/// An exception, by its vector.
public enum ProcessorException: UInt8, CaseIterable, Sendable {
  /// #DE
  case divideError = 0
  /// #DB
  case debug = 1
  /// NMI
  case nonMaskableInterrupt = 2
  /// #BP
  case breakpoint = 3
  /// #OF
  case overflow = 4
  /// #BR
  case boundRange = 5
  /// #UD
  case invalidOpcode = 6
  /// #NM
  case deviceNotAvailable = 7
  /// #DF
  case doubleFault = 8
  case coprocessorSegmentOverrun = 9
  /// #TS
  case invalidTaskState = 10
  /// #NP
  case segmentNotPresent = 11
  /// #SS
  case stackSegment = 12
  /// #GP
  case generalProtection = 13
  /// #PF
  case pageFault = 14
  /// Never raised; Intel reserves it.
  case reserved = 15
  /// #MF
  case floatingPoint = 16
  /// #AC
  case alignmentCheck = 17
  /// #MC
  case machineCheck = 18
  /// #XM
  case vectorFloatingPoint = 19

  public var name: StaticString {
    switch self {
    case .divideError: "division error"
    case .debug: "debug exception"
    case .nonMaskableInterrupt: "non-maskable interrupt"
    case .breakpoint: "breakpoint"
    case .overflow: "overflow trap"
    case .boundRange: "bound range exceeded"
    case .invalidOpcode: "invalid instruction"
    case .deviceNotAvailable: "floating-point unit not available"
    case .doubleFault: "double fault"
    case .coprocessorSegmentOverrun: "coprocessor segment overrun"
    case .invalidTaskState: "invalid task state segment"
    case .segmentNotPresent: "segment not present"
    case .stackSegment: "stack segment fault"
    case .generalProtection: "general protection fault"
    case .pageFault: "page fault"
    case .reserved: "reserved exception 15"
    case .floatingPoint: "x87 floating-point error"
    case .alignmentCheck: "alignment check"
    case .machineCheck: "machine check"
    case .vectorFloatingPoint: "SIMD floating-point error"
    }
  }

  /// One sentence on what makes the processor raise it, without a capital or a full stop.
  public var meaning: StaticString {
    switch self {
    case .divideError: "a number was divided by zero, or the quotient does not fit its register"
    case .debug: "a debug register or the trap flag asked the processor to stop here"
    case .nonMaskableInterrupt: "the machine reported something that cannot wait"
    case .breakpoint: "an int3 instruction was executed and no debugger is attached"
    case .overflow: "an into instruction found the overflow flag set"
    case .boundRange: "a bound instruction found its index outside of the bounds"
    case .invalidOpcode: "the bytes at EIP are no instruction that the processor has"
    case .deviceNotAvailable: "a floating-point or vector instruction ran while that unit was switched off"
    case .doubleFault: "an exception came up while the processor was delivering another one"
    case .coprocessorSegmentOverrun: "an x87 operand passed its segment's limit"
    case .invalidTaskState: "a task switch or a change of ring found a bad task state segment"
    case .segmentNotPresent: "a segment or gate that was used is marked as not present"
    case .stackSegment: "the stack segment is bad, or the stack passed its limit"
    case .generalProtection: "a rule of protection was broken that has no exception of its own"
    case .pageFault: "the page tables do not allow this access"
    case .reserved: "the processor raised an exception that Intel has not defined"
    case .floatingPoint: "an x87 instruction met an exception that is not masked"
    case .alignmentCheck: "an address was not a multiple of its operand's size while the AC flag was set"
    case .machineCheck: "the processor found an error in its own hardware"
    case .vectorFloatingPoint: "an SSE instruction met an exception that MXCSR does not mask"
    }
  }

  /// Whether the error code names a segment selector or a gate (SDM Vol. 3, 6.13).
  public var hasSelectorErrorCode: Bool {
    switch self {
    case .invalidTaskState, .segmentNotPresent, .stackSegment, .generalProtection: true
    default: false
    }
  }
}

/// What a page fault's error code says (SDM Vol. 3, 4.7).
public struct PageFaultCode: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// P: the page was there, but the access was not allowed.
  public static var protection: PageFaultCode { .init(rawValue: 1) }
  /// W/R
  public static var write: PageFaultCode { .init(rawValue: 2) }
  /// U/S: the access came from Ring 3.
  public static var user: PageFaultCode { .init(rawValue: 4) }
  /// RSVD: a paging structure holds bits that must be zero.
  public static var reservedBits: PageFaultCode { .init(rawValue: 8) }
  /// I/D: an instruction was fetched. Told only where no-execute is switched on.
  public static var instructionFetch: PageFaultCode { .init(rawValue: 16) }

  /// What the instruction tried. Without no-execute the processor calls a fetch a read, which the program
  /// counter gives away.
  public func access(at address: UInt32, instruction: UInt32) -> MemoryAccess {
    if contains(.instructionFetch) { return .execute }
    if contains(.write) { return .write }
    return address == instruction ? .execute : .read
  }
}

/// What was done, or tried, with an address.
public enum MemoryAccess: Sendable {
  case read, write, execute

  /// As in "page fault, writing 0x00000000".
  public var participle: StaticString {
    switch self {
    case .read: "reading"
    case .write: "writing"
    case .execute: "executing"
    }
  }
}

/// The error code of an exception about a segment or a gate (SDM Vol. 3, 6.13).
public struct SelectorErrorCode: Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// EXT: an interrupt from outside, or an earlier exception, was being delivered.
  public var isExternal: Bool { rawValue & 1 != 0 }
  /// IDT: the index is a vector.
  public var isGate: Bool { rawValue & 2 != 0 }
  /// TI: the index counts in the local table.
  public var isLocal: Bool { rawValue & 4 != 0 }
  public var index: UInt32 { rawValue >> 3 & 0x1fff }

  /// Writes what the code points at, or nothing where it is zero.
  public func describe(to output: inout some TextOutput) {
    if rawValue & 0xfffe != 0 {
      if isGate {
        output.write("the gate of interrupt ")
        output.write(hexadecimal: index, digits: 2)
      } else {
        output.write("selector ")
        output.write(hexadecimal: rawValue & 0xfffc, digits: 2)
        output.write(", entry ")
        output.write(decimal: index)
        output.write(isLocal ? " of the local descriptor table" : " of the global descriptor table")
      }
      if isExternal { output.write(", ") }
    }
    if isExternal { output.write("met while the processor delivered another event") }
  }
}
