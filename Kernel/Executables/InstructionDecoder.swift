// How long an instruction of 32-bit code is, whether it touches the registers of x87, MMX or SSE, and by how much it moves
// the stack pointer down (Intel SDM Vol. 2, chapter 2 and appendix A). Build and loader go through the code
// of modules with it (CodeMistake.swift).
//
// Invariants: nothing outside of the given bytes is read; no byte sequence traps; an instruction is 1 to 15 bytes long.

/// What the loader needs to know of an instruction.
public struct Instruction: Equatable, Sendable {
  /// The registers that it works with, as far as they are not saved at an entry of the kernel.
  public enum Registers: UInt8, Sendable {
    case general, x87, vector
  }

  public var length: Int
  public var registers: Registers
  /// By how many bytes it moves ESP down, where its operand says so; 0 for a push, and where ESP moves up.
  public var stackStep: UInt32

  public init(length: Int, registers: Registers, stackStep: UInt32) {
    self.length = length
    self.registers = registers
    self.stackStep = stackStep
  }
}

/// What follows an opcode.
private struct Form: OptionSet {
  var rawValue: UInt8
  /// A ModR/M byte, and what that asks for.
  static var operand: Form { Form(rawValue: 1) }
  /// An immediate of one byte; of two; of four, or two with the prefix 66.
  static var byte: Form { Form(rawValue: 2) }
  static var word: Form { Form(rawValue: 4) }
  static var full: Form { Form(rawValue: 8) }
  static var vector: Form { Form(rawValue: 16) }
  static var x87: Form { Form(rawValue: 32) }
  /// An address without ModR/M: of four bytes, or two with the prefix 67.
  static var address: Form { Form(rawValue: 64) }
  /// ModR/M that always names registers.
  static var registerOperand: Form { Form(rawValue: 128) }
}

extension Form {
  /// Of the opcodes of one byte.
  init(oneByte opcode: UInt8) {
    switch opcode {
    case 0x00...0x3f:
      switch opcode & 7 {
      case 0...3: self = .operand
      case 4: self = .byte
      case 5: self = .full
      default: self = []
      }
    case 0x62, 0x63, 0x84...0x8f, 0xc4, 0xc5, 0xd0...0xd3, 0xf6, 0xf7, 0xfe, 0xff: self = .operand
    case 0x68, 0xa9, 0xb8...0xbf, 0xe8, 0xe9: self = .full
    case 0x69, 0x81, 0xc7: self = [.operand, .full]
    case 0x6a, 0x70...0x7f, 0xa8, 0xb0...0xb7, 0xcd, 0xd4, 0xd5, 0xe0...0xe7, 0xeb: self = .byte
    case 0x6b, 0x80, 0x82, 0x83, 0xc0, 0xc1, 0xc6: self = [.operand, .byte]
    case 0x9a, 0xea: self = [.full, .word]
    case 0x9b: self = .x87
    case 0xa0...0xa3: self = .address
    case 0xc2, 0xca: self = .word
    case 0xc8: self = [.word, .byte]
    case 0xd8...0xdf: self = [.operand, .x87]
    default: self = []
    }
  }

  /// Of the opcodes behind 0F.
  init(twoBytes opcode: UInt8) {
    switch opcode {
    case 0x05...0x0c, 0x30...0x3f, 0xa0...0xa2, 0xa8...0xaa, 0xc8...0xcf, 0x04: self = []
    case 0x0e, 0x77: self = .vector
    case 0x0f: self = [.operand, .byte, .vector]
    case 0x20...0x24, 0x26: self = .registerOperand
    case 0x10...0x17, 0x28...0x2f, 0x50...0x6f, 0x74...0x76, 0x7a...0x7f, 0xd0...0xfe: self = [.operand, .vector]
    case 0x70...0x73, 0xc2, 0xc4...0xc6: self = [.operand, .byte, .vector]
    case 0x80...0x8f: self = .full
    case 0xa4, 0xac, 0xba: self = [.operand, .byte]
    default: self = .operand
    }
  }
}

/// Reads instructions out of bytes.
public struct InstructionDecoder: ~Escapable {
  private let code: Span<UInt8>
  private static var longest: Int { 15 }

  @_lifetime(copy code)
  public init(_ code: Span<UInt8>) { self.code = code }

  /// The instruction that begins at `start`; nil where it does not end inside the bytes, or is longer than any may be.
  @inline(__always)
  public func instruction(at start: Int) -> Instruction? {
    guard start >= 0, start < code.count else { return nil }
    if code.count &- start >= Self.longest {
      let length = usualLength(at: start)
      if length != 0 { return Instruction(length: length, registers: .general, stackStep: 0) }
    }
    return anyInstruction(at: start)
  }

  @inline(never)
  private func anyInstruction(at start: Int) -> Instruction? {
    var reader = Reader(code: code.extracting(start..<min(code.count, start &+ Self.longest)))
    return reader.read()
  }

  /// The length of an instruction that is like most: without prefixes, of the general registers, and none that moves ESP by an
  /// operand. 0 for any other. At least 15 bytes are there.
  @inline(__always)
  private func usualLength(at start: Int) -> Int {
    var position = start &+ 1
    let opcode = code[start]
    var form = Self.usualForm(oneByte: opcode)
    if opcode == 0x0f {
      form = Self.usualForm(twoBytes: code[position])
      position &+= 1
    }
    if form < 8 { return form == 0 ? 0 : position &- start &+ Int(form) &- 1 }
    let operand = code[position]
    // LEA of ESP.
    if opcode == 0x8d && operand & 0x38 == 0x20 { return 0 }
    // The bytes from ModR/M on, but for a SIB byte's own displacement; a digit for each register of the mode.
    let lengths: UInt32 =
      switch operand &>> 6 {
      case 0: 0x1152_1111
      case 1: 0x2223_2222
      case 2: 0x5556_5555
      default: 0x1111_1111
      }
    var length = Int(lengths &>> (UInt32(operand & 7) &* 4) & 15)
    if operand & 0xc7 == 4 && code[position &+ 1] & 7 == 5 { length &+= 4 }
    return position &- start &+ length &+ Int(form & 7)
  }

  /// A digit for each opcode, by the rows of the manual's map, read from the right. 1 to 7: the length; from 8 on: with ModR/M,
  /// and how many bytes of immediates; 0: anything else.
  @inline(__always)
  private static func usualForm(oneByte opcode: UInt8) -> UInt8 {
    let row: UInt64 =
      switch opcode &>> 4 {
      case 0x0...0x3: 0x0052_8888_0052_8888
      case 0x4, 0x5: 0x1111_1111_1111_1111
      case 0x6: 0x1111_92c5_0000_0011
      case 0x7: 0x2222_2222_2222_2222
      case 0x8: 0x8888_8888_8888_9009
      case 0x9: 0x1111_0011_1111_1111
      case 0xa: 0x1111_1152_1111_5555
      case 0xb: 0x5555_5555_2222_2222
      case 0xc: 0x1121_1010_c900_1099
      case 0xd: 0x0000_0000_1122_8888
      case 0xe: 0x1111_2055_2222_2222
      default: 0x8811_1111_0011_0010
      }
    return UInt8(truncatingIfNeeded: row &>> UInt64((opcode & 15) &* 4)) & 15
  }

  @inline(__always)
  private static func usualForm(twoBytes opcode: UInt8) -> UInt8 {
    let row: UInt64 =
      switch opcode &>> 4 {
      case 0x1: 0x8888_8888_0000_0000
      case 0x4, 0x9: 0x8888_8888_8888_8888
      case 0x8: 0x5555_5555_5555_5555
      case 0xa: 0x8089_8000_0089_8000
      case 0xb: 0x8888_8900_8888_8888
      case 0xc: 0x1111_1111_0000_0088
      default: 0
      }
    return UInt8(truncatingIfNeeded: row &>> UInt64((opcode & 15) &* 4)) & 15
  }
}

/// The bytes of one instruction while they are read.
private struct Reader: ~Escapable {
  private let code: Span<UInt8>
  private var position = 0
  private var hasShortOperands = false
  private var hasShortAddresses = false
  private var repeatPrefix: UInt8 = 0
  /// The ModR/M byte, once it was read.
  private var operand: UInt8 = 0

  @_lifetime(copy code)
  init(code: Span<UInt8>) { self.code = code }

  private mutating func next() -> UInt8? {
    guard position < code.count else { return nil }
    defer { position &+= 1 }
    return code[position]
  }

  private func peek() -> UInt8? { position < code.count ? code[position] : nil }

  mutating func read() -> Instruction? {
    guard let opcode = readPrefixes() else { return nil }
    if opcode == 0x0f { return readTwoBytes() }
    if opcode == 0x62 || opcode == 0xc4 || opcode == 0xc5, let following = peek(), following >= 0xc0 {
      return readExtended(opcode)
    }
    var form = Form(oneByte: opcode)
    let operandStart = position
    guard readOperand(form) else { return nil }
    // TEST of group 3 is the one of its instructions with an immediate.
    if opcode == 0xf6 && operand & 0x30 == 0 { form.insert(.byte) }
    if opcode == 0xf7 && operand & 0x30 == 0 { form.insert(.full) }
    let step = stackStep(opcode, operandStart)
    return finish(form, stackStep: step)
  }

  /// Returns the first byte that is no prefix.
  private mutating func readPrefixes() -> UInt8? {
    while let byte = next() {
      switch byte {
      case 0x66: hasShortOperands = true
      case 0x67: hasShortAddresses = true
      case 0xf2, 0xf3: repeatPrefix = byte
      case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf0: break
      default: return byte
      }
    }
    return nil
  }

  private mutating func readTwoBytes() -> Instruction? {
    guard let opcode = next() else { return nil }
    if opcode == 0x38 || opcode == 0x3a {
      guard let third = next() else { return nil }
      var form: Form = opcode == 0x3a ? [.operand, .byte] : .operand
      if opcode == 0x3a || !isGeneral(thirdByte: third) { form.insert(.vector) }
      return readOperand(form) ? finish(form) : nil
    }
    var form = Form(twoBytes: opcode)
    guard readOperand(form) else { return nil }
    switch opcode {
    // EXTRQ and INSERTQ of SSE4a, with two bytes; else VMREAD.
    case 0x78 where hasShortOperands || repeatPrefix == 0xf2: form.formUnion([.vector, .word])
    case 0x79 where hasShortOperands || repeatPrefix == 0xf2: form.insert(.vector)
    // FXSAVE, FXRSTOR, LDMXCSR, STMXCSR, XSAVE, XRSTOR, XSAVEOPT; with registers or other prefixes fences and the like.
    case 0xae where operand < 0xc0 && operand & 0x38 < 0x38 && !(hasShortOperands && operand & 0x38 == 0x30):
      form.insert(.vector)
    // XRSTORS, XSAVEC, XSAVES.
    case 0xc7 where operand < 0xc0 && 0x18...0x28 ~= operand & 0x38: form.insert(.vector)
    default: break
    }
    return finish(form)
  }

  /// Of the opcodes behind 0F 38: INVEPT and its like, MOVBE, CRC32, WRSS, ADCX, MOVDIRI, ENQCMD.
  private func isGeneral(thirdByte: UInt8) -> Bool {
    switch thirdByte {
    case 0x80...0x82, 0xf0, 0xf1, 0xf5, 0xf6, 0xf8, 0xf9: true
    default: false
    }
  }

  /// VEX and EVEX: nothing of it is for modules, so all counts as vector.
  private mutating func readExtended(_ first: UInt8) -> Instruction? {
    guard let second = next() else { return nil }
    var map: UInt8 = 1
    if first != 0xc5 {
      map = second & (first == 0x62 ? 7 : 31)
      for _ in 0..<(first == 0x62 ? 2 : 1) where next() == nil { return nil }
    }
    guard let opcode = next() else { return nil }
    var form: Form = [.operand, .vector]
    if map == 1 && opcode == 0x77 { form = .vector }
    if map == 3 || map == 1 && Form(twoBytes: opcode).contains(.byte) { form.insert(.byte) }
    return readOperand(form) ? finish(form) : nil
  }

  /// Reads ModR/M, SIB and displacement.
  private mutating func readOperand(_ form: Form) -> Bool {
    if form.contains(.registerOperand) { return next() != nil }
    guard form.contains(.operand) else { return true }
    guard let byte = next() else { return false }
    operand = byte
    let (mode, register) = (byte &>> 6, byte & 7)
    if mode == 3 { return true }
    if hasShortAddresses {
      return skip(mode == 1 ? 1 : mode == 2 || register == 6 ? 2 : 0)
    }
    var base = register
    if register == 4 {
      guard let index = next() else { return false }
      base = index & 7
    }
    return skip(mode == 1 ? 1 : mode == 2 || base == 5 ? 4 : 0)
  }

  private mutating func skip(_ count: Int) -> Bool {
    position &+= count
    return position <= code.count
  }

  /// SUB and ADD of an immediate and ESP, LEA of ESP and a displacement, ENTER.
  private func stackStep(_ opcode: UInt8, _ start: Int) -> UInt32 {
    switch opcode {
    case 0x81 where operand == 0xec && !hasShortOperands: return word(at: position)
    case 0x81 where operand == 0xc4 && !hasShortOperands: return 0 &- word(at: position)
    case 0x8d where operand == 0xa4 && !hasShortAddresses && code[start &+ 1] == 0x24: return 0 &- word(at: start &+ 2)
    case 0xc8: return word(at: position) & 0xffff
    default: return 0
    }
  }

  /// The bytes behind the end count as 0.
  private func word(at start: Int) -> UInt32 {
    var word: UInt32 = 0
    for index in 0..<4 where start &+ index < code.count {
      word |= UInt32(code[start &+ index]) &<< UInt32(truncatingIfNeeded: index &* 8)
    }
    return word
  }

  /// Skips the immediates.
  private mutating func finish(_ form: Form, stackStep: UInt32 = 0) -> Instruction? {
    var count = 0
    if form.contains(.byte) { count &+= 1 }
    if form.contains(.word) { count &+= 2 }
    if form.contains(.full) { count &+= hasShortOperands ? 2 : 4 }
    if form.contains(.address) { count &+= hasShortAddresses ? 2 : 4 }
    guard skip(count) else { return nil }
    let registers: Instruction.Registers =
      form.contains(.vector) ? .vector : form.contains(.x87) ? .x87 : .general
    // A step of more than half of all addresses is one upwards.
    return Instruction(length: position, registers: registers, stackStep: stackStep > .max / 2 ? 0 : stackStep)
  }
}
