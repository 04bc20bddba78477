// The kernel's own memory: the frame allocator, the kernel half of the address space, and what is permanent in it.
//
// Invariants:
// - The kernel half is one page directory that every address space points at: a mapping made here is seen everywhere.
// - Every page has the least permission: text is read-only and executable, all else is not executable.
// - Frames handed out for kernel objects lie in the direct map.

import Boot
import Diagnostics
import Machine
import MachineSupport
import Memory
import Platform
import Primitives
import Scheduling

/// Where things lie in the kernel half, above the direct map.
enum KernelLayout {
  /// Kernel stacks, each below a guard page.
  static var stacksStart: UInt32 { 0xe000_0000 }
  static var stacksEnd: UInt32 { 0xe800_0000 }
  /// The records of all frames there can be, 128 MiB.
  static var recordsStart: UInt32 { 0xe800_0000 }
  /// What these leave: large pieces of the kernel's heap whose frames do not lie in a row.
  static var joinedStart: UInt32 { kernel.memory.recordPages.end }
  static var joinedEnd: UInt32 { modulesStart }
  /// Linked modules.
  static var modulesStart: UInt32 { 0xf000_0000 }
  static var modulesEnd: UInt32 { 0xf800_0000 }
  /// The stacks that modules run on, each between guard pages.
  static var moduleStacksStart: UInt32 { 0xf800_0000 }
  static var moduleStacksEnd: UInt32 { 0xfa00_0000 }
  /// The memory that modules allocate (ModuleHeapArea.swift).
  static var moduleHeapStart: UInt32 { 0xfa00_0000 }
  /// The frame buffer, where the screen has no text mode.
  static var screenStart: UInt32 { 0xfc00_0000 }
  static var screenEnd: UInt32 { 0xffc0_0000 }
  /// Registers of the other interrupt controller and of the HPET; the local one's are where `Processor` expects them.
  static var routingController: UInt32 { 0xffe0_1000 }
  static var highPrecisionTimer: UInt32 { 0xffe0_2000 }
  /// The page through which the firmware's tables are read.
  static var firmwareTable: UInt32 { 0xffe0_3000 }
  /// Pages through which frames outside the direct map are reached (FrameContents.swift).
  static var windows: UInt32 { 0xffe1_0000 }
}

/// Reaches page tables through the direct map and takes them from the frame allocator.
struct DirectTableMemory: PageTableMemory {
  @inline(__always)
  func read(entryAt address: PhysicalAddress) -> UInt64 {
    let words = DirectMap.pointer(DirectMap.address(of: address), as: UInt32.self)
    return UInt64(words[1]) << 32 | UInt64(words[0])
  }

  @inline(__always)
  func write(_ entry: UInt64, at address: PhysicalAddress) {
    let low = DirectMap.address(of: address)
    let high = UInt32(truncatingIfNeeded: entry &>> 32)
    // The half with the present bit goes last when the entry becomes present, and first when it stops being so.
    if entry & 1 != 0 {
      memory_write32(low &+ 4, high)
      memory_write32(low, UInt32(truncatingIfNeeded: entry))
    } else {
      memory_write32(low, UInt32(truncatingIfNeeded: entry))
      memory_write32(low &+ 4, high)
    }
  }

  func allocateTable() -> FrameNumber? {
    // A failure that was asked for is to be met here too.
    if kernel.memory.frames.allocationsUntilFailure == 0, let table = kernel.memory.emptyTables.take() { return table }
    guard let frame = Frames.allocate(zone: .low, owner: .pageTable) else { return nil }
    zero_words(DirectMap.address(of: frame), 1024)
    return frame
  }

  func freeTable(_ table: FrameNumber) {
    if !kernel.memory.emptyTables.keep(table) { Frames.release(table) }
  }

  // A table's frame is held once by its being a table and once by each of its entries.
  func countEntry(in table: FrameNumber) { Frames.retain(table) }

  func uncountEntry(in table: FrameNumber) -> UInt32 {
    Frames.release(table)
    return entries(in: table)
  }

  func entries(in table: FrameNumber) -> UInt32 { UInt32(kernel.memory.frames.references(of: table)) &- 1 }
}

/// Page tables that became empty, all zeroes, for the next address space: zeroing one takes longer than all else that
/// is done with it.
struct EmptyTables {
  private var tables = InlineArray<16, FrameNumber>(repeating: FrameNumber(0))
  private var count = 0

  /// Returns false where enough are kept.
  mutating func keep(_ table: FrameNumber) -> Bool {
    guard count < 16 else { return false }
    tables[count] = table
    count += 1
    return true
  }

  mutating func take() -> FrameNumber? {
    guard count > 0 else { return nil }
    count -= 1
    return tables[count]
  }
}

/// This processor's cache of translations.
struct ProcessorTranslationCache: TranslationCache {
  @inline(__always)
  func invalidate(page address: VirtualAddress) {
    invalidate_page(address.value)
    kernel.counters.tlbFlushes &+= 1
  }

  func reload() {
    write_cr3(read_cr3())
    kernel.counters.tlbFlushes &+= 1
  }
}

struct KernelMemory: ~Copyable {
  var frames: FrameAllocator
  var recordPages = RecordPages()
  var tables: PageTables<DirectTableMemory>
  var log: Log
  var stacks = KernelStacks.makePool()
  var moduleStacks = ModuleStacks.makePool()
  var moduleHeapArea = ModuleHeapArea.none
  var emptyTables = EmptyTables()
  var zeroedFrames = ZeroedFrames()
  var guarded = GuardedDirectory()
  var directContents = DirectContents()
  var heap = Heap(source: KernelHeapPages())
  /// Spaces by the file they run, so that they can share what none of them can write (SharedImages.swift).
  var images = SharedImages()
  /// The first of the spaces that keep stacks of ended threads (ThreadStacks.swift).
  var spaceWithIdleStacks: Reference<AddressSpace>?
  /// Whether the machine stops only after the proof that every frame has the owner it should have.
  var isProvedAtEnd = false
  /// Whether a copy from or to a task's memory was cut short because no frame was left.
  var copyRanOut = false
  /// The frame of the system-call page.
  var systemCallFrame = FrameNumber(0)
  /// The system-call page of traced processes.
  var tracedCallFrame = FrameNumber(0)
  /// The next identity of an address space.
  var nextSpaceIdentity: UInt32 = 1
  /// The address that a test of the kernel calls (KernelTests.swift); 0: none.
  var calledByTest: UInt32 = 0
  /// What the last check of all structures found.
  var discrepancies: UInt32 = 0
  /// Free memory at the end of the last permanent allocation.
  fileprivate var permanentNext: UInt32 = 0
  fileprivate var permanentEnd: UInt32 = 0

  /// What the kernel value starts with: no frames, and a log in the image.
  init() {
    let nowhere = address_of_kernel_storage()
    frames = FrameAllocator(storage: DirectMap.pointer(nowhere), frameCount: 0)
    tables = PageTables(
      root: PhysicalAddress(UInt64(address_of_boot_directory_pointers() &- DirectMap.start)),
      memory: DirectTableMemory(), noExecute: false)
    let logBytes = UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(bitPattern: UInt(address_of_log_storage())), count: 32768)
    log = Log(buffer: logBytes).unsafelyUnwrapped
  }
}

extension KernelMemory {
  /// A map row's sentence, in the log.
  private static func logNote(_ note: MemoryMapNote) {
    var output = LogOutput()
    output.write("memory: ")
    note.describe(to: &output)
    output.write("\n")
  }

  /// Makes the frame allocator from the boot loader's map.
  static func start(_ boot: borrowing BootInformation) {
    // The option heap=guarded: the kernel's heap watches over what lies in it.
    if boot.has(.guardedHeap) {
      kernel.memory.heap = Heap(source: KernelHeapPages(), guarding: .on)
    }
    kernel.memory.directContents.start(boot)
    // The option check=memory: all of it is accounted for before the machine stops.
    kernel.memory.isProvedAtEnd = boot.has(.checkMemory)
    var map: MemoryMap
    do throws(MemoryMapError) {
      map = try MemoryMap(rows: boot.memoryMapRows, note: logNote)
    } catch {
      var output = KernelOutput()
      output.write("memory: ")
      error.describe(to: &output)
      output.write("\n")
      panic("there is no memory map to believe")
    }
    BootArchives.check(boot, lieIn: map)
    func reserve(_ range: PhysicalRange) { map.reserve(range, note: { _ in }) }
    let imageStart = UInt64(address_of___image_physical_start())
    let imageEnd = UInt64(address_of___image_end() &- DirectMap.start)
    if let image = PhysicalRange(start: PhysicalAddress(imageStart), length: imageEnd - imageStart) { reserve(image) }
    boot.forEachOccupiedRange(reserve)

    let imageFrames = UInt32(imageStart >> 12)..<UInt32((imageEnd + 4095) >> 12)
    FrameSetup.start(&map, image: imageFrames, boot: boot)
  }

  /// Gives every page of the kernel half its final permission.
  static func protect() {
    let features = kernel.features
    kernel.memory.tables = PageTables(
      root: kernel.memory.tables.root, memory: DirectTableMemory(), noExecute: features.hasNoExecute)
    let directory = DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    let global: UInt64 = features.hasGlobalPages ? 1 << 8 : 0
    let noExecute: UInt64 = features.hasNoExecute ? 1 << 63 : 0
    // The image lies in the first large pages: these become tables, the others data.
    let imageEnd = address_of___image_end() &- DirectMap.start
    let imageLargePages = Int((imageEnd + 0x1f_ffff) >> 21)
    // Beyond the last frame there is nothing to reach: an address there is a mistake and faults.
    let present = Int((min(kernel.memory.frames.frameCount, DirectMap.endFrame.value) + 511) >> 9)
    for index in 0..<256 {
      if index < imageLargePages {
        guard let table = DirectTableMemory().allocateTable() else { panic("no memory for the kernel's page tables") }
        let entries = DirectMap.pointer(DirectMap.address(of: table), as: UInt64.self)
        for page in 0..<512 {
          let physical = UInt32(index) << 21 | UInt32(page) << 12
          entries[page] =
            UInt64(physical) | permissions(of: DirectMap.start &+ physical) | global
            | (isText(DirectMap.start &+ physical) ? 0 : noExecute)
        }
        directory[index] = UInt64(table.value) << 12 | 3
      } else {
        directory[index] = index < present ? (directory[index] | global | noExecute) : 0
      }
    }
    kernel.memory.recordPages.setFlags(global | noExecute)
    Screen.setFlags(global | noExecute)
    // Address 0 was only for the way up.
    DirectMap.pointer(address_of_boot_directory_pointers(), as: UInt64.self)[0] = 0
    let root = UInt32(truncatingIfNeeded: kernel.memory.tables.root.value)
    cpu.kernel_directory = root
    cpu.loaded_directory = root
    cpu.double_fault.cr3 = root
    cpu.nmi.cr3 = root
    write_cr3(root)
  }

  private static func isText(_ address: UInt32) -> Bool {
    address >= address_of___text_start() && address < address_of___text_end()
  }

  private static func permissions(of address: UInt32) -> UInt64 {
    let isReadOnly =
      address >= address_of___text_start() && address < address_of___read_only_end()
      || address >= address_of___symbols_start() && address < address_of___image_end()
    return isReadOnly ? 1 : 3
  }

  /// Maps a page of the kernel half.
  static func map(
    _ address: UInt32, to frame: FrameNumber, _ permissions: PagePermissions
  ) throws(PageTableError) {
    let allowed = kernel.features.hasGlobalPages ? permissions.union(.global) : permissions
    try kernel.memory.tables.map(VirtualAddress(address), to: frame, allowed).settle(ProcessorTranslationCache())
    GuardedView.show(address)
  }

  /// Gives pages of the kernel half frames of their own, with whatever is in them. When it throws, none is mapped.
  static func mapNew(
    _ start: UInt32, pages: UInt32, zone: FrameZone = .any, owner: FrameOwner
  ) throws(PageTableError) {
    for page in 0..<pages {
      do throws(PageTableError) {
        let address = start &+ page &* pageSize
        guard let frame = Frames.allocate(zone: zone, owner: owner) else {
          throw .outOfMemory(page: VirtualAddress(address))
        }
        do throws(PageTableError) { try map(address, to: frame, [.write]) } catch {
          Frames.release(frame)
          throw error
        }
      } catch {
        unmapAndRelease(start, pages: page)
        throw error
      }
    }
  }

  /// Removes pages of the kernel half, where they are mapped, and gives their frames back.
  static func unmapAndRelease(_ start: UInt32, pages: UInt32) {
    for page in 0..<pages {
      if let frame = unmap(start &+ page &* pageSize) { Frames.release(frame) }
    }
  }

  /// Removes a page of the kernel half. Returns the frame that was behind it.
  static func unmap(_ address: UInt32) -> FrameNumber? {
    do throws(PageTableError) {
      guard let change = try kernel.memory.tables.unmap(VirtualAddress(address)) else { return nil }
      return change.settle(ProcessorTranslationCache()).frame
    } catch { report(error) }
  }

  /// The page tables are not as whoever changes them knows them to be: the kernel's own error.
  static func report(_ error: PageTableError) -> Never {
    var output = KernelOutput()
    output.write("memory: ")
    error.describe(to: &output)
    output.write("\n")
    panic("the page tables were misused")
  }

  /// Maps the registers of the local interrupt controller, and the tables of the windows.
  static func mapDevices() {
    do throws(PageTableError) {
      try map(Processor.controller, to: FrameNumber(0xfee00), [.write, .uncached])
      if let range = VirtualRange(start: KernelLayout.windows, length: FrameContents.windowCount * pageSize) {
        try kernel.memory.tables.prepareTables(for: range)
      }
    } catch { panic("no memory to map the local interrupt controller") }
    GuardedView.start()
  }

  /// Memory that is never given back, zeroed, on an 8-byte boundary.
  static func permanent(_ bytes: Int) -> UInt32 {
    let size = UInt32(bytes + 7) & ~7
    if kernel.memory.permanentEnd - kernel.memory.permanentNext >= size {
      let address = kernel.memory.permanentNext
      kernel.memory.permanentNext += size
      return address
    }
    let pages = pagesNeeded(size)
    guard let frame = kernel.memory.frames.allocateRun(count: pages, zone: .low, owner: .metadata) else {
      panic("no memory for the kernel's tables")
    }
    let address = DirectMap.address(of: frame)
    zero_words(address, 1024 * pages)
    // The larger rest is for the next ones.
    let end = address + pages * pageSize
    if end - (address + size) > kernel.memory.permanentEnd - kernel.memory.permanentNext {
      kernel.memory.permanentNext = address + size
      kernel.memory.permanentEnd = end
    }
    return address
  }

  private static func makeCallPage(_ template: UInt32) -> FrameNumber {
    guard let frame = kernel.memory.frames.allocate(zone: .low, owner: .metadata) else { panic("no memory") }
    let page = DirectMap.address(of: frame)
    zero_words(page, 1024)
    copy_words(page, template, address_of_system_call_page_size() / 4)
    return frame
  }

  /// Makes the system-call pages, the first from the template that suits the processor.
  static func makePermanentParts() {
    kernel.memory.systemCallFrame = makeCallPage(
      kernel.features.hasSystemEnter ? address_of_system_call_page_sysenter() : address_of_system_call_page_gate())
    kernel.memory.tracedCallFrame = makeCallPage(address_of_system_call_page_traced())
  }
}
