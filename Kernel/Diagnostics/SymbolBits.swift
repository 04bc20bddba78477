// Reads the numbers of a symbol table, which are written bit by bit: small ones, and most are small, take few bits.
//
// A number with `low` low bits (an exponential Golomb code): 2^low is added to it, and the sum is written with its highest
// bit first, after as many zeros as the sum has bits beyond `low` + 1. So 0 with no low bits is `1`, 1 is `010`, 2 is `011`,
// and with two low bits 0 to 3 are `100` to `111`. A signed number is first made one without a sign: 0, -1, 1, -2, 2 become
// 0, 1, 2, 3, 4. The bits of a byte follow each other from the highest to the lowest.
//
// Invariant: no bit outside of `position ..< end` is read, and nothing traps, whatever the bits are.

@safe
struct SymbolBits {
  private let bytes: UnsafeRawBufferPointer
  /// In bits from the start of the table.
  private(set) var position: UInt32
  private let end: UInt32

  /// - Safety: `bytes` must outlive this value.
  @unsafe
  init(bytes: UnsafeRawBufferPointer, from start: UInt32, to end: UInt32) {
    unsafe self.bytes = bytes
    position = start
    let most = min(bytes.count, Int(truncatingIfNeeded: SymbolTableFormat.largestTable))
    self.end = min(end, UInt32(truncatingIfNeeded: most) &* 8)
  }

  mutating func bit() -> Bool? {
    guard position < end else { return nil }
    let byte = unsafe bytes[Int(truncatingIfNeeded: position &>> 3)]
    let bit = byte &>> (7 &- UInt8(truncatingIfNeeded: position & 7)) & 1
    position &+= 1
    return bit != 0
  }

  /// How many zeros come before the next one, which is read too; nil for more than `limit`.
  @inline(never)
  mutating func zeros(atMost limit: UInt32) -> UInt32? {
    var count: UInt32 = 0
    while let isOne = bit() {
      if isOne { return count }
      count &+= 1
      if count > limit { return nil }
    }
    return nil
  }

  @inline(never)
  mutating func number(low: UInt32) -> UInt32? {
    guard let zeros = zeros(atMost: 32 &- low) else { return nil }
    var sum: UInt64 = 1
    for _ in 0..<(zeros &+ low) {
      guard let isOne = bit() else { return nil }
      sum = sum &<< 1 | (isOne ? 1 : 0)
    }
    return UInt32(exactly: sum &- 1 &<< UInt64(low))
  }

  mutating func signedNumber(low: UInt32) -> Int32? {
    guard let number = number(low: low) else { return nil }
    let half = Int32(bitPattern: number &>> 1)
    return number & 1 == 0 ? half : ~half
  }
}
