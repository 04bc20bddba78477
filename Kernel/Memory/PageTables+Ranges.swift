// Operations on many pages, for parts of address spaces and for their end. They visit the pages that are mapped, and
// pass over what a missing table covers, 2 MiB or 1 GiB, in one step.
//
// Invariant: the processor has forgotten a page before its entry is passed on, so the frame may be given back at once.

import Primitives

extension PageTables {
  /// Removes the mapped pages of `range` (whole pages, no 2-MiB pages) and passes each with its entry to `body`.
  public func unmap(
    _ range: VirtualRange, cache: some TranslationCache,
    _ body: (VirtualAddress, PageEntry) -> Void
  ) throws(PageTableError) {
    try requireNoLargePage(in: range)
    var directoryGone = false
    forEachMapped(in: range) { page, entry, position, table in
      memory.write(0, at: position)
      if forgetEntry(of: page, table: table) == .everything { directoryGone = true }
      cache.invalidate(page: page)
      body(page, entry)
    }
    if directoryGone { cache.reload() }
  }

  /// Gives the mapped pages of `range` (whole pages, no 2-MiB pages) other permissions. `choose` says which, by entry:
  /// a page that is copied on write stays unwritable, for example.
  public func protect(
    _ range: VirtualRange, cache: some TranslationCache,
    _ choose: (PageEntry) -> PagePermissions
  ) throws(PageTableError) {
    try requireNoLargePage(in: range)
    forEachMapped(in: range) { page, entry, position, _ in
      let changed = PageEntry(entry.frame, choose(entry), noExecute: noExecute).rawValue
      // Accessed and dirty stay: the processor set them.
      memory.write(changed | (entry.rawValue & 0x60), at: position)
      cache.invalidate(page: page)
    }
  }

  /// Maps the frames of the mapped pages of `range` into `destination` too, at `start` upward, and holds each with
  /// `retain`, which says whether one more holder can be counted. When it throws, `destination` is as before and `undo` was
  /// called for each frame that had been held.
  public func share(
    _ range: VirtualRange, into destination: PageTables, at start: VirtualAddress,
    _ permissions: PagePermissions, cache: some TranslationCache,
    retain: (FrameNumber) -> Bool, undo: (FrameNumber) -> Void
  ) throws(PageTableError) {
    try requireNoLargePage(in: range)
    var failure: PageTableError?
    var reached: UInt32 = 0
    forEachMapped(in: range) { page, entry, _, _ in
      if failure != nil { return }
      let offset = page.value &- range.start
      let target = VirtualAddress(start.value &+ offset)
      let foreign: PagePermissions = entry.isForeign ? [.foreign] : []
      guard retain(entry.frame) else {
        failure = .tooManyHolders(page: page)
        return
      }
      do throws(PageTableError) {
        try destination.map(target, to: entry.frame, permissions.union(foreign)).flush(cache)
        reached = offset &+ pageSize
      } catch {
        undo(entry.frame)
        failure = error
      }
    }
    guard let failure else { return }
    // Only pages mapped here are removed: the range before the failure held none of the destination's own, or mapping
    // would have failed there.
    forEachMapped(in: range) { page, entry, _, _ in
      let offset = page.value &- range.start
      guard offset < reached else { return }
      let target = VirtualAddress(start.value &+ offset)
      guard case .entry(let old, at: let position, table: let table) = destination.find(target),
        old.isPresent
      else { return }
      destination.memory.write(0, at: position)
      let scope = destination.forgetEntry(of: target, table: table)
      PageChange(page: target, scope: scope, previous: old).flush(cache)
      undo(entry.frame)
    }
    throw failure
  }

  /// Passes every mapped page of `range` with its entry to `body`, upward.
  public func forEachPage(in range: VirtualRange, _ body: (VirtualAddress, PageEntry) -> Void) {
    forEachMapped(in: range) { page, entry, _, _ in body(page, entry) }
  }

  /// How many page directories and page tables the own half has.
  public func countOwnTables() -> UInt32 {
    var count: UInt32 = 0
    for slot in 0..<3 as Range<UInt32> {
      let rootEntry = PageEntry(rawValue: memory.read(entryAt: entryAddress(slot)))
      if rootEntry.isPresent { count &+= 1 &+ countTables(inDirectory: rootEntry.frame) }
    }
    return count
  }

  /// How many page tables the kernel's half has.
  public func countKernelTables() -> UInt32 {
    countTables(inDirectory: PageEntry(rawValue: memory.read(entryAt: entryAddress(3))).frame)
  }

  private func countTables(inDirectory directory: FrameNumber) -> UInt32 {
    var count: UInt32 = 0
    for index in 0..<512 as Range<UInt32> {
      let entry = PageEntry(rawValue: memory.read(entryAt: entryAddress(directory, index)))
      if entry.isPresent && !entry.isLarge { count &+= 1 }
    }
    return count
  }

  /// The number of mapped pages in `range`.
  public func countMapped(in range: VirtualRange) -> UInt32 {
    var count: UInt32 = 0
    forEachMapped(in: range) { _, _, _, _ in count &+= 1 }
    return count
  }

  /// Ends the address space's own half: passes every mapped page to `body` and gives all tables back. No processor
  /// may have the tables loaded. The root stays, with an empty own half.
  public func destroyOwnHalf(_ body: (VirtualAddress, PageEntry) -> Void) {
    for slot in 0..<3 as Range<UInt32> {
      let rootEntry = PageEntry(rawValue: memory.read(entryAt: entryAddress(slot)))
      guard rootEntry.isPresent else { continue }
      forEachEntry(of: rootEntry.frame) { directoryEntry, _, directoryIndex in
        let table = directoryEntry.frame
        forEachEntry(of: table) { entry, position, index in
          let page = VirtualAddress((slot &<< 30) | (directoryIndex &<< 21) | (index &<< 12))
          memory.write(0, at: position)
          _ = forgetEntry(of: page, table: table)
          body(page, entry)
        }
      }
    }
  }

  /// Visits the present entries of a table or directory of the own half, with their positions and indices. `body` may
  /// remove its entry, and with the last one the table. A table counts its entries, so the walk stops at the last one;
  /// programs have their pages at one end of a table or the other, so it goes from both ends to the middle.
  @inline(__always)
  private func forEachEntry(of table: FrameNumber, _ body: (PageEntry, PhysicalAddress, UInt32) -> Void) {
    var left = memory.entries(in: table)
    var step: UInt32 = 0
    while left != 0 && step < 512 {
      let index = step & 1 == 0 ? step &>> 1 : 511 &- step &>> 1
      let position = entryAddress(table, index)
      let entry = PageEntry(rawValue: memory.read(entryAt: position))
      if entry.isPresent {
        left &-= 1
        body(entry, position, index)
      }
      step &+= 1
    }
  }

  // MARK: The kernel half

  /// Makes the page tables that `range` needs, so that mapping its pages later cannot run out of memory.
  /// Only for the kernel half, whose tables stay.
  public func prepareTables(for range: VirtualRange) throws(PageTableError) {
    var page = UInt64(range.start) & ~0x1f_ffff
    while page < range.end {
      let address = VirtualAddress(UInt32(truncatingIfNeeded: page))
      let directory = PageEntry(rawValue: memory.read(entryAt: entryAddress(address.value &>> 30))).frame
      let position = entryAddress(directory, (address.value &>> 21) & 511)
      if memory.read(entryAt: position) & 1 == 0 {
        guard let table = memory.allocateTable() else { throw .outOfMemory(page: address) }
        memory.write(PageEntry.table(table, user: false).rawValue, at: position)
      }
      page &+= 0x20_0000
    }
  }

  /// Maps the 2 MiB at `address` to the 512 frames from `frame`, both multiples of 2 MiB. Only for the kernel half,
  /// whose directory exists.
  public func mapLarge(
    _ address: VirtualAddress, to frame: FrameNumber, _ permissions: PagePermissions
  ) throws(PageTableError) -> PageChange {
    let directory = PageEntry(rawValue: memory.read(entryAt: entryAddress(address.value &>> 30))).frame
    let position = entryAddress(directory, (address.value &>> 21) & 511)
    let old = PageEntry(rawValue: memory.read(entryAt: position))
    if old.isPresent { throw .alreadyMapped(page: address, entry: old) }
    // PS: this entry maps 2 MiB and leads to no table.
    let entry = PageEntry(frame, permissions, noExecute: noExecute).rawValue | (1 << 7)
    memory.write(entry, at: position)
    return PageChange(page: address, scope: .nothing, previous: old)
  }

  // MARK: Walking

  /// Visits the present entries of page tables in `range`, upward. `body` may clear the entry it is given, and by that
  /// free the table.
  @inline(__always)
  private func forEachMapped(
    in range: VirtualRange, _ body: (VirtualAddress, PageEntry, PhysicalAddress, FrameNumber) -> Void
  ) {
    var page = UInt64(range.start) & ~4095
    while page < range.end {
      let address = VirtualAddress(UInt32(truncatingIfNeeded: page))
      let rootEntry = PageEntry(rawValue: memory.read(entryAt: entryAddress(address.value &>> 30)))
      guard rootEntry.isPresent else {
        page = (page | 0x3fff_ffff) &+ 1
        continue
      }
      let next = (page | 0x1f_ffff) &+ 1
      let directoryAddress = entryAddress(rootEntry.frame, (address.value &>> 21) & 511)
      let directoryEntry = PageEntry(rawValue: memory.read(entryAt: directoryAddress))
      if directoryEntry.isPresent && !directoryEntry.isLarge {
        let end = min(next, range.end)
        // The table is gone as soon as its last entry is: then there is nothing more to see in it.
        var index = (address.value &>> 12) & 511
        while page < end {
          let position = entryAddress(directoryEntry.frame, index)
          let entry = PageEntry(rawValue: memory.read(entryAt: position))
          if entry.isPresent {
            let last = page < 0xc000_0000 && memory.entries(in: directoryEntry.frame) == 1
            body(VirtualAddress(UInt32(truncatingIfNeeded: page)), entry, position, directoryEntry.frame)
            if last { break }
          }
          index &+= 1
          page &+= UInt64(pageSize)
        }
      }
      page = next
    }
  }

  private func requireNoLargePage(in range: VirtualRange) throws(PageTableError) {
    // Only the kernel half has them.
    guard range.end > 0xc000_0000 else { return }
    var page = UInt64(range.start)
    while page < range.end {
      let address = VirtualAddress(UInt32(truncatingIfNeeded: page))
      if case .large = find(address) { throw .insideLargePage(page: address.pageStart) }
      page = (page | 0x1f_ffff) &+ 1
    }
  }
}
