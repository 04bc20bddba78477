// The kernel's own memory: the frame allocator, the kernel half of the address space, and what is permanent in it.
//
// Invariants:
// - The kernel half is one page directory that every address space points at: a mapping made here is seen everywhere.
// - Every page has the least permission: text is read-only and executable, all else is not executable.
// - Frames handed out for kernel objects lie in the direct map.

import ABI
import Boot
import Consoles
import Jobs
import MachineSupport
import Memory
import Platform
import Primitives

package struct MemoryState: ~Copyable {
  package var frames: FrameAllocator
  /// Where things lie in their areas.
  var placement = Placement.inOrder
  var recordPages = FrameMetadataMap()
  /// The address of a page that is never anything but zeroes.
  package var pageOfZeroes: UInt32 { recordPages.pageOfZeroes }
  package var tables: PageTables<DirectTableMemory>
  var stacks: StackPool
  package var moduleStacks: StackPool
  package var moduleHeapArea: ModuleHeapArea
  var emptyTables = EmptyTables()
  var zeroedFrames = ZeroedFrames()
  var guarded = GuardedDirectory()
  var directContents = DirectContents()
  package var heap: Heap<KernelHeapPages>
  /// Spaces by the file they run, so that they can share what none of them can write (TextCache.swift).
  var images = TextCache()
  /// The first of the spaces that keep stacks of ended threads (ThreadStacks.swift).
  var spaceWithIdleStacks: Reference<AddressSpace>?
  /// Whether the machine stops only after the proof that every frame has the owner it should have.
  package var isProvedAtEnd = false
  /// All jobs, which pay for memory and tasks.
  package var jobs = JobTree()
  /// Why there was no table or region for an address space the last time: no memory, or a limit of its job's.
  var shortage = SystemError.outOfMemory
  /// Why the last page of a task's memory that the kernel needed for a copy was not there.
  package var copyFailure = SystemError.badAddress
  /// The frame of the system-call page.
  var systemCallFrame = FrameNumber(0)
  /// The system-call page of traced processes.
  var tracedCallFrame = FrameNumber(0)
  /// The next identity of an address space.
  var nextSpaceIdentity: UInt32 = 1
  /// The address that a test of the kernel calls (KernelTests.swift); 0: none.
  package var calledByTest: UInt32 = 0
  /// What the last check of all structures found.
  package var discrepancies: UInt32 = 0
  /// Free memory at the end of the last permanent allocation.
  fileprivate var permanentNext: UInt32 = 0
  fileprivate var permanentEnd: UInt32 = 0

  /// What the kernel starts with: no frames.
  @inline(never)
  package init(_ context: Context) {
    let nowhere = address_of_kernel_storage()
    frames = unsafe FrameAllocator(storage: DirectMap.pointer(nowhere), frameCount: 0)
    tables = PageTables(
      root: PhysicalAddress(UInt64(address_of_boot_directory_pointers() &- DirectMap.start)),
      memory: DirectTableMemory(context), noExecute: false)
    stacks = KernelStacks.makePool(context)
    moduleStacks = ModuleStacks.makePool(context)
    moduleHeapArea = .none(context)
    heap = Heap(source: KernelHeapPages(context))
  }
}

package struct KernelMemory {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// A map row's sentence, in the log.
  private func logNote(_ note: MemoryMapNote) {
    var output = LogOutput(context)
    output.write("memory: ")
    note.describe(to: &output)
    output.write("\n")
  }

  /// Decides where the kernel's memory will lie: by a number that nobody can know, or one that was given and therefore told.
  private func place(_ seed: UInt32?) {
    let number = seed.map { UInt64($0) } ?? context.processor.unpredictableNumber(context.features)
    context.memory.placement = Placement(seed: number)
    context.memory.stacks.scatter(by: context.memory.placement.firstStack)
    guard let seed else { return }
    var output = LogOutput(context)
    output.write("memory: the kernel's memory lies where seed ")
    output.write(decimal: seed)
    output.write(" puts it\n")
  }

  /// Makes the frame allocator from the boot loader's map, once `check` has nothing against it.
  package func start(_ boot: borrowing BootInformation, check: (borrowing MemoryMap) -> Void) {
    place(boot.seed)
    // The option heap=guarded: the kernel's heap watches over what lies in it.
    if boot.has(.guardedHeap) {
      context.memory.heap = Heap(source: KernelHeapPages(context), guarding: .on)
    }
    context.memory.directContents.start(boot)
    // The option check=memory: all of it is accounted for before the machine stops.
    context.memory.isProvedAtEnd = boot.has(.checkMemory)
    var map: MemoryMap
    do throws(MemoryMapError) {
      map = try MemoryMap(rows: boot.memoryMapRows, note: logNote)
    } catch {
      var output = KernelOutput(context)
      output.write("memory: ")
      error.describe(to: &output)
      output.write("\n")
      panic("there is no memory map to believe")
    }
    check(map)
    func reserve(_ range: PhysicalRange) { map.reserve(range, note: { _ in }) }
    let imageStart = UInt64(address_of___image_physical_start())
    let imageEnd = UInt64(address_of___image_end() &- DirectMap.start)
    if let image = PhysicalRange(start: PhysicalAddress(imageStart), length: imageEnd - imageStart) { reserve(image) }
    boot.forEachOccupiedRange(reserve)

    let imageFrames = UInt32(imageStart >> 12)..<UInt32((imageEnd + 4095) >> 12)
    FrameSetup.start(&map, image: imageFrames, boot: boot, in: context)
  }

  /// Gives every page of the kernel half its final permission.
  package func protect() {
    let features = context.features
    context.memory.tables = PageTables(
      root: context.memory.tables.root, memory: DirectTableMemory(context), noExecute: features.hasNoExecute)
    let directory = unsafe DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    let global: UInt64 = features.hasGlobalPages ? 1 << 8 : 0
    let noExecute: UInt64 = features.hasNoExecute ? 1 << 63 : 0
    // The image lies in the first large pages: these become tables, the others data.
    let imageEnd = address_of___image_end() &- DirectMap.start
    let imageLargePages = Int((imageEnd + 0x1f_ffff) >> 21)
    // Beyond the last frame there is nothing to reach: an address there is a mistake and faults.
    let present = Int((min(context.memory.frames.frameCount, DirectMap.endFrame.value) + 511) >> 9)
    for index in 0..<256 {
      if index < imageLargePages {
        guard let table = DirectTableMemory(context).allocateTable() else {
          panic("no memory for the kernel's page tables")
        }
        let entries = unsafe DirectMap.pointer(DirectMap.address(of: table), as: UInt64.self)
        for page in 0..<512 {
          let physical = UInt32(index) << 21 | UInt32(page) << 12
          unsafe entries[page] =
            UInt64(physical) | permissions(of: DirectMap.start &+ physical) | global
            | (isText(DirectMap.start &+ physical) ? 0 : noExecute)
        }
        unsafe directory[index] = UInt64(table.value) << 12 | 3
      } else {
        unsafe directory[index] = unsafe index < present ? (directory[index] | global | noExecute) : 0
      }
    }
    context.memory.recordPages.setFlags(global | noExecute)
    // Address 0 was only for the way up.
    unsafe DirectMap.pointer(address_of_boot_directory_pointers(), as: UInt64.self)[0] = 0
    let root = UInt32(truncatingIfNeeded: context.memory.tables.root.value)
    context.processor.setKernelDirectory(root)
  }

  private func isText(_ address: UInt32) -> Bool {
    address >= address_of___text_start() && address < address_of___text_end()
  }

  private func permissions(of address: UInt32) -> UInt64 {
    let isReadOnly =
      address >= address_of___text_start() && address < address_of___read_only_end()
      || address >= address_of___symbols_start() && address < address_of___image_end()
    return isReadOnly ? 1 : 3
  }

  /// Maps a page of the kernel half.
  package func map(
    _ address: UInt32, to frame: FrameNumber, _ permissions: PagePermissions
  ) throws(PageTableError) {
    let allowed = context.features.hasGlobalPages ? permissions.union(.global) : permissions
    try context.memory.tables.map(VirtualAddress(address), to: frame, allowed).flush(
      ProcessorTranslationCache(context))
    GuardedView(context).show(address)
  }

  /// Gives pages of the kernel half frames of their own, with whatever is in them. When it throws, none is mapped.
  package func mapNew(
    _ start: UInt32, pages: UInt32, zone: FrameZone = .any, owner: FrameOwner
  ) throws(PageTableError) {
    for page in 0..<pages {
      do throws(PageTableError) {
        let address = start &+ page &* pageSize
        guard let frame = Frames(context).allocate(zone: zone, owner: owner) else {
          throw .outOfMemory(page: VirtualAddress(address))
        }
        do throws(PageTableError) { try map(address, to: frame, [.write]) } catch {
          Frames(context).release(frame)
          throw error
        }
      } catch {
        unmapAndRelease(start, pages: page)
        throw error
      }
    }
  }

  /// Removes pages of the kernel half, where they are mapped, and gives their frames back.
  package func unmapAndRelease(_ start: UInt32, pages: UInt32) {
    for page in 0..<pages {
      if let frame = unmap(start &+ page &* pageSize) { Frames(context).release(frame) }
    }
  }

  /// Removes a page of the kernel half. Returns the frame that was behind it.
  package func unmap(_ address: UInt32) -> FrameNumber? {
    do throws(PageTableError) {
      guard let change = try context.memory.tables.unmap(VirtualAddress(address)) else { return nil }
      return change.flush(ProcessorTranslationCache(context)).frame
    } catch { report(error) }
  }

  /// The page tables are not as whoever changes them knows them to be: the kernel's own error.
  func report(_ error: PageTableError) -> Never {
    var output = KernelOutput(context)
    output.write("memory: ")
    error.describe(to: &output)
    output.write("\n")
    panic("the page tables were misused")
  }

  /// Maps the registers of the local interrupt controller, and the tables of the windows.
  package func mapDevices() {
    do throws(PageTableError) {
      try map(Processor.controller, to: FrameNumber(0xfee00), [.write, .uncached])
      if let range = VirtualRange(start: KernelLayout.windows, length: FrameContents.windowCount * pageSize) {
        try context.memory.tables.prepareTables(for: range)
      }
    } catch { panic("no memory to map the local interrupt controller") }
    GuardedView(context).start()
  }

  /// Memory that is never given back, zeroed, on an 8-byte boundary.
  package func permanent(_ bytes: Int) -> UInt32 {
    let size = UInt32(bytes + 7) & ~7
    if context.memory.permanentEnd - context.memory.permanentNext >= size {
      let address = context.memory.permanentNext
      context.memory.permanentNext += size
      return address
    }
    let pages = pagesNeeded(size)
    guard let frame = context.memory.frames.allocateRun(count: pages, zone: .low, owner: .metadata) else {
      panic("no memory for the kernel's tables")
    }
    let address = DirectMap.address(of: frame)
    zero_words(address, 1024 * pages)
    // The larger rest is for the next ones.
    let end = address + pages * pageSize
    if end - (address + size) > context.memory.permanentEnd - context.memory.permanentNext {
      context.memory.permanentNext = address + size
      context.memory.permanentEnd = end
    }
    return address
  }

  private func makeCallPage(_ template: UInt32) -> FrameNumber {
    guard let frame = context.memory.frames.allocate(zone: .low, owner: .metadata) else { panic("no memory") }
    let page = DirectMap.address(of: frame)
    zero_words(page, 1024)
    copy_words(page, template, address_of_system_call_page_size() / 4)
    return frame
  }

  /// Makes the system-call pages, the first from the template that suits the processor.
  package func makePermanentParts() {
    context.memory.systemCallFrame = makeCallPage(
      context.features.hasSystemEnter ? address_of_system_call_page_sysenter() : address_of_system_call_page_gate())
    context.memory.tracedCallFrame = makeCallPage(address_of_system_call_page_traced())
  }
}
