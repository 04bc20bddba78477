// Recognizes the instructions that a program in Ring 3 trips over: privileged ones, port accesses, software
// interrupts, loads of segment registers. Enough of the opcode map (Intel SDM Vol. 2, appendix A) to name them.
//
// Invariant: at most 15 bytes are looked at, the longest an instruction can be.

import Primitives

/// An instruction that protection rules apply to.
public struct SensitiveInstruction: Equatable, Sendable {
  /// Who may execute it.
  public enum Rule: Equatable, Sendable {
    /// Ring 0 only.
    case privileged
    /// Ring 0, or a task to which the port was given.
    case port
    /// `int`: where the gate is open to the caller's ring.
    case softwareInterrupt(vector: UInt8)
    /// Anyone, with a selector that the ring may use.
    case segmentLoad
  }

  public let rule: Rule
  private let nameCode: Name

  /// The mnemonic, for example "cli".
  public var name: StaticString { nameCode.text }

  /// The instruction that starts at `address`, or nil where it is another one or cannot be read.
  public init?(at address: UInt32, in surroundings: some FaultContext) {
    var bytes = InstructionBytes(at: address, in: surroundings)
    var opcode = bytes.next()
    while let prefix = opcode, Self.isPrefix(prefix) { opcode = bytes.next() }
    guard let opcode, let found = Self.decode(opcode, &bytes) else { return nil }
    (nameCode, rule) = found
  }

  /// Operand and address size, segment overrides, lock and repeat prefixes.
  private static func isPrefix(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3: true
    default: false
    }
  }

  private static func decode(
    _ opcode: UInt8, _ bytes: inout InstructionBytes<some FaultContext>
  ) -> (Name, Rule)? {
    switch opcode {
    case 0xfa: return (.cli, .privileged)
    case 0xfb: return (.sti, .privileged)
    case 0xf4: return (.hlt, .privileged)
    case 0xcf: return (.iret, .segmentLoad)
    case 0xe4, 0xe5, 0xec, 0xed: return (.in, .port)
    case 0xe6, 0xe7, 0xee, 0xef: return (.out, .port)
    case 0x6c, 0x6d: return (.ins, .port)
    case 0x6e, 0x6f: return (.outs, .port)
    case 0xcc: return (.int3, .softwareInterrupt(vector: 3))
    case 0xcd:
      guard let vector = bytes.next() else { return nil }
      return (.int, .softwareInterrupt(vector: vector))
    case 0x8e: return (.movSegment, .segmentLoad)
    case 0x07, 0x17, 0x1f: return (.popSegment, .segmentLoad)
    case 0x9a: return (.farCall, .segmentLoad)
    case 0xea: return (.farJump, .segmentLoad)
    case 0xca, 0xcb: return (.farReturn, .segmentLoad)
    case 0x0f: return decodeTwoByte(&bytes)
    default: return nil
    }
  }

  private static func decodeTwoByte(
    _ bytes: inout InstructionBytes<some FaultContext>
  ) -> (Name, Rule)? {
    guard let opcode = bytes.next() else { return nil }
    switch opcode {
    case 0x00: return decodeGroup6(bytes.next())
    case 0x01: return decodeGroup7(bytes.next())
    case 0x06: return (.clts, .privileged)
    case 0x08: return (.invd, .privileged)
    case 0x09: return (.wbinvd, .privileged)
    case 0x20, 0x22: return (.movControl, .privileged)
    case 0x21, 0x23: return (.movDebug, .privileged)
    case 0x30: return (.wrmsr, .privileged)
    case 0x31: return (.rdtsc, .privileged)
    case 0x32: return (.rdmsr, .privileged)
    case 0x33: return (.rdpmc, .privileged)
    case 0x35: return (.sysexit, .privileged)
    case 0xa1, 0xa9: return (.popSegment, .segmentLoad)
    case 0xb2, 0xb4, 0xb5: return (.loadFarPointer, .segmentLoad)
    default: return nil
    }
  }

  /// Group 6 (0F 00): the operation is in bits 3 to 5 of the ModR/M byte.
  private static func decodeGroup6(_ operand: UInt8?) -> (Name, Rule)? {
    guard let operand else { return nil }
    switch operand >> 3 & 7 {
    case 2: return (.lldt, .privileged)
    case 3: return (.ltr, .privileged)
    default: return nil
    }
  }

  /// Group 7 (0F 01): with a register operand some bytes are instructions of their own.
  private static func decodeGroup7(_ operand: UInt8?) -> (Name, Rule)? {
    guard let operand else { return nil }
    switch operand {
    case 0xca: return (.clac, .privileged)
    case 0xcb: return (.stac, .privileged)
    case 0xd1: return (.xsetbv, .privileged)
    default: break
    }
    switch (operand >> 3 & 7, operand >= 0xc0) {
    case (2, false): return (.lgdt, .privileged)
    case (3, false): return (.lidt, .privileged)
    case (6, _): return (.lmsw, .privileged)
    case (7, false): return (.invlpg, .privileged)
    default: return nil
    }
  }

  private enum Name: Sendable {
    case cli, sti, hlt, iret, `in`, out, ins, outs, int3, int, movSegment, popSegment, farCall, farJump
    case farReturn, clts, invd, wbinvd, movControl, movDebug, wrmsr, rdtsc, rdmsr, rdpmc, sysexit
    case loadFarPointer, lldt, ltr, clac, stac, xsetbv, lgdt, lidt, lmsw, invlpg

    var text: StaticString {
      switch self {
      case .cli: "cli"
      case .sti: "sti"
      case .hlt: "hlt"
      case .iret: "iret"
      case .in: "in"
      case .out: "out"
      case .ins: "ins"
      case .outs: "outs"
      case .int3: "int3"
      case .int: "int"
      case .movSegment: "mov to a segment register"
      case .popSegment: "pop of a segment register"
      case .farCall: "far call"
      case .farJump: "far jmp"
      case .farReturn: "far ret"
      case .clts: "clts"
      case .invd: "invd"
      case .wbinvd: "wbinvd"
      case .movControl: "mov with a control register"
      case .movDebug: "mov with a debug register"
      case .wrmsr: "wrmsr"
      case .rdtsc: "rdtsc"
      case .rdmsr: "rdmsr"
      case .rdpmc: "rdpmc"
      case .sysexit: "sysexit"
      case .loadFarPointer: "load of a far pointer"
      case .lldt: "lldt"
      case .ltr: "ltr"
      case .clac: "clac"
      case .stac: "stac"
      case .xsetbv: "xsetbv"
      case .lgdt: "lgdt"
      case .lidt: "lidt"
      case .lmsw: "lmsw"
      case .invlpg: "invlpg"
      }
    }
  }
}

/// The bytes of one instruction. A struct rather than a closure over the surroundings, which would allocate.
private struct InstructionBytes<Surroundings: FaultContext> {
  private let surroundings: Surroundings
  private var position: UInt32
  private var remaining = 15

  init(at address: UInt32, in surroundings: Surroundings) {
    position = address
    self.surroundings = surroundings
  }

  mutating func next() -> UInt8? {
    guard remaining > 0, let byte = surroundings.byte(at: position) else { return nil }
    remaining &-= 1
    position = position &+ 1
    return byte
  }
}
