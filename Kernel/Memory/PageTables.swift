// The translation of one address space: a PAE page-directory-pointer table of four entries, page directories and page
// tables (Intel SDM Vol. 3, 4.4).
//
// Invariants:
// - entries 0 to 2 of the root are the address space's own half; entry 3 is the kernel's directory, the same in every
//   address space, so a kernel mapping made in one is there in all;
// - in the own half a table or directory exists only while it has an entry, and is given back, all zeroes, with its
//   last one; tables of the kernel half are never given back;
// - rights are decided by the last entry alone: entries above it allow everything (directory pointers have no rights);
// - an operation that throws has changed nothing.
//
// Whatever changes an entry that the processor may have seen returns a `PageChange`, the duty to tell it.

import Primitives

/// How tables are reached and where they come from. On the machine: pointers into the direct map and the frame
/// allocator, whose reference count of a table's frame can serve as the entry count.
public protocol PageTableMemory {
  /// Reads the entry at `address`, a multiple of 8.
  func read(entryAt address: PhysicalAddress) -> UInt64
  /// Writes the entry at `address`. Where that takes two stores, the half with P goes last when the new entry is
  /// present and first when it is not, so that the processor never sees a present entry that is half old.
  func write(_ entry: UInt64, at address: PhysicalAddress)
  /// A frame of zeroes below 4 GiB with no entries counted, or nil.
  func allocateTable() -> FrameNumber?
  /// Takes back a table whose 512 entries are all zero.
  func freeTable(_ table: FrameNumber)
  /// Counts one more entry in `table`.
  func countEntry(in table: FrameNumber)
  /// Counts one entry less in `table`.
  /// - Returns: how many are left.
  func uncountEntry(in table: FrameNumber) -> UInt32
  /// How many entries `table` has.
  func entries(in table: FrameNumber) -> UInt32
}

/// Why a page could not be mapped or changed.
public enum PageTableError: Error, Equatable, Sendable {
  /// No frame for a table.
  case outOfMemory(page: VirtualAddress)
  case alreadyMapped(page: VirtualAddress, entry: PageEntry)
  case notMapped(page: VirtualAddress)
  /// The page is part of a 2-MiB page, which is changed as a whole.
  case insideLargePage(page: VirtualAddress)
  /// The frame of the page has as many holders as can be counted.
  case tooManyHolders(page: VirtualAddress)

  /// Writes one sentence that says what was wrong.
  public func describe(to output: inout some TextOutput) {
    output.write("the page at ")
    switch self {
    case .outOfMemory(let page):
      output.write(hexadecimal: page.value)
      output.write(" needs a page table and no frame is free")
    case .alreadyMapped(let page, let entry):
      output.write(hexadecimal: page.value)
      output.write(" is mapped already, to ")
      output.write(frame: entry.frame)
    case .notMapped(let page):
      output.write(hexadecimal: page.value)
      output.write(" is not mapped")
    case .insideLargePage(let page):
      output.write(hexadecimal: page.value)
      output.write(" is part of a 2-MiB page")
    case .tooManyHolders(let page):
      output.write(hexadecimal: page.value)
      output.write(" is mapped as often as can be counted")
    }
  }
}

/// The page tables of one address space. A copyable name for them: `destroyOwnHalf` ends them.
public struct PageTables<Memory: PageTableMemory> {
  /// The page-directory-pointer table: 32 bytes, 32-byte aligned, below 4 GiB (what CR3 holds).
  public let root: PhysicalAddress
  public let memory: Memory
  /// Whether the processor has execute-disable (IA32_EFER.NXE is set).
  public let noExecute: Bool

  /// Names the tables whose root is at `root`.
  public init(root: PhysicalAddress, memory: Memory, noExecute: Bool) {
    self.root = root
    self.memory = memory
    self.noExecute = noExecute
  }

  /// Writes the root of a new address space: an empty own half, and the kernel's directory.
  public func initializeRoot(kernelDirectory: FrameNumber) {
    for slot in 0..<3 as Range<UInt32> { memory.write(0, at: entryAddress(slot)) }
    memory.write(PageEntry.directory(kernelDirectory).rawValue, at: entryAddress(3))
  }

  // MARK: One page

  /// The entry that maps the page of `address`, or nil. Inside a 2-MiB page: the directory's entry.
  public func lookup(_ address: VirtualAddress) -> PageEntry? {
    switch find(address) {
    case .nothing: nil
    case .large(let entry): entry
    case .entry(let entry, at: _, table: _): entry.isPresent ? entry : nil
    }
  }

  /// Whether tasks may write to the page of `address`, without a fault.
  @inline(__always)
  public func isWritableForUser(_ address: VirtualAddress) -> Bool {
    switch find(address) {
    case .nothing: false
    case .large(let entry): entry.isWritableForUser
    case .entry(let entry, at: _, table: _): entry.isWritableForUser
    }
  }

  /// Maps the page of `address` to `frame`, making the tables it needs.
  public func map(
    _ address: VirtualAddress, to frame: FrameNumber, _ permissions: PagePermissions
  ) throws(PageTableError) -> PageChange {
    let page = address.pageStart
    var scope = PageChange.Scope.nothing
    let slot = page.value &>> 30
    let inKernel = slot == 3
    var rootEntry = PageEntry(rawValue: memory.read(entryAt: entryAddress(slot)))
    if !rootEntry.isPresent {
      guard let directory = memory.allocateTable() else { throw .outOfMemory(page: page) }
      rootEntry = .directory(directory)
      memory.write(rootEntry.rawValue, at: entryAddress(slot))
      scope = .everything
    }
    let directory = rootEntry.frame
    let directoryAddress = entryAddress(directory, (page.value &>> 21) & 511)
    var directoryEntry = PageEntry(rawValue: memory.read(entryAt: directoryAddress))
    if !directoryEntry.isPresent {
      guard let table = memory.allocateTable() else {
        if scope == .everything { removeDirectory(directory, slot: slot) }
        throw .outOfMemory(page: page)
      }
      directoryEntry = .table(table, user: !inKernel)
      memory.write(directoryEntry.rawValue, at: directoryAddress)
      if !inKernel { memory.countEntry(in: directory) }
    } else if directoryEntry.isLarge {
      throw .insideLargePage(page: page)
    }
    let table = directoryEntry.frame
    let address = entryAddress(table, (page.value &>> 12) & 511)
    let old = PageEntry(rawValue: memory.read(entryAt: address))
    if old.isPresent { throw .alreadyMapped(page: page, entry: old) }
    memory.write(PageEntry(frame, permissions, noExecute: noExecute).rawValue, at: address)
    if !inKernel { memory.countEntry(in: table) }
    return PageChange(page: page, scope: scope, previous: PageEntry(rawValue: 0))
  }

  /// Removes the page of `address`, and the tables that have no entry left. Nil when it is not mapped.
  ///
  /// The frame may be given back once the change is settled.
  public func unmap(_ address: VirtualAddress) throws(PageTableError) -> PageChange? {
    let page = address.pageStart
    switch find(page) {
    case .nothing: return nil
    case .large: throw .insideLargePage(page: page)
    case .entry(let entry, at: let address, table: let table):
      guard entry.isPresent else { return nil }
      memory.write(0, at: address)
      let scope = forgetEntry(of: page, table: table)
      return PageChange(page: page, scope: scope, previous: entry)
    }
  }

  /// Gives the page of `address` other permissions; frame, accessed and dirty bits stay.
  public func protect(
    _ address: VirtualAddress, _ permissions: PagePermissions
  ) throws(PageTableError) -> PageChange {
    let page = address.pageStart
    let (entry, position) = try mapped(page)
    // Accessed and dirty stay: the processor set them.
    let kept = entry.rawValue & 0x60
    let changed = PageEntry(entry.frame, permissions, noExecute: noExecute).rawValue | kept
    memory.write(changed, at: position)
    return PageChange(page: page, scope: .page, previous: entry)
  }

  /// Maps the page of `address`, which must be mapped, to another frame: what ends a copy-on-write.
  public func replace(
    _ address: VirtualAddress, with frame: FrameNumber, _ permissions: PagePermissions
  ) throws(PageTableError) -> PageChange {
    let page = address.pageStart
    let (entry, position) = try mapped(page)
    memory.write(PageEntry(frame, permissions, noExecute: noExecute).rawValue, at: position)
    return PageChange(page: page, scope: .page, previous: entry)
  }

  // MARK: Finding entries

  /// Where the walk for a page ends.
  enum Walk {
    /// A table above the page is missing.
    case nothing
    /// A directory entry that maps 2 MiB.
    case large(PageEntry)
    /// An entry of a page table, present or not.
    case entry(PageEntry, at: PhysicalAddress, table: FrameNumber)
  }

  @inline(__always)
  func find(_ address: VirtualAddress) -> Walk {
    let rootEntry = PageEntry(rawValue: memory.read(entryAt: entryAddress(address.value &>> 30)))
    guard rootEntry.isPresent else { return .nothing }
    let directoryAddress = entryAddress(rootEntry.frame, (address.value &>> 21) & 511)
    let directoryEntry = PageEntry(rawValue: memory.read(entryAt: directoryAddress))
    guard directoryEntry.isPresent else { return .nothing }
    if directoryEntry.isLarge { return .large(directoryEntry) }
    let position = entryAddress(directoryEntry.frame, (address.value &>> 12) & 511)
    return .entry(
      PageEntry(rawValue: memory.read(entryAt: position)), at: position, table: directoryEntry.frame)
  }

  @inline(__always)
  private func mapped(_ page: VirtualAddress) throws(PageTableError) -> (PageEntry, PhysicalAddress) {
    switch find(page) {
    case .nothing: throw .notMapped(page: page)
    case .large: throw .insideLargePage(page: page)
    case .entry(let entry, at: let position, table: _):
      guard entry.isPresent else { throw .notMapped(page: page) }
      return (entry, position)
    }
  }

  /// The address of entry `slot` of the root.
  @inline(__always)
  func entryAddress(_ slot: UInt32) -> PhysicalAddress {
    PhysicalAddress(root.value &+ UInt64(slot &<< 3))
  }

  /// The address of entry `index` of `table`.
  @inline(__always)
  func entryAddress(_ table: FrameNumber, _ index: UInt32) -> PhysicalAddress {
    PhysicalAddress(table.address.value &+ UInt64(index &<< 3))
  }

  // MARK: Tables that become empty

  /// After an entry of `table` was cleared: gives back what has no entries left, as the kernel half never does.
  @inline(__always)
  func forgetEntry(of page: VirtualAddress, table: FrameNumber) -> PageChange.Scope {
    if page.value >= 0xc000_0000 || memory.uncountEntry(in: table) != 0 { return .page }
    return removeTable(table, of: page) ? .everything : .page
  }

  /// Gives back the empty `table` of `page`, and its directory when that was its last table.
  /// - Returns: whether the directory went too.
  @inline(never)
  func removeTable(_ table: FrameNumber, of page: VirtualAddress) -> Bool {
    let slot = page.value &>> 30
    let directory = PageEntry(rawValue: memory.read(entryAt: entryAddress(slot))).frame
    memory.write(0, at: entryAddress(directory, (page.value &>> 21) & 511))
    memory.freeTable(table)
    if memory.uncountEntry(in: directory) != 0 { return false }
    removeDirectory(directory, slot: slot)
    return true
  }

  private func removeDirectory(_ directory: FrameNumber, slot: UInt32) {
    memory.write(0, at: entryAddress(slot))
    memory.freeTable(directory)
  }
}
