// Writes the numbers of a symbol table bit by bit, as `Diagnostics.SymbolBits` reads them.

struct BitWriter {
  /// The last byte is filled up with zeros.
  private(set) var bytes: [UInt8] = []
  /// The number of bits.
  private(set) var count = 0

  mutating func append(_ bit: Bool) {
    if count % 8 == 0 { bytes.append(0) }
    if bit { bytes[count / 8] |= 0x80 >> UInt8(count % 8) }
    count += 1
  }

  mutating func append(_ number: UInt32, low: UInt32) {
    let sum = UInt64(number) + 1 << UInt64(low)
    let length = 64 - sum.leadingZeroBitCount
    for _ in 0..<(length - Int(low) - 1) { append(false) }
    for index in (0..<length).reversed() { append(sum >> UInt64(index) & 1 != 0) }
  }

  mutating func append(signed number: Int32, low: UInt32) {
    let double = UInt32(bitPattern: number) << 1
    append(number < 0 ? ~double : double, low: low)
  }
}
