// Ranges of physical memory: in bytes, as firmware and loaders speak of them, and in whole frames, as
// the frame allocator takes them.
//
// Invariant: `start <= end`, so the length of a range never wraps.

import Primitives

/// A half-open range of physical addresses, `start ..< end`, at byte granularity.
public struct PhysicalRange: Equatable, Sendable {
  public let start: PhysicalAddress
  public let end: PhysicalAddress

  /// `length` bytes from `start`, or nil where that passes 2^64.
  public init?(start: PhysicalAddress, length: UInt64) {
    let (end, wraps) = start.value.addingReportingOverflow(length)
    if wraps { return nil }
    self.init(start.value, end)
  }

  /// The bytes `start ..< end`; none where `end` lies before `start`.
  init(_ start: UInt64, _ end: UInt64) {
    self.start = PhysicalAddress(start)
    self.end = PhysicalAddress(max(start, end))
  }

  static var empty: PhysicalRange { PhysicalRange(0, 0) }

  /// The length in bytes.
  public var length: UInt64 { end.value &- start.value }
  public var isEmpty: Bool { start == end }

  /// The part from `address` on.
  public func above(_ address: PhysicalAddress) -> PhysicalRange {
    PhysicalRange(max(start.value, address.value), max(end.value, address.value))
  }

  func overlap(with other: PhysicalRange) -> PhysicalRange {
    PhysicalRange(max(start.value, other.start.value), min(end.value, other.end.value))
  }

  /// The whole pages inside this range.
  var shrunkToPages: PhysicalRange {
    PhysicalRange(start.roundedUpToPage.value, end.roundedDownToPage.value)
  }

  /// The pages that this range touches.
  var grownToPages: PhysicalRange {
    PhysicalRange(start.roundedDownToPage.value, end.roundedUpToPage.value)
  }
}

extension PhysicalAddress {
  var roundedDownToPage: PhysicalAddress { PhysicalAddress(value & ~(UInt64(pageSize) &- 1)) }

  /// The next page boundary; for the last page below 2^64, which has none, the start of that page.
  var roundedUpToPage: PhysicalAddress {
    let (moved, wraps) = value.addingReportingOverflow(UInt64(pageSize) &- 1)
    return PhysicalAddress(wraps ? value : moved).roundedDownToPage
  }
}

/// A run of frames that the kernel may hand out.
public struct UsableRange: Equatable, Sendable {
  public let first: FrameNumber
  /// The number of frames.
  public let count: UInt32

  public init(first: FrameNumber, count: UInt32) {
    self.first = first
    self.count = count
  }
}
