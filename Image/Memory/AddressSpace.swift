// An address space: what a process's addresses mean. Regions say what was promised; page tables say what is there.
//
// Invariants:
// - It is built and taken apart without being loaded: through the direct map and the windows.
// - A page is mapped only inside a region, with no more permissions than the region has, and never writable and
//   executable.
// - Every mapped frame of a region that owns memory is held by exactly this mapping.

import ABI
import Executables
import Machine
import MachineSupport
import Memory
import Primitives
import Scheduling

struct AddressSpace: ~Copyable {
  /// Equal for tasks that share it, different for all others.
  let identity: UInt32
  var tables: PageTables<DirectTableMemory>
  var regions: RegionMap<RegionNodes>
  /// Pages with memory behind them that belong to this space.
  var residentPages: UInt32 = 0
  /// Stacks of threads that have ended, for the next ones (ThreadStacks.swift).
  var idleStacks = IdleThreadStacks()
  /// The root whose kernel half is read-only, for guarded tasks; 0 until there is one.
  var guardedRoot: UInt32 = 0
  /// The address of the file it runs, and its neighbours in that file's list; 0: it is in none (SharedImages.swift).
  var image: UInt32 = 0
  var nextOfImage: Reference<AddressSpace>?
  var previousOfImage: Reference<AddressSpace>?
}

/// What a page fault comes to.
enum FaultResolution {
  case resolved, forbidden, outOfMemory
}

enum AddressSpaces {
  /// A new address space that holds the system-call page, or the one for traced processes, and nothing else.
  @inline(never)
  static func make(isTraced: Bool = false) throws(SystemError) -> Reference<AddressSpace> {
    let pointer: UnsafeMutablePointer<AddressSpace> = try KernelHeapMemory.allocate(tag: .addressSpace)
    // CR3 points at 32 bytes on a 32-byte boundary below 4 GiB (Intel SDM Vol. 3, 4.4.1).
    guard let root = KernelHeapMemory.allocateBytes(32, alignment: 32, tag: .addressSpace) else {
      KernelHeapMemory.free(pointer)
      throw .outOfMemory
    }
    let physical = PhysicalAddress(UInt64(UInt32(UInt(bitPattern: root)) &- DirectMap.start))
    let tables = PageTables(
      root: physical, memory: DirectTableMemory(), noExecute: kernel.features.hasNoExecute)
    tables.initializeRoot(kernelDirectory: DirectMap.frame(of: address_of_kernel_page_directory()))
    let identity = kernel.memory.nextSpaceIdentity
    kernel.memory.nextSpaceIdentity &+= 1
    pointer.initialize(
      to: AddressSpace(identity: identity, tables: tables, regions: RegionMap(nodes: RegionNodes())))
    let space = Reference(pointer)
    do throws(SystemError) {
      try space.addRegion(
        start: AddressLayout.systemCallPage, length: pageSize, [.read, .execute], .systemCallPage)
      try space.map(
        page: AddressLayout.systemCallPage,
        to: isTraced ? kernel.memory.tracedCallFrame : kernel.memory.systemCallFrame, [.user, .execute, .foreign])
    } catch {
      destroy(space)
      throw error
    }
    return space
  }

  /// Gives back everything. No task may have it loaded.
  @inline(never)
  static func destroy(_ space: Reference<AddressSpace>) {
    space.withdrawImage()
    if !space.value.idleStacks.isEmpty { space.forgetIdleStacks() }
    space.value.tables.destroyOwnHalf { _, entry in
      if !entry.isForeign { Frames.release(entry.frame) }
    }
    space.value.regions.removeAll()
    if space.value.guardedRoot != 0 {
      KernelHeapMemory.free(UnsafeMutableRawPointer(bitPattern: UInt(space.value.guardedRoot &+ DirectMap.start)))
    }
    let root = UInt32(truncatingIfNeeded: space.value.tables.root.value) &+ DirectMap.start
    KernelHeapMemory.free(UnsafeMutableRawPointer(bitPattern: UInt(root)))
    space.unsafePointer.deinitialize(count: 1)
    KernelHeapMemory.free(space.unsafePointer)
  }
}

extension PageTableError {
  /// What a caller is told. A page that is there where its region has none, or is missing, is no caller's mistake.
  var systemError: SystemError {
    switch self {
    case .outOfMemory: .outOfMemory
    case .tooManyHolders: .limitReached
    case .alreadyMapped, .notMapped, .insideLargePage: KernelMemory.report(self)
    }
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
  /// The value of CR3 for a task of this space.
  func directory(isGuarded: Bool) throws(SystemError) -> UInt32 {
    guard isGuarded else { return UInt32(truncatingIfNeeded: value.tables.root.value) }
    if value.guardedRoot == 0 {
      guard let root = KernelHeapMemory.allocateBytes(32, alignment: 32, tag: .addressSpace) else {
        throw .outOfMemory
      }
      value.guardedRoot = UInt32(UInt(bitPattern: root)) &- DirectMap.start
      GuardedView.synchronize(self)
    }
    return value.guardedRoot
  }

  /// Whether the processor's present directory is this space's, in either view.
  var isLoaded: Bool {
    cpu.loaded_directory == UInt32(truncatingIfNeeded: value.tables.root.value)
      || value.guardedRoot != 0 && cpu.loaded_directory == value.guardedRoot
  }

  // MARK: Pages

  /// Maps one page of a region.
  func map(page: UInt32, to frame: FrameNumber, _ permissions: PagePermissions) throws(SystemError) {
    do throws(PageTableError) {
      try value.tables.map(VirtualAddress(page), to: frame, permissions).settle(SpaceTranslationCache(space: self))
    } catch { throw error.systemError }
  }

  /// Gives a page of a region a zeroed frame. Returns the frame.
  func populate(page: UInt32, _ permissions: MemoryPermissions) throws(SystemError) -> FrameNumber {
    let zeroed = kernel.memory.zeroedFrames.take()
    guard let frame = zeroed ?? Frames.allocate(owner: .processMemory) else { throw .outOfMemory }
    // Before it is mapped: what was in it is nobody's to see.
    if zeroed == nil { FrameContents.zero(frame) }
    try add(frame, behind: page, permissions)
    return frame
  }

  /// Gives a page of a region a frame with whatever is in it. Nothing of this space must run before that is written
  /// over, except in Ring 0, which can read all memory anyway.
  func populateUnzeroed(page: UInt32, _ permissions: MemoryPermissions) throws(SystemError) -> FrameNumber {
    guard let frame = Frames.allocate(owner: .processMemory) else { throw .outOfMemory }
    try add(frame, behind: page, permissions)
    return frame
  }

  /// Puts a frame of the caller's behind a page; it is given back where that fails.
  @inline(never)
  private func add(
    _ frame: FrameNumber, behind page: UInt32, _ permissions: MemoryPermissions
  ) throws(SystemError) {
    do throws(SystemError) {
      try map(page: page, to: frame, permissions.page)
    } catch {
      Frames.release(frame)
      throw error
    }
    value.residentPages &+= 1
  }

  /// Where in physical memory an address is, or nil where nothing is mapped.
  func physicalAddress(of address: UInt32) -> PhysicalAddress? {
    guard let entry = value.tables.lookup(VirtualAddress(address)) else { return nil }
    return PhysicalAddress(entry.frame.address.value | UInt64(address & (pageSize &- 1)))
  }

  /// Reads a word of this space for a report, whether the space is loaded or not.
  func readWord(at address: UInt32) -> UInt32? {
    guard address & 3 == 0, address < AddressLayout.kernelStart, let physical = physicalAddress(of: address) else {
      return nil
    }
    return FrameContents.reportedWord(at: physical)
  }

  /// Writes bytes to pages of regions that may lack memory as yet; the space need not be loaded.
  func write(_ source: UnsafeRawPointer, count: UInt32, at address: UInt32) throws(SystemError) {
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
        frame = entry.frame
      } else {
        guard let region = region(containing: page) else { throw .badAddress }
        frame = try populateUnzeroed(page: page, region.permissions)
        FrameContents.zero(frame, around: offset..<(offset &+ part))
      }
      FrameContents.write(source + Int(done), count: part, to: frame, at: offset)
      done &+= part
    }
  }

  /// Writes a word and moves the position behind it.
  func write(word: UInt32, at position: inout UInt32) throws(SystemError) {
    try withUnsafePointer(to: word) { pointer throws(SystemError) in
      try write(UnsafeRawPointer(pointer), count: 4, at: position)
    }
    position &+= 4
  }

  // MARK: Faults

  /// Tries to make the access work that faulted: the first touch of promised memory.
  func resolve(address: UInt32, error: PageFaultCode) -> FaultResolution {
    guard !error.contains(.protection), !error.contains(.reserved),
      let region = region(containing: address)
    else { return .forbidden }
    if error.contains(.write) && !region.permissions.contains(.write) { return .forbidden }
    if error.contains(.execute) && !region.permissions.contains(.execute) { return .forbidden }
    guard !region.permissions.isEmpty else { return .forbidden }
    do throws(SystemError) {
      _ = try populate(page: address & ~(pageSize &- 1), region.permissions)
      return .resolved
    } catch { return .outOfMemory }
  }
}

/// The processor's cache as seen by one space: only a loaded space has anything in it.
struct SpaceTranslationCache: TranslationCache {
  let space: Reference<AddressSpace>

  @inline(__always)
  func invalidate(page address: VirtualAddress) {
    if space.isLoaded { ProcessorTranslationCache().invalidate(page: address) }
  }

  /// A directory pointer changed: the guarded view has its own copy of them.
  func reload() {
    if space.value.guardedRoot != 0 { GuardedView.synchronize(space) }
    if space.isLoaded { ProcessorTranslationCache().reload() }
  }
}
