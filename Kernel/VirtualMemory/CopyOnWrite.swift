// Copies of whole address spaces: the pages stay shared until one side writes, and then that side gets a copy of its own.
//
// Invariants:
// - A page that is shared until it is written is writable in no space that has it, whatever its region allows.
// - Each space that has the page has been charged for it: the copy costs no more than a frame.
// - The kernel writes to such a page for nobody before it is the writer's own: where the processor would not refuse (a guarded
//   task's kernel works with CR0.WP off, and another space is written through the direct map), it is looked for.

import ABI
import Memory
import Platform
import Primitives
import Scheduling

extension PagePermissions {
  /// The same for a page that is shared until it is written.
  var untilWritten: PagePermissions { subtracting(.write).union(.copyOnWrite) }
}

extension Reference where Value == AddressSpace {
  /// Gives a page that is shared until it is written to this space alone.
  ///
  /// - Parameter permissions: those of its region.
  /// - Returns: its frame.
  @inline(never)
  func makeOwn(
    page: UInt32, _ entry: PageEntry, _ permissions: MemoryPermissions
  ) throws(SystemError) -> FrameNumber {
    let cache = SpaceTranslationCache(space: self)
    do throws(PageTableError) {
      if context.memory.frames.references(of: entry.frame) == 1 {
        if context.memory.frames.owner(of: entry.frame) == .shared { Frames(context).endSharing(entry.frame) }
        try value.tables.protect(VirtualAddress(page), permissions.page).flush(cache)
        return entry.frame
      }
      guard let frame = Frames(context).allocate(owner: .processMemory) else {
        throw PageTableError.outOfMemory(page: VirtualAddress(page))
      }
      FrameContents(context).copy(entry.frame, to: frame)
      try value.tables.replace(VirtualAddress(page), with: frame, permissions.page).flush(cache)
      Frames(context).release(entry.frame)
      return frame
    } catch {
      if case .outOfMemory = error { throw .outOfMemory }
      throw error.systemError(context)
    }
  }

  /// The same where its region may be written. Nil: the page may only be read, and stays shared.
  package func makeOwnIfWritable(page: UInt32, _ entry: PageEntry) throws(SystemError) -> FrameNumber? {
    guard let region = region(containing: page), region.permissions.contains(.write) else { return nil }
    return try makeOwn(page: page, entry, region.permissions)
  }

  /// Where in physical memory a word is that tasks meet at: on a page that stays there.
  @inline(__always)
  func addressOfOwn(_ address: UInt32) throws(SystemError) -> PhysicalAddress? {
    guard let entry = value.tables.lookup(VirtualAddress(address)) else { return nil }
    var frame = entry.frame
    if entry.isCopyOnWrite, let own = try makeOwnIfWritable(page: address & ~(pageSize &- 1), entry) { frame = own }
    return PhysicalAddress(frame.address.value | UInt64(address & (pageSize &- 1)))
  }

  /// Makes all pages of a writable range the space's own. Returns false where there is no memory.
  func areOwn(in range: VirtualRange) -> Bool {
    var page = range.start & ~(pageSize &- 1)
    while UInt64(page) < range.end {
      if let entry = value.tables.lookup(VirtualAddress(page)), entry.isCopyOnWrite,
        ((try? makeOwnIfWritable(page: page, entry)) ?? nil) == nil
      {
        return false
      }
      page &+= pageSize
    }
    return true
  }

  // MARK: A whole space

  /// How many pages are shared between two places at which others run.
  private static var pagesOfStep: UInt32 { 64 }

  /// Fills this space, which is new, with all that another one has. Memory of devices and what is lent to it stay the other's.
  ///
  /// - Parameter copiesStacks: whether stacks are copied at once, and stay writable: in Ring 0 the processor cannot take a page fault
  ///   on the page that it needs to push the fault's frame.
  package func copyAll(of source: Reference<AddressSpace>, copiesStacks: Bool) throws(SystemError) {
    var address: UInt32 = 0
    while let region = source.region(endingAbove: address) {
      address = region.start &+ region.length
      switch region.purpose {
      case .systemCallPage, .device, .lent: continue
      default: break
      }
      try addRegion(start: region.start, length: region.length, region.permissions, region.purpose)
      if copiesStacks, region.purpose == .stack || region.purpose == .threadStack {
        try copyPages(of: region, in: source)
      } else {
        try sharePages(of: region, in: source)
      }
    }
  }

  private func sharePages(of region: SpaceRegion, in source: Reference<AddressSpace>) throws(SystemError) {
    // Nobody can make these writable; those others write too.
    let isFixed = region.purpose == .text || region.purpose == .readOnlyData || region.purpose == .shared
    var start = region.start
    let end = region.start &+ region.length
    while start < end {
      let length = min(end &- start, Self.pagesOfStep &* pageSize)
      guard let range = VirtualRange(start: start, length: length) else { throw .badArgument }
      if isFixed {
        try share(range, of: source, at: start, region.permissions.page)
      } else {
        do throws(PageTableError) {
          try source.value.tables.protect(range, cache: SpaceTranslationCache(space: source)) {
            $0.permissions.untilWritten
          }
        } catch { throw error.systemError(context) }
        try share(range, of: source, at: start, region.permissions.page.untilWritten)
      }
      start &+= length
      context.scheduler.preemptionPoint()
      // Another thread may have taken it away meanwhile.
      guard start == end || source.region(containing: start)?.attributes == region.attributes else {
        throw .badArgument
      }
    }
  }

  private func copyPages(of region: SpaceRegion, in source: Reference<AddressSpace>) throws(SystemError) {
    var page = region.start
    while page < region.start &+ region.length {
      if let entry = source.value.tables.lookup(VirtualAddress(page)) {
        let frame = try populateUnzeroed(page: page, region.permissions)
        FrameContents(context).copy(entry.frame, to: frame)
      }
      page &+= pageSize
    }
  }
}
