// One entry of a PAE page table or page directory (Intel SDM Vol. 3, 4.4.2, tables 4-9 to 4-11).
//
// Invariant: bits 52 to 62 are never set; the processor reserves them and would fault.

import Primitives

/// What may be done with a page, and what the kernel remembers about it.
@frozen
public struct PagePermissions: OptionSet, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// The page may be written (R/W). Reading is always allowed.
  @inlinable public static var write: PagePermissions { .init(rawValue: 1) }
  /// Instructions may be fetched (XD clear).
  @inlinable public static var execute: PagePermissions { .init(rawValue: 2) }
  /// Ring 3 may use the page (U/S).
  @inlinable public static var user: PagePermissions { .init(rawValue: 4) }
  /// Not cached: for device registers (PCD and PWT).
  @inlinable public static var uncached: PagePermissions { .init(rawValue: 8) }
  /// The translation is the same in every address space and survives a change of CR3 (G).
  @inlinable public static var global: PagePermissions { .init(rawValue: 16) }
  /// Shared until somebody writes; a write fault copies the frame. Kept in a bit that the processor ignores.
  @inlinable public static var copyOnWrite: PagePermissions { .init(rawValue: 32) }
  /// The frame does not come from the frame allocator and is not given back to it: device memory, the
  /// system-call page. Kept in a bit that the processor ignores.
  @inlinable public static var foreign: PagePermissions { .init(rawValue: 64) }
  /// The page is another address space's, lent for a while, and is not lent on. Kept in a bit that the processor ignores.
  @inlinable public static var lent: PagePermissions { .init(rawValue: 128) }
}

/// A 64-bit entry that maps a page, or leads to the next table.
@frozen
public struct PageEntry: Equatable, Sendable {
  public var rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The entry that maps `frame`. `noExecute` is false on a processor without execute-disable, where bit 63 is
  /// reserved and must stay clear.
  @inlinable public init(_ frame: FrameNumber, _ permissions: PagePermissions, noExecute: Bool) {
    var low: UInt32 = 1
    if permissions.contains(.write) { low |= 1 << 1 }
    if permissions.contains(.user) { low |= 1 << 2 }
    if permissions.contains(.uncached) { low |= 3 << 3 }
    if permissions.contains(.global) { low |= 1 << 8 }
    if permissions.contains(.copyOnWrite) { low |= 1 << 9 }
    if permissions.contains(.foreign) { low |= 1 << 10 }
    if permissions.contains(.lent) { low |= 1 << 11 }
    rawValue = UInt64(low) | (UInt64(frame.value) &<< 12)
    if noExecute && !permissions.contains(.execute) { rawValue |= 1 << 63 }
  }

  /// A directory entry that leads to the page table in `frame` and leaves all rights to the table's entries.
  @inlinable static func table(_ frame: FrameNumber, user: Bool) -> PageEntry {
    PageEntry(rawValue: (UInt64(frame.value) &<< 12) | (user ? 7 : 3))
  }

  /// An entry of the page-directory-pointer table: only P may be set in its low bits (SDM table 4-8).
  @inlinable static func directory(_ frame: FrameNumber) -> PageEntry {
    PageEntry(rawValue: (UInt64(frame.value) &<< 12) | 1)
  }

  @inlinable func has(_ bit: UInt64) -> Bool { (rawValue &>> bit) & 1 != 0 }

  /// P
  @inlinable public var isPresent: Bool { has(0) }
  /// R/W
  @inlinable public var isWritable: Bool { has(1) }
  /// U/S
  @inlinable public var isUser: Bool { has(2) }
  /// P, R/W and U/S.
  @inlinable public var isWritableForUser: Bool { rawValue & 7 == 7 }
  /// PWT
  @inlinable public var isWriteThrough: Bool { has(3) }
  /// PCD
  @inlinable public var isCacheDisabled: Bool { has(4) }
  /// A: the processor used the entry.
  @inlinable public var isAccessed: Bool { has(5) }
  /// D: the page was written.
  @inlinable public var isDirty: Bool { has(6) }
  /// PS: a directory entry that maps 2 MiB.
  @inlinable public var isLarge: Bool { has(7) }
  /// G
  @inlinable public var isGlobal: Bool { has(8) }
  @inlinable public var isCopyOnWrite: Bool { has(9) }
  @inlinable public var isForeign: Bool { has(10) }
  @inlinable public var isLent: Bool { has(11) }
  /// XD
  @inlinable public var isNoExecute: Bool { has(63) }

  /// The frame of bits 12 to 43: as far as a frame number reaches, 16 TiB.
  @inlinable public var frame: FrameNumber { FrameNumber(UInt32(truncatingIfNeeded: rawValue &>> 12)) }

  @inlinable public var permissions: PagePermissions {
    var permissions: PagePermissions = []
    if isWritable { permissions.insert(.write) }
    if !isNoExecute { permissions.insert(.execute) }
    if isUser { permissions.insert(.user) }
    if isCacheDisabled { permissions.insert(.uncached) }
    if isGlobal { permissions.insert(.global) }
    if isCopyOnWrite { permissions.insert(.copyOnWrite) }
    if isForeign { permissions.insert(.foreign) }
    if isLent { permissions.insert(.lent) }
    return permissions
  }
}
