// Machine code, instruction by instruction (Intel SDM Vol. 2). Only what generated programs are made of.

/// A register by its number in an instruction.
enum Register: UInt8 {
  case eax, ecx, edx, ebx, esp, ebp, esi, edi
}

/// The eight operations that have instructions of one form, by their number in it.
enum Operation: UInt8 {
  case add, or, addWithCarry, subtractWithBorrow, and, subtract, exclusiveOr, compare
}

struct CodeWriter {
  private(set) var code: [UInt8] = []
  /// The address at which the first byte will lie.
  let origin: UInt32

  init(origin: UInt32) { self.origin = origin }

  /// The address of what is written next.
  var address: UInt32 { origin + UInt32(code.count) }

  mutating func bytes(_ bytes: UInt8...) { code.append(contentsOf: bytes) }

  mutating func word(_ word: UInt32) {
    for shift: UInt32 in [0, 8, 16, 24] { code.append(UInt8(truncatingIfNeeded: word &>> shift)) }
  }

  mutating func set(_ register: Register, _ value: UInt32) {
    bytes(0xb8 + register.rawValue)
    word(value)
  }

  mutating func move(_ target: Register, _ source: Register) { bytes(0x89, pair(target, source)) }

  mutating func apply(_ operation: Operation, _ target: Register, _ source: Register) {
    bytes(operation.rawValue &<< 3 | 1, pair(target, source))
  }

  mutating func apply(_ operation: Operation, _ target: Register, number: UInt32) {
    if number < 0x80 {
      bytes(0x83, 0xc0 | operation.rawValue &<< 3 | target.rawValue, UInt8(number))
    } else {
      bytes(0x81, 0xc0 | operation.rawValue &<< 3 | target.rawValue)
      word(number)
    }
  }

  mutating func load(_ register: Register, from address: UInt32) {
    bytes(0x8b, register.rawValue &<< 3 | 5)
    word(address)
  }

  mutating func store(_ register: Register, to address: UInt32) {
    bytes(0x89, register.rawValue &<< 3 | 5)
    word(address)
  }

  /// `target` from the table of words at `address`, by the number in `index`.
  mutating func load(_ target: Register, fromTable address: UInt32, _ index: Register) {
    bytes(0x8b, target.rawValue &<< 3 | 4, 0x85 | index.rawValue &<< 3)
    word(address)
  }

  mutating func store(_ source: Register, toTable address: UInt32, _ index: Register) {
    bytes(0x89, source.rawValue &<< 3 | 4, 0x85 | index.rawValue &<< 3)
    word(address)
  }

  /// A word of the frame, `distance` bytes below EBP.
  mutating func load(_ register: Register, fromFrame distance: UInt8) {
    bytes(0x8b, 0x45 | register.rawValue &<< 3, 0 &- distance)
  }

  mutating func store(_ register: Register, toFrame distance: UInt8) {
    bytes(0x89, 0x45 | register.rawValue &<< 3, 0 &- distance)
  }

  /// The address of a word of the frame, `distance` bytes below EBP.
  mutating func address(_ register: Register, ofFrame distance: UInt8) {
    bytes(0x8d, 0x45 | register.rawValue &<< 3, 0 &- distance)
  }

  /// Through a pointer: the word `distance` bytes behind it.
  mutating func load(_ target: Register, through pointer: Register, _ distance: UInt8) {
    bytes(0x8b, 0x40 | target.rawValue &<< 3 | pointer.rawValue, distance)
  }

  mutating func store(_ source: Register, through pointer: Register, _ distance: UInt8) {
    bytes(0x89, 0x40 | source.rawValue &<< 3 | pointer.rawValue, distance)
  }

  mutating func multiply(_ target: Register, _ source: Register) { bytes(0x0f, 0xaf, pair(source, target)) }

  mutating func push(_ register: Register) { bytes(0x50 + register.rawValue) }
  mutating func pop(_ register: Register) { bytes(0x58 + register.rawValue) }

  mutating func enterFrame(size: UInt8) {
    push(.ebp)
    move(.ebp, .esp)
    bytes(0x83, 0xec, size)
  }

  /// LEAVE and RET.
  mutating func leaveFrame() { bytes(0xc9, 0xc3) }

  mutating func call(_ target: UInt32) {
    bytes(0xe8)
    word(target &- (address &+ 4))
  }

  mutating func jump(to target: UInt32) {
    bytes(0xe9)
    word(target &- (address &+ 4))
  }

  /// A jump on a condition over what follows, until `land` is called with what this returns.
  mutating func skip(on condition: UInt8, isShort: Bool) -> Int {
    if isShort {
      bytes(0x70 | condition & 15, 0)
    } else {
      bytes(0x0f, 0x80 | condition & 15)
      word(0)
    }
    return code.count
  }

  /// The jump that ends at `place` in the code goes here. A short one is for at most 127 bytes.
  mutating func land(_ place: Int, isShort: Bool) {
    let distance = UInt32(code.count - place)
    for index in 0..<(isShort ? 1 : 4) {
      code[place - (isShort ? 1 : 4) + index] = UInt8(truncatingIfNeeded: distance &>> UInt32(8 * index))
    }
  }

  /// Begins a loop that runs `count` times, with its counter on the stack. Returns what `endLoop` needs.
  mutating func beginLoop(_ count: UInt8) -> UInt32 {
    bytes(0x6a, count)
    return address
  }

  mutating func endLoop(_ start: UInt32) {
    // DEC of the counter; JNZ with a distance of four bytes.
    bytes(0xff, 0x0c, 0x24, 0x0f, 0x85)
    word(start &- (address &+ 4))
    apply(.add, .esp, number: 4)
  }

  private func pair(_ target: Register, _ source: Register) -> UInt8 {
    0xc0 | source.rawValue &<< 3 | target.rawValue
  }
}
