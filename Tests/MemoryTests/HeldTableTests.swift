// Page tables that are held: pages come and go in them without a table being made or given back.

import Primitives
import Testing

@testable import Memory

@Suite struct HeldTableTests {
  private static let window: UInt32 = 0x1020_0000

  private func page(_ index: UInt32) -> VirtualAddress { VirtualAddress(Self.window + index * pageSize) }

  @Test func pagesComeAndGoWithoutTables() throws {
    let emulator = PagingEmulator()
    let tables = PageTablesTests.makeTables(emulator)
    let cache = TranslationEmulator()
    let first = try tables.hold(tableOf: page(0), cache: cache)
    #expect(tables.lookup(page(0)) == nil)
    let held = emulator.tables
    for round in 1...3 as ClosedRange<UInt32> {
      var entry = first
      for index in 0..<16 as Range<UInt32> {
        tables.put(FrameNumber(round * 100 + index), [.user, .lent], at: entry)
        let found = tables.lookup(page(index))
        #expect(found?.frame.value == round * 100 + index)
        #expect(found?.permissions == [.user, .lent])
        entry = entry.next
      }
      entry = first
      for index in 0..<16 as Range<UInt32> {
        cache.clear()
        #expect(tables.clear(page(index), at: entry).flush(cache).frame.value == round * 100 + index)
        #expect(cache.invalidated == [page(index).value])
        #expect(tables.lookup(page(index)) == nil)
        entry = entry.next
      }
      #expect(emulator.tables == held)
    }
    tables.release(tableOf: page(0), cache: cache)
    #expect(emulator.tables.isEmpty)
  }

  /// What is mapped beside the held pages in the same table stays, and goes without taking the table along.
  @Test func neighboursAreLeftAlone() throws {
    let emulator = PagingEmulator()
    let tables = PageTablesTests.makeTables(emulator)
    let cache = TranslationEmulator()
    try tables.map(page(100), to: FrameNumber(7), [.user]).flush(cache)
    _ = try tables.hold(tableOf: page(0), cache: cache)
    try tables.unmap(page(100))?.flush(cache)
    #expect(!emulator.tables.isEmpty)
    try tables.map(page(100), to: FrameNumber(8), [.user]).flush(cache)
    tables.release(tableOf: page(0), cache: cache)
    #expect(tables.lookup(page(100))?.frame.value == 8)
    try tables.unmap(page(100))?.flush(cache)
    #expect(emulator.tables.isEmpty)
  }

  /// Without memory for the table nothing is left.
  @Test(arguments: [1, 2]) func failsWhole(table: Int) {
    let emulator = PagingEmulator()
    let tables = PageTablesTests.makeTables(emulator)
    emulator.tablesUntilFailure = table
    #expect(throws: PageTableError.outOfMemory(page: page(0))) {
      try tables.hold(tableOf: page(0), cache: TranslationEmulator())
    }
    #expect(emulator.tables.isEmpty)
  }
}
