// One mistake in code: what a flipped bit, a wrong register or a bound that is off by one makes of an instruction.
//
// Invariant: the code keeps its length, and what is changed follows from the code and the random numbers alone.

import SDK

/// What is done to an instruction.
enum MutationKind: UInt8 {
  /// Any bit of any of its bytes.
  case flippedBit
  /// Another register, or another way of addressing.
  case otherOperand
  /// A number, size or address that is one too large or too small, or one word.
  case offByOne
  /// A distance in memory that is off by one or by a word.
  case wrongDistance
  /// Nothing is left of it.
  case removed
  case removedBranch
  case invertedBranch
  /// A branch that goes always.
  case takenBranch

  static var count: UInt32 { 8 }

  var name: StaticString {
    switch self {
    case .flippedBit: "flipped bit"
    case .otherOperand: "other operand"
    case .offByOne: "off by one"
    case .wrongDistance: "wrong distance"
    case .removed: "removed"
    case .removedBranch: "removed branch"
    case .invertedBranch: "inverted branch"
    case .takenBranch: "taken branch"
    }
  }

  /// Whether it can be done to this instruction.
  func applies(to instruction: Instruction) -> Bool {
    switch self {
    case .flippedBit, .removed: true
    case .otherOperand: instruction.operandsOffset != nil
    case .offByOne: instruction.immediateSize == 1 || instruction.immediateSize == 4
    case .wrongDistance: instruction.displacementSize == 1 || instruction.displacementSize == 4
    case .removedBranch, .invertedBranch, .takenBranch: instruction.isConditionalJump
    }
  }
}

struct Mutation: Equatable {
  let kind: MutationKind
  /// Where the instruction begins, and its length.
  let offset: Int
  let length: Int

  private static var noOperation: UInt8 { 0x90 }

  /// Makes a mistake in one of the instructions of `code` that begin at `starts`.
  /// - Returns: what was done; nil where there are none.
  static func apply(to code: inout [UInt8], starts: [Int], random: inout SeededRandom) -> Mutation? {
    guard !starts.isEmpty else { return nil }
    let kind = MutationKind(rawValue: UInt8(random.below(MutationKind.count))) ?? .flippedBit
    let first = Int(random.below(UInt32(starts.count)))
    for step in starts.indices {
      let start = starts[(first + step) % starts.count]
      guard let instruction = Instruction(code, at: start), kind.applies(to: instruction) else { continue }
      kind.change(&code, instruction, at: start, &random)
      return Mutation(kind: kind, offset: start, length: instruction.length)
    }
    // There is no branch, say: then a bit.
    guard let instruction = Instruction(code, at: starts[first]) else { return nil }
    MutationKind.flippedBit.change(&code, instruction, at: starts[first], &random)
    return Mutation(kind: .flippedBit, offset: starts[first], length: instruction.length)
  }

  fileprivate static func clear(_ code: inout [UInt8], _ range: Range<Int>) {
    for index in range { code[index] = noOperation }
  }
}

extension MutationKind {
  fileprivate func change(
    _ code: inout [UInt8], _ instruction: Instruction, at start: Int, _ random: inout SeededRandom
  ) {
    switch self {
    case .flippedBit:
      code[start + Int(random.below(UInt32(instruction.length)))] ^= 1 << UInt8(random.below(8))
    case .otherOperand:
      let place = start + (instruction.operandsOffset ?? 0)
      // One of the two registers, and once in a while the way of addressing.
      let mask: UInt8 = random.oneIn(8) ? 0xc0 : random.oneIn(2) ? 0x38 : 0x07
      var other = code[place]
      while other == code[place] { other = code[place] & ~mask | UInt8(random.below(256)) & mask }
      code[place] = other
    case .offByOne: add(to: &code, at: start + instruction.immediateOffset, instruction.immediateSize, &random)
    case .wrongDistance:
      add(to: &code, at: start + instruction.displacementOffset, instruction.displacementSize, &random)
    case .removed, .removedBranch: Mutation.clear(&code, start..<start + instruction.length)
    case .invertedBranch:
      // The lowest bit of the condition negates it (Vol. 2, appendix B, table B-10).
      code[start + instruction.opcodeOffset + (instruction.opcode > 0xff ? 1 : 0)] ^= 1
    case .takenBranch:
      // JMP: of a byte in place of Jcc; of four bytes after a NOP, for it is a byte shorter.
      let opcode = start + instruction.opcodeOffset
      if instruction.opcode > 0xff {
        code[opcode] = 0x90
        code[opcode + 1] = 0xe9
      } else {
        code[opcode] = 0xeb
      }
    }
  }

  /// Adds or takes away 1 or a word's size, as from a number of `size` bytes.
  private func add(to code: inout [UInt8], at place: Int, _ size: Int, _ random: inout SeededRandom) {
    let step: UInt32 = random.oneIn(3) ? 4 : 1
    var value: UInt32 = 0
    for index in 0..<size { value |= UInt32(code[place + index]) &<< UInt32(8 * index) }
    value = random.oneIn(2) ? value &+ step : value &- step
    for index in 0..<size { code[place + index] = UInt8(truncatingIfNeeded: value &>> UInt32(8 * index)) }
  }
}
