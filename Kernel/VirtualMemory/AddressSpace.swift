// An address space: what a process's addresses mean. Regions say what was promised; page tables say what is there.
//
// Invariants:
// - It is built and taken apart without being loaded: through the direct map and the windows.
// - A page is mapped only inside a region, with no more permissions than the region has, and never writable and
//   executable.
// - Every mapped frame of a region that owns memory is held by exactly this mapping.

import ABI
import Diagnostics
import Executables
import Jobs
import MachineSupport
import Memory
import Platform
import Primitives
import Scheduling

package struct AddressSpace: ~Copyable {
  let context: Context
  /// Who pays for it.
  package let job: Reference<Job>
  /// Equal for tasks that share it, different for all others.
  package let identity: UInt32
  package var tables: PageTables<DirectTableMemory>
  var regions: RegionMap<RegionNodes>
  /// Pages with memory behind them that belong to this space.
  package var residentPages: UInt32 = 0
  /// Stacks of threads that have ended, for the next ones (ThreadStacks.swift).
  var idleStacks = IdleThreadStacks()
  /// The root whose kernel half is read-only, for guarded tasks; 0 until there is one.
  var guardedRoot: UInt32 = 0
  /// The address of the file it runs, and its neighbours in that file's list; 0: it is in none (TextCache.swift).
  var image: UInt32 = 0
  var nextOfImage: Reference<AddressSpace>?
  var previousOfImage: Reference<AddressSpace>?
}

extension Task {
  /// Its address space. The idle task has none and never asks.
  package var space: Reference<AddressSpace> {
    @inline(__always) get {
      unsafe Reference(UnsafeMutablePointer<AddressSpace>(bitPattern: spaceRecord).unsafelyUnwrapped)
    }
  }
}

extension Task {
  /// The space that it makes for a new process and that no process has yet.
  package var spaceInMaking: Reference<AddressSpace>? {
    get { unsafe UnsafeMutablePointer<AddressSpace>(bitPattern: unfinishedSpace).map { unsafe Reference($0) } }
    set { unfinishedSpace = newValue.map { $0.address } ?? 0 }
  }
}

/// What a page fault comes to.
package enum FaultResolution {
  case resolved, forbidden, outOfMemory, limitReached

  /// What the call is told that needed the page.
  package var copyFailure: SystemError {
    switch self {
    case .outOfMemory: .outOfMemory
    case .limitReached: .limitReached
    case .resolved, .forbidden: .badAddress
    }
  }
}

package struct AddressSpaces {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// A new address space that holds the system-call page, or the one for traced processes, and nothing else.
  @inline(never)
  package func make(isTraced: Bool = false, for job: Reference<Job>) throws(SystemError) -> Reference<AddressSpace> {
    let pointer: UnsafeMutablePointer<AddressSpace> =
      unsafe try KernelHeap(context).allocate(tag: .addressSpace, for: job)
    let root: UInt32
    do throws(SystemError) { root = try makeRoot(for: job) } catch {
      unsafe KernelHeap(context).free(pointer, of: job)
      throw error
    }
    let tables = PageTables(
      root: PhysicalAddress(UInt64(root)), memory: DirectTableMemory(context, for: job),
      noExecute: context.features.hasNoExecute)
    tables.initializeRoot(kernelDirectory: DirectMap.frame(of: address_of_kernel_page_directory()))
    let identity = context.memory.nextSpaceIdentity
    context.memory.nextSpaceIdentity &+= 1
    unsafe pointer.initialize(
      to: AddressSpace(
        context: context, job: job, identity: identity, tables: tables,
        regions: RegionMap(nodes: RegionNodes(context, for: job))))
    let space = unsafe Reference(pointer)
    do throws(SystemError) {
      try space.addRegion(
        start: AddressLayout.systemCallPage, length: pageSize, [.read, .execute], .systemCallPage)
      try space.map(
        page: AddressLayout.systemCallPage,
        to: isTraced ? context.memory.tracedCallFrame : context.memory.systemCallFrame, [.user, .execute, .foreign])
    } catch {
      destroy(space)
      throw error
    }
    return space
  }

  /// CR3 points at 32 bytes on a 32-byte boundary below 4 GiB (Intel SDM Vol. 3, 4.4.1).
  private static var rootSize: UInt32 { 32 }

  /// Returns the physical address of a new root.
  fileprivate func makeRoot(for job: Reference<Job>) throws(SystemError) -> UInt32 {
    try KernelHeap(context).allocateBytes(
      Self.rootSize, alignment: Int(Self.rootSize), tag: .addressSpace, for: job) &- DirectMap.start
  }

  private func freeRoot(_ root: UInt32, of job: Reference<Job>) {
    KernelHeap(context).freeBytes(at: root &+ DirectMap.start, Self.rootSize, of: job)
  }

  /// Gives back everything. No task may have it loaded.
  @inline(never)
  package func destroy(_ space: Reference<AddressSpace>) {
    space.unpublish()
    if !space.value.idleStacks.isEmpty { space.forgetIdleStacks() }
    space.value.tables.destroyOwnHalf { _, entry in
      if !entry.isForeign { Frames(context).release(entry.frame) }
    }
    let job = space.value.job
    JobRecords(context).discharge(job, .pages, space.value.residentPages)
    space.value.regions.removeAll()
    if space.value.guardedRoot != 0 { freeRoot(space.value.guardedRoot, of: job) }
    freeRoot(UInt32(truncatingIfNeeded: space.value.tables.root.value), of: job)
    unsafe space.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(space.unsafePointer, of: job)
  }
}

extension PageTableError {
  /// What a caller is told. A page that is there where its region has none, or is missing, is no caller's mistake.
  package func systemError(_ context: Context) -> SystemError {
    switch self {
    case .outOfMemory: .outOfMemory
    case .tooManyHolders: .limitReached
    case .alreadyMapped, .notMapped, .insideLargePage: KernelMemory(context).report(self)
    }
  }

  /// The same for a page of an address space, whose job may be at its limit.
  func systemError(_ space: Reference<AddressSpace>) -> SystemError {
    if case .outOfMemory = self { return space.context.memory.shortage }
    return systemError(space.context)
  }
}

extension MemoryPermissions {
  /// The page-table permissions of a user page.
  var page: PagePermissions {
    var permissions: PagePermissions = .user
    if contains(.write) { permissions.insert(.write) }
    if contains(.execute) { permissions.insert(.execute) }
    return permissions
  }
}

extension Reference where Value == AddressSpace {
  var context: Context { @inline(__always) get { value.context } }

  /// The value of CR3 for a task of this space.
  package func directory(isGuarded: Bool) throws(SystemError) -> UInt32 {
    guard isGuarded else { return UInt32(truncatingIfNeeded: value.tables.root.value) }
    if value.guardedRoot == 0 {
      value.guardedRoot = try AddressSpaces(context).makeRoot(for: value.job)
      GuardedView(context).synchronize(self)
    }
    return value.guardedRoot
  }

  /// Whether the processor's present directory is this space's, in either view.
  var isLoaded: Bool {
    let loaded = context.processor.loadedDirectory
    return loaded == UInt32(truncatingIfNeeded: value.tables.root.value)
      || value.guardedRoot != 0 && loaded == value.guardedRoot
  }

  // MARK: Pages

  /// Maps one page of a region.
  @inline(__always)
  func map(page: UInt32, to frame: FrameNumber, _ permissions: PagePermissions) throws(SystemError) {
    do throws(PageTableError) {
      try value.tables.map(VirtualAddress(page), to: frame, permissions).flush(SpaceTranslationCache(space: self))
    } catch { throw error.systemError(self) }
  }

  /// Gives a page of a region a zeroed frame. Returns the frame.
  func populate(page: UInt32, _ permissions: MemoryPermissions) throws(SystemError) -> FrameNumber {
    try chargePage()
    let zeroed = context.memory.zeroedFrames.take()
    let frame = if let zeroed { zeroed } else { try takeFrame() }
    // Before it is mapped: what was in it is nobody's to see.
    if zeroed == nil { FrameContents(context).zero(frame) }
    try add(frame, behind: page, permissions)
    return frame
  }

  /// Gives a page of a region a frame with whatever is in it. Nothing of this space must run before that is written
  /// over, except in Ring 0, which can read all memory anyway.
  func populateUnzeroed(page: UInt32, _ permissions: MemoryPermissions) throws(SystemError) -> FrameNumber {
    try chargePage()
    let frame = try takeFrame()
    try add(frame, behind: page, permissions)
    return frame
  }

  @inline(__always)
  private func chargePage() throws(SystemError) {
    guard JobRecords(context).hasRoom(for: value.job) else { throw .outOfMemory }
    guard value.job.charge(.pages, 1) else { throw JobRecords(context).refused(value.job, .pages, 1) }
  }

  /// A frame for a page that is charged.
  @inline(__always)
  private func takeFrame() throws(SystemError) -> FrameNumber {
    if let frame = Frames(context).allocate(owner: .processMemory) { return frame }
    JobRecords(context).discharge(value.job, .pages, 1)
    throw .outOfMemory
  }

  /// Puts a frame of the caller's, which is charged, behind a page; it is given back where that fails.
  @inline(never)
  private func add(
    _ frame: FrameNumber, behind page: UInt32, _ permissions: MemoryPermissions
  ) throws(SystemError) {
    do throws(SystemError) {
      try map(page: page, to: frame, permissions.page)
    } catch {
      Frames(context).release(frame)
      JobRecords(context).discharge(value.job, .pages, 1)
      throw error
    }
    value.residentPages &+= 1
  }

  /// Pages were unmapped that this space's job paid for.
  func removeResident(pages: UInt32) {
    guard pages > 0 else { return }
    value.residentPages &-= pages
    JobRecords(context).discharge(value.job, .pages, pages)
  }

  /// Where in physical memory an address is, or nil where nothing is mapped.
  func physicalAddress(of address: UInt32) -> PhysicalAddress? {
    guard let entry = value.tables.lookup(VirtualAddress(address)) else { return nil }
    return PhysicalAddress(entry.frame.address.value | UInt64(address & (pageSize &- 1)))
  }

  /// Reads a word of this space for a report, whether the space is loaded or not.
  package func readWord(at address: UInt32) -> UInt32? {
    guard address & 3 == 0, address < AddressLayout.kernelStart, let physical = physicalAddress(of: address) else {
      return nil
    }
    return FrameContents(context).reportedWord(at: physical)
  }

  /// Writes bytes to pages of regions that may lack memory as yet; the space need not be loaded.
  package func write(_ source: UnsafeRawPointer, count: UInt32, at address: UInt32) throws(SystemError) {
    var done: UInt32 = 0
    while done < count {
      let position = address &+ done
      let page = position & ~(pageSize &- 1)
      let offset = position &- page
      let part = min(count &- done, pageSize &- offset)
      let frame: FrameNumber
      if let entry = value.tables.lookup(VirtualAddress(page)) {
        // Memory that is not this space's own: nothing is written there on its behalf.
        guard !entry.isForeign else { throw .badAddress }
        frame = entry.isCopyOnWrite ? try self.frame(ofPage: page, forWriting: true) : entry.frame
      } else {
        guard let region = region(containing: page) else { throw .badAddress }
        frame = try populateUnzeroed(page: page, region.permissions)
        FrameContents(context).zero(frame, around: offset..<(offset &+ part))
      }
      unsafe FrameContents(context).write(source + Int(done), count: part, to: frame, at: offset)
      done &+= part
    }
  }

  /// Writes a word and moves the position behind it.
  package func write(word: UInt32, at position: inout UInt32) throws(SystemError) {
    unsafe try withUnsafePointer(to: word) { pointer throws(SystemError) in
      unsafe try write(UnsafeRawPointer(pointer), count: 4, at: position)
    }
    position &+= 4
  }

  // MARK: Faults

  /// Tries to make the access work that faulted: the first touch of promised memory.
  package func resolve(address: UInt32, error: PageFaultCode) -> FaultResolution {
    guard !error.contains(.reserved), let region = region(containing: address) else { return .forbidden }
    if error.contains(.protection) { return resolveWrite(to: address, of: region, error) }
    if error.contains(.write) && !region.permissions.contains(.write) { return .forbidden }
    if error.contains(.execute) && !region.permissions.contains(.execute) { return .forbidden }
    guard !region.permissions.isEmpty else { return .forbidden }
    do throws(SystemError) {
      _ = try populate(page: address & ~(pageSize &- 1), region.permissions)
      return .resolved
    } catch { return error == .limitReached ? .limitReached : .outOfMemory }
  }

  /// A page is there and was not to be written: the first write to a page that is shared until then.
  @inline(never)
  private func resolveWrite(to address: UInt32, of region: SpaceRegion, _ error: PageFaultCode) -> FaultResolution {
    let page = address & ~(pageSize &- 1)
    guard error.contains(.write), region.permissions.contains(.write),
      let entry = value.tables.lookup(VirtualAddress(page)), entry.isCopyOnWrite
    else { return .forbidden }
    do throws(SystemError) {
      _ = try makeOwn(page: page, entry, region.permissions)
      return .resolved
    } catch { return .outOfMemory }
  }
}

/// The processor's cache as seen by one space: only a loaded space has anything in it.
package struct SpaceTranslationCache: TranslationCache {
  let space: Reference<AddressSpace>

  package init(space: Reference<AddressSpace>) { self.space = space }

  @inline(__always)
  package func invalidate(page address: VirtualAddress) {
    if space.isLoaded { ProcessorTranslationCache(space.context).invalidate(page: address) }
  }

  /// A directory pointer changed: the guarded view has its own copy of them.
  package func reload() {
    if space.value.guardedRoot != 0 { GuardedView(space.context).synchronize(space) }
    if space.isLoaded { ProcessorTranslationCache(space.context).reload() }
  }
}
