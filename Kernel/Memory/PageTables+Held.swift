// A page table that stays although nothing is mapped below it, so that pages can come and go there in a few steps and
// without running out of memory.
//
// Invariant: an entry that `put` made is not counted: whoever holds the table clears it before letting go.

import Primitives

/// Where an entry of a held table is: its physical address, below 4 GiB as every table.
@frozen
public struct HeldEntry: Sendable {
  public let address: UInt32
  @inlinable public init(address: UInt32) { self.address = address }
  /// The entry of the next page, which the same table has to have.
  @inlinable public var next: HeldEntry { HeldEntry(address: address &+ 8) }
  @inlinable var position: PhysicalAddress { PhysicalAddress(UInt64(address)) }
}

extension PageTables {
  /// Makes the page table of `address`, of the own half and not mapped, and keeps it until `release`.
  public func hold(tableOf address: VirtualAddress, cache: some TranslationCache) throws(PageTableError) -> HeldEntry {
    // Mapping a page makes the table; the entry goes again, but stays counted.
    try map(address, to: FrameNumber(0), []).flush(cache)
    guard case .entry(let entry, at: let position, table: _) = find(address) else {
      throw .notMapped(page: address)
    }
    memory.write(0, at: position)
    PageChange(page: address.pageStart, scope: .page, previous: entry).flush(cache)
    return HeldEntry(address: UInt32(truncatingIfNeeded: position.value))
  }

  /// The opposite of `hold`.
  public func release(tableOf address: VirtualAddress, cache: some TranslationCache) {
    guard case .entry(let entry, at: _, table: let table) = find(address) else { return }
    PageChange(page: address.pageStart, scope: forgetEntry(of: address.pageStart, table: table), previous: entry)
      .flush(cache)
  }

  /// Maps a page that is not mapped; the processor has no translation of it.
  @inline(__always)
  public func put(_ frame: FrameNumber, _ permissions: PagePermissions, at entry: HeldEntry) {
    memory.write(PageEntry(frame, permissions, noExecute: noExecute).rawValue, at: entry.position)
  }

  /// Unmaps what `put` mapped at `page`.
  @inline(__always)
  public func clear(_ page: VirtualAddress, at entry: HeldEntry) -> PageChange {
    let previous = PageEntry(rawValue: memory.read(entryAt: entry.position))
    memory.write(0, at: entry.position)
    return PageChange(page: page, scope: .page, previous: previous)
  }
}
