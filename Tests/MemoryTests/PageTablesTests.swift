// Page tables against a dictionary of pages, judged by the emulated walk for every kind of access.

import Primitives
import TestSupport
import Testing

@testable import Memory

@Suite struct PageTablesTests {
  typealias Tables = PageTables<PagingEmulator>
  static let kernelDirectory = FrameNumber(0x80)
  static let root = PhysicalAddress(0x7fe0)

  static func makeTables(_ emulator: PagingEmulator, root: PhysicalAddress = root, noExecute: Bool = true)
    -> Tables
  {
    let tables = Tables(root: root, memory: emulator, noExecute: noExecute)
    tables.initializeRoot(kernelDirectory: kernelDirectory)
    return tables
  }

  /// Every page of the model is translated as its permissions say, for each kind of access.
  static func expectAgreement(
    _ emulator: PagingEmulator, _ model: [UInt32: (frame: UInt32, permissions: PagePermissions)],
    _ page: UInt32, _ note: Comment
  ) {
    for ring in [0, 3] {
      for (write, fetch) in [(false, false), (true, false), (false, true)] {
        for accessFlag in [false, true] {
          let access = PagingEmulator.Access(ring: ring, write: write, fetch: fetch, accessFlag: accessFlag)
          let outcome = emulator.translate(root: root, page | 0x123, access)
          guard let entry = model[page] else {
            #expect(outcome == .notPresent, note)
            continue
          }
          let isUser = entry.permissions.contains(.user)
          var allowed =
            (!write || entry.permissions.contains(.write)) && (!fetch || entry.permissions.contains(.execute))
          if ring == 3 { allowed = allowed && isUser }
          if ring == 0 && isUser { allowed = allowed && !fetch && accessFlag }
          let expected = UInt64(entry.frame) << 12 | 0x123
          #expect(outcome == (allowed ? .physical(expected) : .forbidden), note)
        }
      }
    }
  }

  @Test(arguments: [UInt64(21), 22])
  func agreesWithAModel(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let emulator = PagingEmulator()
    let tables = Self.makeTables(emulator)
    let cache = TranslationEmulator()
    var model: [UInt32: (frame: UInt32, permissions: PagePermissions)] = [:]
    // Clusters of pages, so that tables fill and empty, in all three own directories.
    let bases: [UInt32] = [0x0040_0000, 0x1000_0000, 0x101f_e000, 0x5000_0000, 0xb000_0000, 0xbfff_0000]
    func randomPage() -> UInt32 {
      bases.randomElement(using: &random)! + UInt32.random(in: 0..<16, using: &random) * pageSize
    }
    for step in 0..<100_000 {
      let note: Comment = "seed \(seed) step \(step)"
      let page = randomPage()
      let address = VirtualAddress(page | UInt32.random(in: 0..<4096, using: &random))
      let permissions = PagePermissions(rawValue: UInt8.random(in: .min ... .max, using: &random)).subtracting(
        .global)
      let frame = UInt32.random(in: 0..<0x0100_0000, using: &random)
      cache.clear()
      switch Int.random(in: 0..<6, using: &random) {
      case 0, 1:
        if Int.random(in: 0..<4, using: &random) == 0 { emulator.tablesUntilFailure = 1 }
        let tablesBefore = emulator.tables
        let missingDirectory =
          emulator.read(entryAt: PhysicalAddress(Self.root.value + UInt64(page >> 30) * 8)) == 0
        do throws(PageTableError) {
          try tables.map(address, to: FrameNumber(frame), permissions).flush(cache)
          #expect(model[page] == nil, note)
          #expect(cache.reloads == (missingDirectory ? 1 : 0), note)
          model[page] = (frame, permissions)
        } catch .alreadyMapped(_, let entry) {
          #expect(model[page]?.frame == entry.frame.value, note)
          #expect(model[page]?.permissions == entry.permissions, note)
        } catch {
          #expect(error == .outOfMemory(page: VirtualAddress(page)), note)
          #expect(emulator.tables == tablesBefore, note)
        }
        emulator.tablesUntilFailure = 0
      case 2:
        if let change = try tables.unmap(address) {
          let entry = change.flush(cache)
          #expect(entry.frame.value == model[page]?.frame, note)
          #expect(cache.invalidated == [page], note)
          model[page] = nil
        } else {
          #expect(model[page] == nil, note)
        }
      case 3:
        do throws(PageTableError) {
          let old = try tables.protect(address, permissions).flush(cache)
          #expect(old.permissions == model[page]?.permissions, note)
          #expect(cache.invalidated == [page], note)
          model[page]?.permissions = permissions
        } catch {
          #expect(error == .notMapped(page: VirtualAddress(page)) && model[page] == nil, note)
        }
      case 4:
        do throws(PageTableError) {
          let old = try tables.replace(address, with: FrameNumber(frame), permissions).flush(cache)
          #expect(old.frame.value == model[page]?.frame, note)
          #expect(cache.invalidated == [page], note)
          model[page] = (frame, permissions)
        } catch {
          #expect(error == .notMapped(page: VirtualAddress(page)) && model[page] == nil, note)
        }
      default:
        let entry = tables.lookup(address)
        #expect(entry?.frame.value == model[page]?.frame, note)
        #expect(entry?.permissions == model[page]?.permissions, note)
      }
      if step % 20 == 0 { Self.expectAgreement(emulator, model, page, note) }
      if step % 10_000 == 0 {
        for base in bases {
          let range = try #require(VirtualRange(start: base, length: 16 * pageSize))
          let expected = model.keys.count { range.contains($0) }
          #expect(tables.countMapped(in: range) == UInt32(expected), note)
        }
      }
    }
    var seen: [UInt32: UInt32] = [:]
    tables.destroyOwnHalf { page, entry in seen[page.value] = entry.frame.value }
    #expect(seen == model.mapValues(\.frame))
    #expect(emulator.tables.isEmpty)
  }

  @Test(arguments: [UInt64(31), 32])
  func rangesAgreeWithPageByPage(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for round in 0..<300 {
      let note: Comment = "seed \(seed) round \(round)"
      let emulator = PagingEmulator()
      let tables = Self.makeTables(emulator)
      let cache = TranslationEmulator()
      var model: Set<UInt32> = []
      // Around the border of two page tables, or of two directories.
      let base: UInt32 = [0x101f_8000, 0x3fff_8000, 0x7fff_8000].randomElement(using: &random)!
      for index in 0..<16 as Range<UInt32> where Bool.random(using: &random) {
        try tables.map(VirtualAddress(base + index * pageSize), to: FrameNumber(index), [.user, .write])
          .flush(cache)
        model.insert(base + index * pageSize)
      }
      cache.clear()
      let first = UInt32.random(in: 0..<16, using: &random)
      let length = UInt32.random(in: 0...(16 - first), using: &random) * pageSize
      let range = try #require(VirtualRange(start: base + first * pageSize, length: length))
      let inside = model.filter { range.contains($0) }
      try tables.protect(range, cache: cache) { entry in
        entry.permissions.subtracting(.write).union(.copyOnWrite)
      }
      #expect(Set(cache.invalidated) == inside, note)
      for page in model {
        #expect(tables.lookup(VirtualAddress(page))?.isCopyOnWrite == inside.contains(page), note)
        #expect(tables.lookup(VirtualAddress(page))?.isWritable == !inside.contains(page), note)
      }
      cache.clear()
      var removed: Set<UInt32> = []
      try tables.unmap(range, cache: cache) { page, entry in
        #expect(cache.invalidated.last == page.value, note)
        #expect(entry.frame.value == (page.value - base) / pageSize, note)
        removed.insert(page.value)
      }
      #expect(removed == inside, note)
      for index in 0..<16 as Range<UInt32> {
        let page = base + index * pageSize
        let expected = model.contains(page) && !inside.contains(page)
        #expect((tables.lookup(VirtualAddress(page)) != nil) == expected, note)
      }
      tables.destroyOwnHalf { _, _ in }
      #expect(emulator.tables.isEmpty, note)
    }
  }

  @Test func sharingUndoesItselfWhenTablesRunOut() throws {
    let emulator = PagingEmulator()
    let source = Self.makeTables(emulator)
    let destination = Self.makeTables(emulator, root: PhysicalAddress(0x6000))
    let range = try #require(VirtualRange(start: 0x1000_0000, length: 0x60_0000))
    for page in stride(from: range.start, to: UInt32(range.end), by: 0x3_0000) {
      try source.map(VirtualAddress(page), to: FrameNumber(page >> 12), [.user, .write])
        .assumeFlushed(because: "the address space is not loaded")
    }
    var holders: [UInt32: Int] = [:]
    func share() throws(PageTableError) {
      try source.share(
        range, into: destination, at: VirtualAddress(0x7fe0_0000), [.user], cache: NoTranslationCache(),
        retain: {
          holders[$0.value, default: 0] += 1
          return true
        },
        undo: { holders[$0.value, default: 0] -= 1 })
    }
    let tablesBefore = emulator.tables
    var failures = 0
    for attempt in 1... {
      emulator.tablesUntilFailure = attempt
      do {
        try share()
        break
      } catch {
        failures += 1
        #expect(holders.values.allSatisfy { $0 == 0 })
        #expect(emulator.tables == tablesBefore)
      }
    }
    // Three page tables under two directories.
    #expect(failures == 5)
    emulator.tablesUntilFailure = 0
    for page in stride(from: range.start, to: UInt32(range.end), by: 0x3_0000) {
      let copy = destination.lookup(VirtualAddress(page - range.start + 0x7fe0_0000))
      #expect(copy?.frame.value == page >> 12)
      #expect(copy?.isWritable == false)
      #expect(holders[page >> 12] == 1)
    }
  }

  @Test func sharingUndoesItselfWhenAFrameHasNoRoomForAnotherHolder() throws {
    let emulator = PagingEmulator()
    let source = Self.makeTables(emulator)
    let destination = Self.makeTables(emulator, root: PhysicalAddress(0x6000))
    let range = try #require(VirtualRange(start: 0x1000_0000, length: 0x8000))
    for page in stride(from: range.start, to: UInt32(range.end), by: 0x1000) {
      try source.map(VirtualAddress(page), to: FrameNumber(page >> 12), [.user, .write])
        .assumeFlushed(because: "the address space is not loaded")
    }
    let full: UInt32 = 0x1_0005
    var holders: [UInt32: Int] = [:]
    #expect(throws: PageTableError.tooManyHolders(page: VirtualAddress(full << 12))) {
      try source.share(
        range, into: destination, at: VirtualAddress(0x2000_0000), [.user], cache: NoTranslationCache(),
        retain: {
          guard $0.value != full else { return false }
          holders[$0.value, default: 0] += 1
          return true
        },
        undo: { holders[$0.value, default: 0] -= 1 })
    }
    #expect(holders.count == 5 && holders.values.allSatisfy { $0 == 0 })
    #expect(destination.countMapped(in: try #require(VirtualRange(start: 0x2000_0000, length: 0x8000))) == 0)
  }

  @Test func theKernelHalfIsOneDirectory() throws {
    let emulator = PagingEmulator()
    let first = Self.makeTables(emulator)
    let second = Self.makeTables(emulator, root: PhysicalAddress(0x6000))
    try first.mapLarge(VirtualAddress(0xc000_0000), to: FrameNumber(0), [.write, .global])
      .assumeFlushed(because: "not loaded")
    let stacks = try #require(VirtualRange(start: 0xe000_0000, length: 0x40_0000))
    try first.prepareTables(for: stacks)
    #expect(emulator.tables.count == 2)
    emulator.tablesUntilFailure = 1
    try first.map(VirtualAddress(0xe000_1000), to: FrameNumber(0x12_3456), [.write, .global])
      .assumeFlushed(because: "not loaded")
    #expect(second.lookup(VirtualAddress(0xe000_1fff))?.frame.value == 0x12_3456)
    #expect(second.lookup(VirtualAddress(0xc010_0000))?.isLarge == true)
    let access = PagingEmulator.Access(ring: 0, write: true)
    #expect(emulator.translate(root: second.root, 0xc012_3456, access) == .physical(0x12_3456))
    #expect(
      emulator.translate(root: second.root, 0xc012_3456, .init(ring: 3)) == .forbidden)
    #expect(throws: PageTableError.insideLargePage(page: VirtualAddress(0xc010_0000))) {
      try first.map(VirtualAddress(0xc010_0000), to: FrameNumber(1), []).flush(NoTranslationCache())
    }
    let cache = TranslationEmulator()
    try first.unmap(stacks, cache: cache) { _, _ in }
    #expect(cache.invalidated == [0xe000_1000])
    #expect(second.lookup(VirtualAddress(0xe000_1000)) == nil)
    #expect(emulator.tables.count == 2)
  }

  @Test func processorsWithoutExecuteDisableSeeNoReservedBit() throws {
    let emulator = PagingEmulator()
    let tables = Self.makeTables(emulator, noExecute: false)
    try tables.map(VirtualAddress(0x40_0000), to: FrameNumber(0x500), [.user]).flush(NoTranslationCache())
    let access = PagingEmulator.Access(ring: 3, noExecute: false)
    #expect(emulator.translate(root: tables.root, 0x40_0010, access) == .physical(0x50_0010))
  }

  @Test func keepsAccessedAndDirtyWhenProtecting() throws {
    let emulator = PagingEmulator()
    let tables = Self.makeTables(emulator)
    let page = VirtualAddress(0x40_0000)
    try tables.map(page, to: FrameNumber(0x500), [.user, .write]).flush(NoTranslationCache())
    guard case .entry(let entry, at: let position, table: _) = tables.find(page) else {
      Issue.record("not mapped")
      return
    }
    emulator.write(entry.rawValue | 0x60, at: position)
    try tables.protect(page, [.user]).flush(NoTranslationCache())
    let changed = try #require(tables.lookup(page))
    #expect(changed.isAccessed && changed.isDirty && !changed.isWritable)
    #expect(!changed.isWriteThrough && !changed.isGlobal && !changed.isForeign)
  }

  @Test func forgettingAChangeStops() async {
    await #expect(processExitsWith: .failure) {
      let tables = PageTablesTests.makeTables(PagingEmulator())
      _ = try tables.map(VirtualAddress(0x40_0000), to: FrameNumber(1), [])
    }
  }

  @Test func errorsReadAsSentences() {
    func text(_ error: PageTableError) -> String {
      var output = TextCollector()
      error.describe(to: &output)
      return output.text
    }
    let page = VirtualAddress(0x40_0000)
    #expect(text(.notMapped(page: page)) == "the page at 0x00400000 is not mapped")
    #expect(
      text(.alreadyMapped(page: page, entry: PageEntry(FrameNumber(0x12), [], noExecute: true)))
        == "the page at 0x00400000 is mapped already, to frame 0x00012")
    #expect(
      text(.outOfMemory(page: page)) == "the page at 0x00400000 needs a page table and no frame is free")
    #expect(text(.insideLargePage(page: page)) == "the page at 0x00400000 is part of a 2-MiB page")
  }
}
