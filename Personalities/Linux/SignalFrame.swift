// What lies on a program's stack while a handler runs: `struct sigframe` and `struct rt_sigframe` (arch/x86/include/asm/sigframe.h) with
// `struct sigcontext_32` (uapi/asm/sigcontext.h), and the x87 and SSE registers behind them.
//
// Invariant: what is taken back from there are registers and a mask; the kernel takes no selectors and only harmless flags of them.

import ABI

enum SignalFrame {
  enum Kind: UInt32 {
    /// For handlers that get the signal alone; and with `siginfo` and `ucontext`.
    case plain = 1
    case withInformation = 2

    /// Bytes of the frame.
    var size: UInt32 { self == .plain ? 732 : 268 }
    /// Where `sigcontext` begins.
    var context: Int { self == .plain ? 8 : 164 }
    /// How far below the stack pointer the frame begins when its handler has returned through the restorer.
    var returnDistance: UInt32 { self == .plain ? 8 : 4 }
  }

  /// Offsets in bytes.
  private static var contextSize: Int { 88 }
  private static var information: UInt32 { 16 }
  private static var userContext: UInt32 { 144 }
  /// The old form of the x87 registers, in front of what FXSAVE writes.
  private static var oldFloat: UInt32 { 112 }
  private static var floatSize: UInt32 { 512 }
  private static var plainExtraMask: Int { 720 }

  /// What a signal's handler is told.
  struct Cause {
    var signal: UInt32
    /// `si_code` and, of an exception, `si_addr`.
    var code: UInt32 = 0
    var address: UInt32 = 0
  }

  /// The handler of `action` goes on with `registers` when it returns.
  ///
  /// - Parameters:
  ///   - place: the highest address that the frame may take.
  ///   - mask: what is held back when it has returned.
  static func enter(
    _ action: SignalAction, _ cause: Cause, _ registers: NoticedRegisters, below place: UInt32, mask: UInt64,
    otherStack: (start: UInt32, size: UInt32)
  ) -> EnterStep {
    let kind: Kind = action.hasInformation ? .withInformation : .plain
    // As `get_sigframe` does: FXSAVE wants a boundary of 64 bytes, and a function finds its stack 4 bytes below one of 16.
    let float = (place &- floatSize) & ~63
    let old = float &- oldFloat
    let start = ((old &- kind.size &+ 4) & ~15) &- 4
    var bytes = [UInt8](repeating: 0, count: Int(float &- start))
    bytes.put(action.hasRestorer ? action.restorer : start &+ kind.size &- 8, at: 0)
    bytes.put(cause.signal, at: 4)
    if kind == .withInformation {
      bytes.put(start &+ information, at: 8)
      bytes.put(start &+ userContext, at: 12)
      for (index, word) in [cause.signal, 0, cause.code, cause.address].enumerated() {
        bytes.put(word, at: Int(information) + index * 4)
      }
      // SS_DISABLE where there is no other stack.
      let stack = [otherStack.start, otherStack.size == 0 ? 2 : 0, otherStack.size]
      for (index, word) in stack.enumerated() { bytes.put(word, at: Int(userContext) + 8 + index * 4) }
      bytes.put(mask, at: kind.context + contextSize)
    } else {
      bytes.put(UInt32(truncatingIfNeeded: mask >> 32), at: plainExtraMask)
    }
    put(registers, float: old, mask: mask, in: &bytes, at: kind.context)
    // popl %eax; movl $119, %eax; int $0x80: for who has no restorer, and a stack that can be executed.
    let code: [UInt8] = kind == .plain ? [0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80] : [0xb8, 173, 0, 0, 0, 0xcd, 0x80, 0]
    for index in code.indices { bytes[Int(kind.size) - 8 + index] = code[index] }

    var entered = registers
    entered.eip = action.handler
    entered.esp = start
    entered.eax = cause.signal
    entered.edx = kind == .withInformation ? start &+ information : 0
    entered.ecx = kind == .withInformation ? start &+ userContext : 0
    // The direction of strings is upward in a function.
    entered.eflags = registers.eflags & ~0x400
    return EnterStep(registers: entered, bytes: bytes, at: start, floatTo: float, floatFrom: 0)
  }

  private static func put(
    _ registers: NoticedRegisters, float: UInt32, mask: UInt64, in bytes: inout [UInt8], at offset: Int
  ) {
    // Selectors as a program finds them on Linux; nobody takes them back.
    let words = [
      0x33, 0, 0x7b, 0x7b, registers.edi, registers.esi, registers.ebp, registers.esp, registers.ebx, registers.edx,
      registers.ecx, registers.eax, registers.vector, registers.error, registers.eip, 0x73, registers.eflags,
      registers.esp, 0x7b, float, UInt32(truncatingIfNeeded: mask), registers.address,
    ]
    for (index, word) in words.enumerated() { bytes.put(word, at: offset + index * 4) }
  }

  /// How many bytes of a frame are needed to go on with what it has.
  static func length(_ kind: Kind) -> UInt32 { kind.size &- 8 }

  /// What the program goes on with after a handler, and what it holds back.
  static func leave(
    _ kind: Kind, _ bytes: [UInt8], _ present: NoticedRegisters
  ) -> (step: EnterStep, mask: UInt64) {
    func word(_ index: Int) -> UInt32 { bytes.littleEndianWord(at: kind.context + index * 4) }
    var registers = present
    registers.edi = word(4)
    registers.esi = word(5)
    registers.ebp = word(6)
    registers.esp = word(7)
    registers.ebx = word(8)
    registers.edx = word(9)
    registers.ecx = word(10)
    registers.eax = word(11)
    registers.eip = word(14)
    registers.eflags = word(16)
    let high = bytes.littleEndianWord(at: kind == .plain ? plainExtraMask : kind.context + contextSize + 4)
    let low = kind == .plain ? word(20) : bytes.littleEndianWord(at: kind.context + contextSize)
    let float = word(19)
    let step = EnterStep(
      registers: registers, bytes: [], at: 0, floatTo: 0, floatFrom: float == 0 ? 0 : float &+ oldFloat)
    return (step, UInt64(high) << 32 | UInt64(low))
  }
}
