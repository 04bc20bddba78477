// Text as programs see it: bytes somewhere in memory that outlives the value. Swift's String would bring tens of
// kilobytes of Unicode tables into every program.

import Primitives

/// Bytes that live at least as long as the process or as their owner says: arguments, literals, arrays held elsewhere.
@safe
public struct Bytes {
  let start: UnsafePointer<UInt8>
  public let count: Int

  /// The caller promises that the bytes stay where they are, unchanged, while this value is used.
  @unsafe
  public init(start: UnsafePointer<UInt8>, count: Int) {
    unsafe self.start = unsafe start
    self.count = count
  }

  /// The bytes up to a zero that is not one of them.
  @unsafe
  public init(terminatedAt address: UInt32) {
    unsafe self.start = unsafe UnsafePointer(bitPattern: UInt(address))!
    var count = 0
    while unsafe start[count] != 0 { count += 1 }
    self.count = count
  }

  public init(_ text: StaticString) {
    unsafe self.start = unsafe text.utf8Start
    count = text.utf8CodeUnitCount
  }

  public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count)
    return unsafe start[index]
  }

  /// The address of the first byte, for a system call.
  public var address: UnsafePointer<UInt8> { unsafe start }

  /// The bytes in memory of their own.
  public var copied: [UInt8] {
    var copy: [UInt8] = []
    copy.reserveCapacity(count)
    for index in 0..<count { copy.append(self[index]) }
    return copy
  }

  public static func == (left: Bytes, right: StaticString) -> Bool { left == Bytes(right) }

  public static func == (left: Bytes, right: Bytes) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count {
      guard unsafe left.start[index] == right.start[index] else { return false }
    }
    return true
  }

  public func hasPrefix(_ prefix: StaticString) -> Bool {
    guard count >= prefix.utf8CodeUnitCount else { return false }
    return unsafe Bytes(start: start, count: prefix.utf8CodeUnitCount) == prefix
  }

  public func hasSuffix(_ suffix: StaticString) -> Bool {
    guard count >= suffix.utf8CodeUnitCount else { return false }
    return dropFirst(count - suffix.utf8CodeUnitCount) == suffix
  }

  /// Whether this is a path, which has a slash in it, and not a plain name.
  public var isPath: Bool {
    for index in 0..<count where self[index] == 0x2f { return true }
    return false
  }

  /// The bytes from `index` on; `index` is at most `count`.
  public func dropFirst(_ index: Int) -> Bytes {
    precondition(index >= 0 && index <= count)
    return unsafe Bytes(start: start + index, count: count - index)
  }

  /// The number that the bytes spell, in base ten or, after `0x`, in base sixteen. Nil where they are anything else
  /// or the number does not fit.
  public var number: UInt32? {
    let isHexadecimal = hasPrefix("0x") || hasPrefix("0X")
    let digits = isHexadecimal ? dropFirst(2) : self
    guard digits.count > 0 else { return nil }
    var value: UInt32 = 0
    for index in 0..<digits.count {
      guard let digit = Self.digit(digits[index]), digit < (isHexadecimal ? 16 : 10) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: isHexadecimal ? 16 : 10)
      let (sum, carry) = product.addingReportingOverflow(digit)
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte) &- 0x30
    case 0x41...0x46: UInt32(byte) &- 0x37
    case 0x61...0x66: UInt32(byte) &- 0x57
    default: nil
    }
  }
}

extension [UInt8] {
  /// Calls `body` with the bytes, which are there until it returns.
  public func withBytes<Result, Failure: Error>(_ body: (Bytes) throws(Failure) -> Result) throws(Failure) -> Result {
    try unsafe withUnsafeBufferPointer { buffer throws(Failure) in
      guard let first = buffer.baseAddress else { return try body(Bytes("")) }
      return try body(unsafe Bytes(start: first, count: buffer.count))
    }
  }
}

extension TextOutput {
  public mutating func write(_ bytes: Bytes) {
    for index in 0..<bytes.count { write(byte: bytes[index]) }
  }

  public mutating func write(_ bytes: [UInt8]) {
    for byte in bytes { write(byte: byte) }
  }

  /// Writes `bytes` and spaces after them up to `width` columns.
  public mutating func write(_ bytes: Bytes, width: Int) {
    write(bytes)
    pad(width - bytes.count)
  }

  /// Writes `text` and spaces after it up to `width` columns.
  public mutating func write(_ text: StaticString, width: Int) {
    write(Bytes(text), width: width)
  }

  public mutating func pad(_ count: Int) {
    var left = count
    while left > 0 {
      write(byte: 0x20)
      left -= 1
    }
  }
}
