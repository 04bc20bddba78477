// Text without String: the kernel prints through this protocol, because Embedded Swift's String brings
// tens of kilobytes of Unicode tables and allocates, and a panic must do neither.
//
// Invariant: nothing here allocates, traps or takes a lock.

/// Somewhere bytes of text can go: a serial port, a console, the log, a buffer in a test.
public protocol TextOutput {
  mutating func write(byte: UInt8)
}

extension TextOutput {
  @inline(never)
  public mutating func write(_ text: StaticString) {
    let count = text.utf8CodeUnitCount
    for index in 0..<count { unsafe write(byte: text.utf8Start[index]) }
  }

  public mutating func write(_ bytes: Span<UInt8>) {
    for index in bytes.indices { write(byte: bytes[index]) }
  }

  /// Writes `value` in base ten, padded on the left with spaces to `width` characters.
  @inline(never)
  public mutating func write(decimal value: UInt64, width: Int = 0) {
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var count = 0
    var high = UInt32(truncatingIfNeeded: value &>> 32)
    var low = UInt32(truncatingIfNeeded: value)
    repeat {
      // Half a word at a time: a division of 64 bits would be a function of its own in every program.
      let middle = (high % 10) &<< 16 | low &>> 16
      let lower = (middle % 10) &<< 16 | low & 0xffff
      digits[count] = UInt8(truncatingIfNeeded: lower % 10) &+ 0x30
      count &+= 1
      high /= 10
      low = (middle / 10) &<< 16 | lower / 10
    } while high | low != 0
    var padding = width &- count
    while padding > 0 {
      write(byte: 0x20)
      padding &-= 1
    }
    while count > 0 {
      count &-= 1
      write(byte: digits[count])
    }
  }

  public mutating func write(decimal value: Int, width: Int = 0) {
    if value < 0 { write(byte: 0x2d) }
    write(decimal: UInt64(value.magnitude), width: width)
  }

  public mutating func write(decimal value: UInt32, width: Int = 0) {
    write(decimal: UInt64(value), width: width)
  }

  /// Writes `0x` and at least `digits` hexadecimal digits of `value`.
  @inline(never)
  public mutating func write(hexadecimal value: UInt64, digits: Int = 8) {
    write("0x")
    let (high, low) = (UInt32(truncatingIfNeeded: value &>> 32), UInt32(truncatingIfNeeded: value))
    var hasBegun = false
    var count = 16
    while count > 0 {
      count &-= 1
      let word = count >= 8 ? high : low
      let digit = (word &>> UInt32((count & 7) &* 4)) & 15
      if digit != 0 || count < digits || count == 0 { hasBegun = true }
      if hasBegun { write(hexadecimalDigit: UInt8(truncatingIfNeeded: digit)) }
    }
  }

  /// Writes the lower four bits of `value` as a digit.
  @inline(__always)
  public mutating func write(hexadecimalDigit value: UInt8) {
    let digit = value & 15
    write(byte: digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
  }

  public mutating func write(hexadecimal value: UInt32, digits: Int = 8) {
    write(hexadecimal: UInt64(value), digits: digits)
  }
}
