// Memory maps made up to be difficult, and random ones against a bitmap of pages.

import Boot
import Primitives
import TestSupport
import Testing

private func row(_ start: UInt64, _ length: UInt64, _ type: UInt32 = 1) -> MemoryMapRow {
  MemoryMapRow(start: start, length: length, type: type)
}

@Suite struct MemoryMapTests {
  @Test func reservedWinsAtPageGranularity() throws {
    let result = try MapResult([row(0x10_0000, 0x10_0000), row(0x10_8fff, 2, 2)])
    #expect(result.ranges == [0x10_0000..<0x10_8000, 0x10_a000..<0x20_0000])
    #expect(result.notes.count == 2)
    #expect(result.notes.first == .takesPages(NumberedRow(number: 2, row: row(0x10_8fff, 2, 2)), pages: 2))
    #expect(
      result.notes.last
        == .losesToReserved(NumberedRow(number: 1, row: row(0x10_0000, 0x10_0000)), bytes: 8192))
  }

  @Test func anUnalignedEndLosesItsPageOnly() throws {
    let result = try MapResult([row(0x10_0800, 0x1_0000)])
    #expect(result.ranges == [0x10_1000..<0x11_0000])
    #expect(result.notes == [.trimmed(NumberedRow(number: 1, row: row(0x10_0800, 0x1_0000)), bytes: 4096)])
  }

  @Test func rowsThatMeetInsideAPageLoseNothing() throws {
    let result = try MapResult([row(0x10_0800, 0xf_f800), row(0x10_0000, 0x800)])
    #expect(result.ranges == [0x10_0000..<0x20_0000])
    #expect(result.notes.isEmpty)
  }

  @Test func addressesNearTheLimitAndTheTop() throws {
    let rows = [
      row(0xf_ffff_0000, 0x2_0000),  // Across 64 GiB.
      row(0x100_0000_0000, 0x1000),  // Above it.
      row(.max - 0xfff, 0x1000, 2),  // Ends exactly at 2^64.
      row(.max - 0xfff, 0x1001, 2),  // Passes it.
      row(.max, 2),  // Passes it, usable.
      row(.max, .max),
      row(0x20_0000, .max - 0x20_0000 + 2),  // Passes it from far below: left out, not wrapped.
    ]
    let result = try MapResult(rows)
    #expect(result.ranges == [0xf_ffff_0000..<0x10_0000_0000])
    #expect(result.namedRows == [1, 2, 4, 5, 6, 7])
    expectInvariants(of: result, rows: rows)
  }

  @Test func aReservedRowThatWrapsReservesAllAboveIt() throws {
    let result = try MapResult([row(0x10_0000, 0x1000_0000), row(0x20_0000, .max, 2)])
    #expect(result.ranges == [0x10_0000..<0x20_0000])
  }

  @Test func mapsThatCannotBeUsed() {
    #expect(throws: MemoryMapError.noRows) { try MapResult([]) }
    #expect(throws: MemoryMapError.nothingUsable(rows: 1)) { try MapResult([row(0, 0x10_0000)]) }
    #expect(throws: MemoryMapError.nothingUsable(rows: 2)) {
      try MapResult([row(0x10_0000, 0x1000), row(0, .max, 2)])
    }
    let reset = row(0xffff_ff44, 0x2_7f00)
    #expect(throws: MemoryMapError.usableAtResetVector(NumberedRow(number: 2, row: reset))) {
      try MapResult([row(0x10_0000, 0x1_0000), reset])
    }
    let torn = [row(0x10_0001, 0x900), row(0x10_0804, 0x900), row(0x10_1008, 0x900), row(0x20_0000, 0x8000)]
    #expect(throws: MemoryMapError.torn(rows: 3, of: 4)) { try MapResult(torn) }
    // Odd addresses alone, or overlaps alone, are no reason.
    #expect(throws: Never.self) { try MapResult([torn[0], torn[2], torn[3], row(0x30_0003, 0x4000)]) }
    #expect(throws: Never.self) { try MapResult([torn[3], torn[3], row(0x20_1000, 0x10_0000)]) }
  }

  @Test func everySentenceEndsWithOneFullStop() {
    let one = NumberedRow(number: 1, row: row(1, 2))
    for error in [
      MemoryMapError.noRows, .usableAtResetVector(one), .torn(rows: 3, of: 4), .nothingUsable(rows: 1),
    ] {
      var text = TextCollector()
      error.describe(to: &text)
      #expect(text.text.hasSuffix(".") && text.text.filter { $0 == "." }.count == 1)
    }
  }

  @Test func notesNameTheRow() {
    var text = TextCollector()
    MemoryMapNote.unknownType(NumberedRow(number: 5, row: row(0x3ff2_6000, 0xd9000, 20))).describe(to: &text)
    #expect(
      text.text == "row 5 (start 0x3ff26000, length 0x000d9000, type 20) has an unknown type and is "
        + "treated as reserved")
  }

  @Test func theSmallestRangesAreGivenUpWhenThereIsNoRoom() throws {
    // 200 islands, the later the larger, so the first 72 have no room.
    let rows = (0..<200).map { row(0x100_0000 + UInt64($0) * 0x100_0000, UInt64($0 + 1) * 4096) }
    for rows in [rows, rows.reversed()] {
      let result = try MapResult(rows)
      #expect(result.ranges == modelRanges(rows).suffix(MemoryMap.capacity))
      let lost = result.notes.filter { if case .forgotten = $0 { true } else { false } }
      #expect(lost.count == 200 - MemoryMap.capacity)
      expectInvariants(of: result, rows: rows)
    }
  }

  @Test func splittingAFullTableKeepsTheLargerPart() throws {
    var rows = (0..<128).map { row(0x100_0000 + UInt64($0) * 0x100_0000, 0x1_0000) }
    rows.append(row(0x100_4000, 0x1000, 2))
    let result = try MapResult(rows)
    #expect(result.ranges.count == 128)
    #expect(result.ranges[0] == 0x100_5000..<0x101_0000)
    #expect(
      result.notes.contains(.noRoom(PhysicalRange(start: PhysicalAddress(0x100_0000), length: 0x4000)!)))
  }

  @Test func reservingAndCovering() throws {
    var map = try MemoryMap(rows: [row(0x10_0000, 0x10_0000)]) { _ in }
    let module = PhysicalRange(start: PhysicalAddress(0x11_0800), length: 0x1000)!
    let coversModule = map.covers(module)
    let coversPastTheEnd = map.covers(PhysicalRange(start: PhysicalAddress(0x1f_ffff), length: 2)!)
    #expect(coversModule && !coversPastTheEnd)
    map.reserve(module) { _ in }
    map.reserve(PhysicalRange(start: PhysicalAddress(0x15_0000), length: 0)!) { _ in }
    let coversReserved = map.covers(module)
    #expect(!coversReserved)
    let ranges = (0..<map.count).map { map[$0] }
    #expect(
      ranges == [
        UsableRange(first: FrameNumber(0x100), count: 0x10),
        UsableRange(first: FrameNumber(0x112), count: 0xee),
      ])
    let frames = map.frameCount
    #expect(frames == 0xfe)
  }

  @Test func notesAreCountedBeyondTheirLimit() throws {
    let rows = [row(0x10_0000, 0x1000)] + [MemoryMapRow](repeating: row(0x20_0000, 0), count: 9)
    var notes: [MemoryMapNote] = []
    _ = try MemoryMap(rows: rows, noteLimit: 4) { notes.append($0) }
    #expect(notes.count == 5 && notes.last == .furtherNotes(5))
  }

  @Test(arguments: [0, 1, 2, 3]) func aVeryLongMapEnds(kind: Int) throws {
    var generator = SeededGenerator(seed: UInt64(kind) + 77)
    var rows: [MemoryMapRow] = [row(0x10_0000, 0x10_0000)]
    for index in 1..<65_536 {
      let start = UInt64(index) * 0x2000 + 0x100_0000
      switch kind {
      case 0: rows.append(row(start, 0))
      case 1: rows.append(row(start, 0x1000))
      case 2: rows.append(row(start, 0x1000, UInt32(index % 3)))
      default:
        rows.append(
          row(generator.next() & ~15, generator.next(), UInt32.random(in: 0...8, using: &generator)))
      }
    }
    let clock = ContinuousClock()
    let took = try clock.measure {
      do throws(MemoryMapError) {
        let map = try MemoryMap(rows: rows) { _ in }
        let count = map.count
        #expect(count <= MemoryMap.capacity)
      } catch { if kind != 3 { throw error } }
    }
    #expect(took < .seconds(20))
  }
}

@Suite struct MemoryMapModelTests {
  /// Maps of 1 to 24 rows in 64 pages around 1 MiB, 8 GiB and 64 GiB, in steps of 512 bytes.
  @Test(arguments: 0..<10) func tenThousandRandomMaps(batch: Int) throws {
    var generator = SeededGenerator(seed: 0xb007 + UInt64(batch))
    for _ in 0..<1000 {
      let base: UInt64 = [0xf_0000, 0x2_0000_0000, 0xf_ffff_0000].randomElement(using: &generator)!
      let step: UInt64 = [512, 4096].randomElement(using: &generator)!
      let units = Int(64 * 4096 / step)
      let rows = (0..<Int.random(in: 1...24, using: &generator)).map { _ in
        let start = Int.random(in: 0..<units, using: &generator)
        let length = Int.random(in: 0...min(units - start, units / 4), using: &generator)
        let type: UInt32 = Bool.random(using: &generator) ? 1 : .random(in: 2...7, using: &generator)
        return row(base + UInt64(start) * step, UInt64(length) * step, type)
      }
      let expected = bitmapRanges(rows, base: base)
      #expect(expected == modelRanges(rows))
      if expected.isEmpty {
        #expect(throws: MemoryMapError.nothingUsable(rows: rows.count)) { try MapResult(rows) }
      } else {
        let result = try MapResult(rows)
        #expect(result.ranges == expected)
        expectInvariants(of: result, rows: rows)
      }
    }
  }

  /// The usable pages of 64 pages from `base`, by marking 512-byte units.
  private func bitmapRanges(_ rows: [MemoryMapRow], base: UInt64) -> [Range<UInt64>] {
    var usable = [Bool](repeating: false, count: 512)
    var reserved = usable
    for row in rows {
      let first = Int((row.start - base) / 512)
      for unit in first..<first + Int(row.length / 512) {
        if row.type == 1 { usable[unit] = true } else { reserved[unit] = true }
      }
    }
    var ranges: [Range<UInt64>] = []
    for page in 0..<64 {
      let units = page * 8..<page * 8 + 8
      let start = base + UInt64(page) * 4096
      let isFree = usable[units].allSatisfy { $0 } && !reserved[units].contains(true)
      if !isFree || start < 0x10_0000 || start >= 0x10_0000_0000 { continue }
      if let last = ranges.last, last.upperBound == start {
        ranges[ranges.count - 1] = last.lowerBound..<start + 4096
      } else {
        ranges.append(start..<start + 4096)
      }
    }
    return ranges
  }
}
