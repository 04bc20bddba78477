// Addresses and frame numbers as distinct types, so that a physical address can never be used as a
// pointer and a frame number never as an address.
//
// Invariant: arithmetic on values that come from outside is done with the reporting operations below;
// a plain `+` on them would trap the kernel.

/// The size of a page and of a frame, in bytes (Intel SDM Vol. 3, 4.4: 4-KByte pages of PAE paging).
public let pageSize: UInt32 = 4096

/// An address in physical memory, up to 52 bits under PAE.
public struct PhysicalAddress: Equatable, Comparable, Hashable, Sendable {
  public var value: UInt64
  @inlinable public init(_ value: UInt64) { self.value = value }
  @inlinable public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
  /// The frame that holds this address.
  @inlinable public var frame: FrameNumber { FrameNumber(UInt32(truncatingIfNeeded: value &>> 12)) }
}

/// A frame (a page of physical memory): its physical address divided by 4,096. 32 bits reach 16 TiB.
public struct FrameNumber: Equatable, Comparable, Hashable, Sendable {
  public var value: UInt32
  @inlinable public init(_ value: UInt32) { self.value = value }
  @inlinable public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
  @inlinable public var address: PhysicalAddress { PhysicalAddress(UInt64(value) &<< 12) }
}

/// An address in some address space. It says nothing of whether anything is mapped there.
public struct VirtualAddress: Equatable, Comparable, Hashable, Sendable {
  public var value: UInt32
  @inlinable public init(_ value: UInt32) { self.value = value }
  @inlinable public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
  @inlinable public var pageStart: VirtualAddress { VirtualAddress(value & ~(pageSize &- 1)) }
  @inlinable public var pageOffset: UInt32 { value & (pageSize &- 1) }
  @inlinable public var isPageAligned: Bool { pageOffset == 0 }
  /// This address moved up by `distance`, or nil where that passes 2^32.
  @inlinable public func advanced(by distance: UInt32) -> VirtualAddress? {
    let (sum, overflow) = value.addingReportingOverflow(distance)
    return overflow ? nil : VirtualAddress(sum)
  }
}

/// A half-open range of virtual addresses, `start ..< end`; `end` is 64 bits wide so that a range may
/// reach the top of the address space.
public struct VirtualRange: Equatable, Sendable {
  public var start: UInt32
  public var length: UInt32
  /// Nil where the range would wrap past 2^32.
  @inlinable public init?(start: UInt32, length: UInt32) {
    guard UInt64(start) &+ UInt64(length) <= 0x1_0000_0000 else { return nil }
    self.start = start
    self.length = length
  }
  @inlinable public var end: UInt64 { UInt64(start) &+ UInt64(length) }
  @inlinable public func contains(_ address: UInt32) -> Bool {
    address >= start && UInt64(address) < end
  }
  @inlinable public func overlaps(_ other: VirtualRange) -> Bool {
    UInt64(start) < other.end && UInt64(other.start) < end
  }
}

/// The number of pages that `bytes` bytes take, without overflow.
@inlinable public func pagesNeeded(_ bytes: UInt32) -> UInt32 {
  (bytes &>> 12) &+ (bytes & 4095 == 0 ? 0 : 1)
}
