// The shape of an instruction: where its opcode, its operands' registers, its displacement and its immediate number lie.
// Mutations change one of them and leave the rest (Intel SDM Vol. 2, chapter 2 and appendix A; 32-bit code).
//
// Invariant: no byte outside of what was given is read, whatever the bytes are.

/// One decoded instruction. Offsets count from its first byte.
struct Instruction: Equatable {
  /// The longest that the processor takes.
  static var longest: Int { 15 }

  /// Where the opcode begins, after the prefixes.
  private(set) var opcodeOffset = 0
  /// The opcode's byte; of two bytes 0x0f00 and the second; of three 0x0f00 and the escape, 0x38 or 0x3a.
  private(set) var opcode = 0
  /// The byte that names registers and the way of addressing; nil where the instruction has none.
  private(set) var operandsOffset: Int?
  private(set) var displacementOffset = 0
  /// 0, 1, 2 or 4 bytes.
  private(set) var displacementSize = 0
  private(set) var immediateOffset = 0
  /// 0 to 6 bytes. The distance of a jump or call counts as its immediate.
  private(set) var immediateSize = 0
  private(set) var length = 0

  /// Decodes the instruction at `start`; nil where there is none, or the code ends inside of it.
  init?(_ code: [UInt8], at start: Int) {
    var reader = Reader(code: code, start: start, position: start)
    var hasShortOperands = false
    var hasShortAddresses = false
    guard var byte = reader.next() else { return nil }
    while Self.isPrefix(byte) {
      if byte == 0x66 { hasShortOperands = true }
      if byte == 0x67 { hasShortAddresses = true }
      guard let following = reader.next() else { return nil }
      byte = following
    }
    opcodeOffset = reader.offset - 1
    opcode = Int(byte)
    if byte == 0x0f {
      guard let second = reader.next() else { return nil }
      opcode = 0x0f00 | Int(second)
      if second == 0x38 || second == 0x3a, reader.next() == nil { return nil }
    }
    guard let form = OpcodeForm(opcode) else { return nil }
    var selector = 0
    if form.hasOperands {
      operandsOffset = reader.offset
      guard let operands = reader.next() else { return nil }
      selector = Int(operands) &>> 3 & 7
      if operands < 0xc0 {
        guard let size = Self.displacement(operands, hasShortAddresses, &reader) else { return nil }
        displacementOffset = reader.offset
        displacementSize = size
        guard reader.skip(size) else { return nil }
      }
    }
    immediateOffset = reader.offset
    immediateSize = form.immediateSize(selector: selector, hasShortOperands, hasShortAddresses)
    guard reader.skip(immediateSize) else { return nil }
    length = reader.offset
    guard length <= Self.longest else { return nil }
  }

  /// Whether it is a jump that depends on a condition.
  var isConditionalJump: Bool { 0x70...0x7f ~= opcode || 0x0f80...0x0f8f ~= opcode }

  private static func isPrefix(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x26, 0x2e, 0x36, 0x3e, 0x64...0x67, 0xf0, 0xf2, 0xf3: true
    default: false
    }
  }

  /// How many bytes of displacement follow these operands; reads the byte for scale, index and base where there is one
  /// (table 2-1 and 2-2).
  private static func displacement(_ operands: UInt8, _ hasShortAddresses: Bool, _ reader: inout Reader) -> Int? {
    let mode = operands &>> 6
    let register = operands & 7
    if hasShortAddresses { return mode == 0 ? (register == 6 ? 2 : 0) : Int(mode) }
    var base = register
    if register == 4 {
      guard let scaled = reader.next() else { return nil }
      base = scaled & 7
    }
    switch mode {
    case 0: return base == 5 ? 4 : 0
    case 1: return 1
    default: return 4
    }
  }

  private struct Reader {
    let code: [UInt8]
    let start: Int
    var position: Int
    var offset: Int { position - start }

    mutating func next() -> UInt8? {
      guard position < code.count else { return nil }
      position += 1
      return code[position - 1]
    }

    mutating func skip(_ count: Int) -> Bool {
      position += count
      return position <= code.count
    }
  }
}

/// What follows an opcode (appendix A, tables ).
private struct OpcodeForm {
  enum Immediate {
    case none, byte, word
    /// Four bytes, or two with an operand-size prefix.
    case full
    /// A byte or a full one, where the operands' middle field is 0 or 1.
    case byteOfGroup, fullOfGroup
    /// An address: four bytes, or two with an address-size prefix.
    case address
    /// An address with a selector.
    case far
    case wordAndByte
  }

  let hasOperands: Bool
  let immediate: Immediate

  private init(_ hasOperands: Bool, _ immediate: Immediate) {
    self.hasOperands = hasOperands
    self.immediate = immediate
  }

  /// Nil where no processor of this kind has such an instruction.
  init?(_ opcode: Int) {
    if opcode >= 0x0f00 {
      guard let form = Self.second(opcode & 0xff) else { return nil }
      self = form
    } else {
      self = Self.first(opcode)
    }
  }

  private static func first(_ opcode: Int) -> OpcodeForm {
    switch opcode {
    case 0x00...0x3f:
      switch opcode & 7 {
      case 0...3: .init(true, .none)
      case 4: .init(false, .byte)
      case 5: .init(false, .full)
      default: .init(false, .none)
      }
    case 0x62, 0x63, 0x84...0x8f, 0xc4, 0xc5, 0xd0...0xd3, 0xd8...0xdf, 0xfe, 0xff: .init(true, .none)
    case 0x68, 0xa9, 0xb8...0xbf, 0xe8, 0xe9: .init(false, .full)
    case 0x69, 0x81, 0xc7: .init(true, .full)
    case 0x6a, 0x70...0x7f, 0xa8, 0xb0...0xb7, 0xcd, 0xd4, 0xd5, 0xe0...0xe7, 0xeb: .init(false, .byte)
    case 0x6b, 0x80, 0x82, 0x83, 0xc0, 0xc1, 0xc6: .init(true, .byte)
    case 0x9a, 0xea: .init(false, .far)
    case 0xa0...0xa3: .init(false, .address)
    case 0xc2, 0xca: .init(false, .word)
    case 0xc8: .init(false, .wordAndByte)
    case 0xf6: .init(true, .byteOfGroup)
    case 0xf7: .init(true, .fullOfGroup)
    default: .init(false, .none)
    }
  }

  private static func second(_ opcode: Int) -> OpcodeForm? {
    switch opcode {
    case 0x04, 0x0a, 0x0c, 0x0e, 0x0f, 0x24...0x27, 0x36, 0x39, 0x3b...0x3f, 0x7a, 0x7b, 0xa6, 0xa7: nil
    case 0x05...0x09, 0x0b, 0x30...0x35, 0x37, 0x77, 0xa0...0xa2, 0xa8...0xaa, 0xc8...0xcf: .init(false, .none)
    case 0x80...0x8f: .init(false, .full)
    case 0x3a, 0x70...0x73, 0xa4, 0xac, 0xba, 0xc2, 0xc4...0xc6: .init(true, .byte)
    default: .init(true, .none)
    }
  }

  func immediateSize(selector: Int, _ hasShortOperands: Bool, _ hasShortAddresses: Bool) -> Int {
    let full = hasShortOperands ? 2 : 4
    return switch immediate {
    case .none: 0
    case .byte: 1
    case .word: 2
    case .full: full
    case .byteOfGroup: selector < 2 ? 1 : 0
    case .fullOfGroup: selector < 2 ? full : 0
    case .address: hasShortAddresses ? 2 : 4
    case .far: full + 2
    case .wordAndByte: 3
    }
  }
}

/// Where instructions begin, one after the other from the start of `code`. Bytes that are none are passed over.
func instructionStarts(of code: [UInt8], from start: Int, to end: Int) -> [Int] {
  var starts: [Int] = []
  var position = start
  while position < end {
    guard let instruction = Instruction(code, at: position), position + instruction.length <= end else {
      position += 1
      continue
    }
    starts.append(position)
    position += instruction.length
  }
  return starts
}
