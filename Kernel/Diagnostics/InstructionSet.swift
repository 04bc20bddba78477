// Which extension of the instruction set an instruction belongs to, so that a report can say what a processor lacks: enough of the
// opcode map (Intel SDM Vol. 2, appendix A) to tell the sets apart by prefix and opcode.
//
// Invariant: no set is named for an instruction that every processor with the local APIC has.

import Primitives

public enum InstructionSet: Sendable {
  case mmx, sse, sse2, sse3, ssse3, sse4, avx

  var name: StaticString {
    switch self {
    case .mmx: "MMX"
    case .sse: "SSE"
    case .sse2: "SSE2"
    case .sse3: "SSE3"
    case .ssse3: "SSSE3"
    case .sse4: "SSE4"
    case .avx: "AVX"
    }
  }

  /// Whether a processor has it that says this of itself (CPUID leaf 1, ECX and EDX).
  public func isPresent(ecx: UInt32, edx: UInt32) -> Bool {
    switch self {
    case .mmx: edx & 1 << 23 != 0
    case .sse: edx & 1 << 25 != 0
    case .sse2: edx & 1 << 26 != 0
    case .sse3: ecx & 1 << 0 != 0
    case .ssse3: ecx & 1 << 9 != 0
    // SSE4.1 and SSE4.2, which share their opcodes' pages.
    case .sse4: ecx & 3 << 19 == 3 << 19
    // The processor has it only for systems that switch it on (OSXSAVE).
    case .avx: ecx & 3 << 27 == 3 << 27
    }
  }

  /// The set of the instruction that starts at `address`, or nil where it is in none of them or cannot be read.
  public init?(at address: UInt32, in surroundings: some FaultContext) {
    var position = address
    // The last of these prefixes selects the instruction; 0: none.
    var prefix: UInt8 = 0
    while let byte = surroundings.byte(at: position), position &- address < 14 {
      switch byte {
      case 0x66 where prefix == 0: prefix = byte
      case 0xf2, 0xf3: prefix = byte
      case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67: break
      case 0xc4, 0xc5:
        // With a register operand; with memory they are LES and LDS.
        guard let operand = surroundings.byte(at: position &+ 1), operand >= 0xc0 else { return nil }
        self = .avx
        return
      case 0x0f:
        guard let opcode = surroundings.byte(at: position &+ 1),
          let set = Self.set(prefix, opcode, surroundings.byte(at: position &+ 2))
        else { return nil }
        self = set
        return
      default: return nil
      }
      position &+= 1
    }
    return nil
  }

  /// Of the opcode behind 0F. `next` is the byte behind it: ModR/M, or the opcode in a further page.
  private static func set(_ prefix: UInt8, _ opcode: UInt8, _ next: UInt8?) -> InstructionSet? {
    let isScalarOrPacked = prefix == 0 || prefix == 0xf3
    switch opcode {
    case 0x12, 0x16: return prefix == 0xf3 || (prefix == 0xf2 && opcode == 0x12) ? .sse3 : prefix == 0 ? .sse : .sse2
    case 0x5a, 0x5b, 0x6c, 0x6d, 0xc3, 0xd6, 0xe6: return .sse2
    case 0x10...0x17, 0x28...0x2f, 0x50...0x5f, 0xc2, 0xc6: return isScalarOrPacked ? .sse : .sse2
    case 0x7c, 0x7d, 0xd0: return .sse3
    case 0xf0: return prefix == 0xf2 ? .sse3 : nil
    case 0x70, 0xc4, 0xc5, 0xd7, 0xda, 0xde, 0xe0, 0xe3, 0xe4, 0xe7, 0xea, 0xee, 0xf6, 0xf7:
      return prefix == 0 ? .sse : .sse2
    case 0xd4, 0xf4, 0xfb: return .sse2
    case 0x60...0x77, 0x7e, 0x7f, 0xd1...0xfe: return prefix == 0 ? .mmx : .sse2
    case 0xae:
      switch next.map({ $0 >> 3 & 7 }) {
      case 2, 3: return .sse
      case 5, 6: return .sse2
      case 7: return .sse
      default: return nil
      }
    case 0x38:
      guard let next else { return nil }
      return next <= 0x0b || (0x1c...0x1e).contains(next) ? .ssse3 : .sse4
    case 0x3a: return next == 0x0f ? .ssse3 : .sse4
    default: return nil
    }
  }
}
