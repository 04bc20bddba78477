// The regions of an address space: what was promised where, and adding, removing and changing it.
//
// Invariant: a page is mapped only inside a region; removing a region gives back the memory behind it.

import ABI
import Executables
import Jobs
import Memory
import Platform
import Primitives

package struct SpaceAttributes: RegionAttributes {
  package var permissions: MemoryPermissions
  var purpose: RegionPurpose

  /// Only mappings grow together; two stacks or segments stay apart even where they touch.
  package func joins(_ next: SpaceAttributes) -> Bool { purpose == .mapping && self == next }
}

/// Nodes of region maps come from the kernel's heap.
struct RegionNodes: RegionNodeSource {
  let context: Context
  let job: Reference<Job>

  init(_ context: Context, for job: Reference<Job>) {
    self.context = context
    self.job = job
  }

  typealias Attributes = SpaceAttributes

  func allocateNode() -> UnsafeMutablePointer<RegionNode<SpaceAttributes>>? {
    do throws(SystemError) { return unsafe try KernelHeap(context).allocate(tag: .addressSpace, for: job) } catch {
      context.memory.shortage = error
      return nil
    }
  }

  func freeNode(_ node: UnsafeMutablePointer<RegionNode<SpaceAttributes>>) {
    unsafe KernelHeap(context).free(node, of: job)
  }
}

package typealias SpaceRegion = Region<SpaceAttributes>

extension Region where Attributes == SpaceAttributes {
  package var permissions: MemoryPermissions { attributes.permissions }
  package var purpose: RegionPurpose { attributes.purpose }
}

extension Reference where Value == AddressSpace {
  // MARK: Looking

  package func region(containing address: UInt32) -> SpaceRegion? { value.regions.find(containing: address) }

  package func region(endingAbove address: UInt32) -> SpaceRegion? { value.regions.first(endingAbove: address) }

  /// The last region that ends at or below an address in no region.
  package func region(before address: UInt32) -> SpaceRegion? { value.regions.last(startingBelow: address) }

  package func residentPages(of region: SpaceRegion) -> UInt32 {
    guard let range = VirtualRange(start: region.start, length: region.length) else { return 0 }
    return value.tables.countMapped(in: range)
  }

  /// The mapped pages but the system-call page: those that belong to this space alone, those it shares, and those among
  /// them that a caller lends it.
  package func countPages() -> (own: UInt32, shared: UInt32, lent: UInt32) {
    guard let range = VirtualRange(start: 0, length: AddressLayout.systemCallPage) else { return (0, 0, 0) }
    var own: UInt32 = 0
    var shared: UInt32 = 0
    var lent: UInt32 = 0
    value.tables.forEachPage(in: range) { _, entry in
      if entry.isForeign { return }
      if context.memory.frames.owner(of: entry.frame) == .shared { shared &+= 1 } else { own &+= 1 }
      if entry.isLent { lent &+= 1 }
    }
    return (own, shared, lent)
  }

  /// Whether the page of an address is there and writable for the task. What is not there yet is for the regions to say.
  @inline(__always)
  func isWritableNow(page address: UInt32) -> Bool { value.tables.isWritableForUser(VirtualAddress(address)) }

  /// Whether all of a range lies in writable regions. Its pages that are shared until they are written are the space's own then.
  func isWritable(start: UInt32, length: UInt32) -> Bool {
    guard let range = VirtualRange(start: start, length: length), value.regions.firstHole(in: range) == nil else {
      return false
    }
    var isWritable = true
    value.regions.forEach(in: range) { region in
      isWritable = region.permissions.contains(.write)
      return isWritable
    }
    return isWritable && areOwn(in: range)
  }

  // MARK: Adding

  package func addRegion(
    start: UInt32, length: UInt32, _ permissions: MemoryPermissions, _ purpose: RegionPurpose
  ) throws(SystemError) {
    do throws(RegionError) {
      try value.regions.insert(
        Region(start: start, length: length, SpaceAttributes(permissions: permissions, purpose: purpose)))
    } catch {
      switch error {
      case .badRange, .notCovered: throw .badArgument
      case .overlaps: throw .alreadyExists
      case .outOfMemory: throw context.memory.shortage
      }
    }
  }

  private static var dynamicWindow: VirtualRange {
    unsafe VirtualRange(
      start: AddressLayout.dynamicStart, length: AddressLayout.dynamicEnd - AddressLayout.dynamicStart
    ).unsafelyUnwrapped
  }

  /// Adds a mapping where there is room. Returns its start.
  package func addMapping(
    length: UInt32, _ permissions: MemoryPermissions, _ purpose: RegionPurpose = .mapping
  ) throws(SystemError) -> UInt32 {
    guard let start = value.regions.findGap(length: length, in: Self.dynamicWindow) else { throw .outOfMemory }
    try addRegion(start: start, length: length, permissions, purpose)
    return start
  }

  /// Adds a region for pages of others, whose page table is held: `length`, a power of two, and the start is a multiple.
  package func addWindow(length: UInt32) throws(SystemError) -> (start: UInt32, entries: HeldEntry) {
    guard let gap = value.regions.findGap(length: 2 * length - pageSize, in: Self.dynamicWindow) else {
      throw .outOfMemory
    }
    let start = (gap + length - 1) & ~(length - 1)
    try addRegion(start: start, length: length, [], .lent)
    do throws(PageTableError) {
      let cache = SpaceTranslationCache(space: self)
      return (start, try value.tables.hold(tableOf: VirtualAddress(start), cache: cache))
    } catch {
      remove(start: start, length: length)
      throw error.systemError(self)
    }
  }

  /// Adds room for mappings of another space, which `addShared` fills. Nothing is executable there: what one side can write the other
  /// must not run.
  package func addRoomForSharing(length: UInt32, _ permissions: MemoryPermissions) throws(SystemError) -> UInt32 {
    guard !permissions.contains(.execute), !permissions.isEmpty else { throw .badArgument }
    return try addMapping(length: length, permissions, .shared)
  }

  /// Shares a part of another space's mappings at an address of such room. What was promised there only becomes memory now, or each
  /// side would get a page of its own.
  package func addShared(
    _ range: VirtualRange, of source: Reference<AddressSpace>, at place: UInt32, _ permissions: MemoryPermissions
  ) throws(SystemError) {
    guard let room = VirtualRange(start: place, length: range.length),
      isAll(of: room, { $0.purpose == .shared }),
      source.isAll(
        of: range,
        {
          $0.purpose == .mapping && permissions.isSubset(of: $0.permissions) && !$0.permissions.contains(.execute)
        })
    else { throw .badArgument }
    for page in stride(from: range.start, to: range.start &+ range.length, by: Int(pageSize)) {
      if let entry = source.value.tables.lookup(VirtualAddress(page)) {
        if entry.isCopyOnWrite { _ = try source.makeOwnIfWritable(page: page, entry) }
        continue
      }
      guard let region = source.region(containing: page) else { throw .badArgument }
      _ = try source.populate(page: page, region.permissions)
    }
    try share(range, of: source, at: place, permissions.page)
  }

  /// Whether regions cover a range, each of them one that `body` is content with.
  private func isAll(of range: VirtualRange, _ body: (SpaceRegion) -> Bool) -> Bool {
    guard value.regions.firstHole(in: range) == nil else { return false }
    var isRight = true
    value.regions.forEach(in: range) { region in
      isRight = body(region)
      return isRight
    }
    return isRight
  }

  /// Maps frames of a device, or such that a device reaches too, where there is room. Returns where.
  package func addDevice(
    first: UInt32, count: UInt32, _ permissions: MemoryPermissions, isCached: Bool = false
  ) throws(SystemError) -> UInt32 {
    let start = try addMapping(length: count * pageSize, permissions, .device)
    do throws(SystemError) {
      for page in 0..<count {
        try map(
          page: start + page * pageSize, to: FrameNumber(first + page),
          permissions.page.union(isCached ? .foreign : [.foreign, .uncached]))
      }
    } catch {
      remove(start: start, length: count * pageSize)
      throw error
    }
    return start
  }

  /// Adds a stack between two guard pages, with memory behind all of it where it is committed: for Ring 0.
  package func addStack(
    start: UInt32, end: UInt32, purpose: RegionPurpose, isCommitted: Bool
  ) throws(SystemError) {
    do throws(SystemError) {
      try addRegion(start: start - pageSize, length: pageSize, [], .guardPage)
      try addRegion(start: start, length: end - start, [.read, .write], purpose)
      try addRegion(start: end, length: pageSize, [], .guardPage)
      guard isCommitted else { return }
      var page = start
      while page < end {
        _ = try populateUnzeroed(page: page, [.read, .write])
        page += pageSize
      }
    } catch {
      remove(start: start - pageSize, length: end - start + 2 * pageSize)
      throw error
    }
  }

  /// A thread's stack, an idle one or a new one where there is room. Returns its start.
  package func addThreadStack(size: UInt32, isCommitted: Bool) throws(SystemError) -> UInt32 {
    if let start = takeIdleStack(size: size, isCommitted: isCommitted) { return start }
    guard let gap = value.regions.findGap(length: size + 2 * pageSize, in: Self.dynamicWindow) else {
      throw .outOfMemory
    }
    let start = gap + pageSize
    try addStack(start: start, end: start + size, purpose: .threadStack, isCommitted: isCommitted)
    return start
  }

  /// Adds the area through which the kernel and the process's personality pass bytes.
  package func addExchangeArea() throws(SystemError) {
    try addRegion(start: ExchangeArea.start, length: ExchangeArea.length, [.read, .write], .exchange)
  }

  // MARK: Removing

  /// Removes what `addDevice` added.
  package func removeDevice(start: UInt32, length: UInt32) { remove(start: start, length: length) }

  /// Removes what `addWindow` added.
  package func removeWindow(start: UInt32, length: UInt32) {
    value.tables.release(tableOf: VirtualAddress(start), cache: SpaceTranslationCache(space: self))
    remove(start: start, length: length)
  }

  /// Takes the stack of a thread that has ended.
  package func removeThreadStack(start: UInt32, end: UInt32, isCommitted: Bool) {
    guard end > start else { return }
    if keepIdleStack(start: start, end: end, isCommitted: isCommitted) { return }
    remove(start: start - pageSize, length: end - start + 2 * pageSize)
  }

  /// - Parameter includesOthers: whether shared and device memory count as mappings too.
  @inline(__always)
  func checkMappings(in range: VirtualRange, includesOthers: Bool = false) throws(SystemError) {
    var isAllMapping = true
    value.regions.forEach(in: range) { region in
      isAllMapping =
        region.purpose == .mapping
        || includesOthers && (region.purpose == .shared || region.purpose == .device)
      return isAllMapping
    }
    guard isAllMapping else { throw .badArgument }
  }

  private func checkChange(of range: VirtualRange, to permissions: MemoryPermissions) throws(SystemError) {
    var isAllowed = true
    value.regions.forEach(in: range) { region in
      isAllowed =
        region.purpose == .mapping
        || region.purpose == .data && !permissions.isEmpty && permissions.isSubset(of: region.permissions)
      return isAllowed
    }
    guard isAllowed else { throw .badArgument }
  }

  /// Changes what mappings allow, and the pages that are there already. Of a program's own data may be taken that it is written.
  package func protectMappings(start: UInt32, length: UInt32, _ permissions: MemoryPermissions) throws(SystemError) {
    guard let range = VirtualRange(start: start, length: length) else { throw .badArgument }
    try checkChange(of: range, to: permissions)
    if permissions.contains(.execute) && hasSharedPages(in: range) { throw .badArgument }
    do throws(RegionError) {
      try value.regions.change(start: start, length: length) { region in
        SpaceAttributes(permissions: permissions, purpose: region.purpose)
      }
    } catch { throw error == .outOfMemory ? context.memory.shortage : .badArgument }
    // A page that allows nothing any more is unmapped but keeps its place; its contents are gone.
    if permissions.isEmpty { return releasePages(in: range) }
    do throws(PageTableError) {
      try value.tables.protect(range, cache: SpaceTranslationCache(space: self)) { entry in
        entry.isCopyOnWrite ? permissions.page.untilWritten : permissions.page
      }
    } catch { KernelMemory(context).report(error) }
  }

  /// Whether another space may write what is in a range. Pages whose other holders are gone are this space's own again.
  private func hasSharedPages(in range: VirtualRange) -> Bool {
    var isShared = false
    value.tables.forEachPage(in: range) { _, entry in
      guard context.memory.frames.owner(of: entry.frame) == .shared else { return }
      if context.memory.frames.references(of: entry.frame) == 1 {
        Frames(context).endSharing(entry.frame)
      } else {
        isShared = true
      }
    }
    return isShared
  }

  /// Removes whatever regions have in a range, and the memory behind them.
  func remove(start: UInt32, length: UInt32) {
    do throws(RegionError) { try value.regions.remove(start: start, length: length) { _ in } } catch {
      panic("a part of a region was removed where it was to go as a whole")
    }
    if let range = VirtualRange(start: start, length: length) { releasePages(in: range) }
  }

  func releasePages(in range: VirtualRange) {
    var released: UInt32 = 0
    do throws(PageTableError) {
      try value.tables.unmap(range, cache: SpaceTranslationCache(space: self)) { _, entry in
        guard !entry.isForeign else { return }
        Frames(context).release(entry.frame)
        released &+= 1
      }
    } catch { KernelMemory(context).report(error) }
    removeResident(pages: released)
  }
}
