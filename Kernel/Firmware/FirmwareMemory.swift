// How the readers of the firmware's tables see physical memory: byte by byte. The kernel maps one page after the other,
// a test gives an array.
//
// Invariant: nothing that a table says is followed without being asked for here, and every answer may be nil.

import Primitives

/// Physical memory as far as it can be read.
public protocol FirmwareMemory {
  /// The byte at `address`, or nil where nothing can be read.
  mutating func byte(at address: UInt64) -> UInt8?
}

extension FirmwareMemory {
  /// A little-endian number of `count` bytes, at most 8; nil where one of them cannot be read.
  @inline(never)
  mutating func number(at address: UInt64, bytes count: UInt64) -> UInt64? {
    var value: UInt64 = 0
    for index in 0..<count {
      let (place, wraps) = address.addingReportingOverflow(index)
      guard !wraps, let byte = byte(at: place) else { return nil }
      value |= UInt64(byte) &<< (index &* 8)
    }
    return value
  }

  /// The sum of `count` bytes, which is 0 for a table that is whole (ACPI 6.4, 5.2.3); nil where one cannot be read.
  @inline(never)
  mutating func sum(from address: UInt64, bytes count: UInt64) -> UInt8? {
    guard !address.addingReportingOverflow(count).overflow else { return nil }
    var sum: UInt8 = 0
    for index in 0..<count {
      guard let byte = byte(at: address &+ index) else { return nil }
      sum &+= byte
    }
    return sum
  }

  /// Whether the letters of `text` stand at `address`.
  @inline(never)
  mutating func hasText(_ text: StaticString, at address: UInt64) -> Bool {
    for index in 0..<UInt64(text.utf8CodeUnitCount) {
      let letter = unsafe text.utf8Start[Int(truncatingIfNeeded: index)]
      if byte(at: address &+ index) != letter { return false }
    }
    return true
  }
}
