// The memory map: from the rows that firmware reports, in any order and of any quality, to the frames
// that the kernel may hand out.
//
// Invariants of the result:
// - no page that any row other than usable memory touches, and no page below 1 MiB;
// - only whole pages; ranges sorted, apart from one another;
// - every byte of usable memory that is not in the result is accounted for by a note.
// The work takes four passes over the rows, each O(rows * log ranges) plus moves within 128 ranges,
// and no heap. Nothing is noted before the map as a whole has been believed.

import Primitives

/// The usable memory of the machine. `reserve` takes out what the kernel and the loader occupy.
public struct MemoryMap: ~Copyable {
  /// The first address that is ever handed out: below lie the BIOS data, the VGA window and what the
  /// start of other processors needs.
  public static var firstAddress: PhysicalAddress { PhysicalAddress(0x10_0000) }

  /// Where usable memory ends at the latest: PAE promises 36 address bits, 64 GiB, on every processor
  /// that has it (Intel SDM Vol. 3, 4.1.4).
  public static var limit: PhysicalAddress { PhysicalAddress(0x10_0000_0000) }

  /// How many separate ranges are remembered; of more, the smallest are given up, with a note each.
  public static var capacity: Int { RangeSet.capacity }

  private var ranges: RangeSet

  /// Works out the usable memory that `rows` leave.
  /// - Parameters:
  ///   - rows: the rows in the order of the firmware; they are walked several times and must be the same
  ///     each time.
  ///   - noteLimit: how many notes are given before the rest is only counted.
  ///   - note: called for each row that is not used as it stands.
  /// - Throws: `MemoryMapError` where the map cannot be believed or leaves nothing.
  public init(
    rows: some Sequence<MemoryMapRow>, noteLimit: UInt64 = 256, note: (MemoryMapNote) -> Void
  ) throws(MemoryMapError) {
    var given: UInt64 = 0
    func give(_ one: MemoryMapNote) {
      given &+= 1
      if given <= noteLimit { note(one) }
    }
    ranges = RangeSet()
    var evidence = Evidence()
    let united = Self.unite(rows, &evidence)
    try evidence.check()
    for (index, row) in rows.enumerated() {
      united.noteFlaws(of: NumberedRow(number: index &+ 1, row: row), give)
    }
    ranges = united
    _ = ranges.subtract(PhysicalRange(0, Self.firstAddress.value))
    ranges.shrinkToPages()
    for (index, row) in rows.enumerated() where !row.isUsable && row.length != 0 {
      let (removed, givenUp) = ranges.subtract(row.range.grownToPages)
      if removed != 0 {
        let pages = removed / UInt64(pageSize)
        give(.takesPages(NumberedRow(number: index &+ 1, row: row), pages: pages))
      }
      if let givenUp { give(.noRoom(givenUp)) }
    }
    for (index, row) in rows.enumerated() where row.isUsable && !row.wraps {
      let range = row.range.overlap(with: Self.window)
      let lost = united.overlap(with: range) &- ranges.overlap(with: range)
      let reserved = lost &- united.bytesOutsideFullPages(of: range)
      if reserved != 0 {
        give(.losesToReserved(NumberedRow(number: index &+ 1, row: row), bytes: reserved))
      }
    }
    if given > noteLimit { note(.furtherNotes(given &- noteLimit)) }
    if ranges.count == 0 { throw .nothingUsable(rows: evidence.rows) }
  }

  /// The number of usable ranges.
  public var count: Int { ranges.count }

  /// The usable range at `index`, in the order of their addresses.
  public subscript(index: Int) -> UsableRange {
    let range = ranges[index]
    return UsableRange(
      first: range.start.frame,
      count: UInt32(truncatingIfNeeded: range.length / UInt64(pageSize)))
  }

  /// The number of usable frames.
  public var frameCount: UInt32 {
    var frames: UInt32 = 0
    for index in 0..<count { frames &+= self[index].count }
    return frames
  }

  /// True where every byte of `range` is usable: what must hold for a boot module or the kernel image
  /// before it is reserved, or the loader put it where no memory is.
  public func covers(_ range: PhysicalRange) -> Bool { ranges.overlap(with: range) == range.length }

  /// Takes every page that `range` touches out of the usable memory.
  /// - Parameter note: called where that splits a range and there is no room for both parts.
  public mutating func reserve(_ range: PhysicalRange, note: (MemoryMapNote) -> Void) {
    if range.isEmpty { return }
    if let givenUp = ranges.subtract(range.grownToPages).givenUp { note(.noRoom(givenUp)) }
  }

  fileprivate static var window: PhysicalRange { PhysicalRange(firstAddress.value, limit.value) }

  /// The set of all usable rows, byte for byte, so that rows that meet in the middle of a page lose
  /// nothing; what tells a map from garbage is gathered on the way.
  private static func unite(
    _ rows: some Sequence<MemoryMapRow>, _ evidence: inout Evidence
  ) -> RangeSet {
    var set = RangeSet()
    for row in rows {
      evidence.add(row)
      if !row.isUsable || row.wraps { continue }
      let reachable = row.range.overlap(with: PhysicalRange(0, limit.value))
      evidence.repeatedBytes &+= set.insert(reachable).repeated
    }
    return set
  }
}

/// The questions asked of the set of all usable rows.
extension RangeSet {
  /// Notes what the row says or loses by itself, before any row is reserved.
  fileprivate func noteFlaws(of number: NumberedRow, _ give: (MemoryMapNote) -> Void) {
    let row = number.row
    if row.length == 0 { return give(.empty(number)) }
    if row.wraps { give(.wraps(number)) }
    if !row.hasKnownType { give(.unknownType(number)) }
    if !row.isUsable || row.wraps { return }

    let low = row.range.overlap(with: PhysicalRange(0, MemoryMap.firstAddress.value))
    if !low.isEmpty { give(.belowFirstMegabyte(number, bytes: low.length)) }
    let high = row.range.overlap(with: PhysicalRange(MemoryMap.limit.value, .max))
    if !high.isEmpty { give(.beyondLimit(number, bytes: high.length)) }
    let middle = row.range.overlap(with: MemoryMap.window)
    let forgotten = middle.length &- overlap(with: middle)
    if forgotten != 0 { give(.forgotten(number, bytes: forgotten)) }
    let trimmed = bytesOutsideFullPages(of: middle)
    if trimmed != 0 { give(.trimmed(number, bytes: trimmed)) }
  }

  /// How many bytes of `range` lie in pages at its ends that the set does not fill.
  fileprivate func bytesOutsideFullPages(of range: PhysicalRange) -> UInt64 {
    if range.isEmpty { return 0 }
    let last = PhysicalAddress(range.end.value &- 1)
    let atStart = bytes(of: range, inUnfilledPageOf: range.start)
    if last.frame == range.start.frame { return atStart }
    return atStart &+ bytes(of: range, inUnfilledPageOf: last)
  }

  private func bytes(of range: PhysicalRange, inUnfilledPageOf address: PhysicalAddress) -> UInt64 {
    let start = address.roundedDownToPage.value
    let page = PhysicalRange(start, start &+ UInt64(pageSize))
    return overlap(with: page) == page.length ? 0 : overlap(with: range.overlap(with: page))
  }
}

/// What tells a memory map from garbage, whatever the order of its rows.
private struct Evidence {
  var rows = 0
  /// Rows that begin off a 16-byte boundary; firmware counts memory in paragraphs at the finest.
  var tornRows = 0
  /// Bytes that more than one row of usable memory claims.
  var repeatedBytes: UInt64 = 0
  var usableAtResetVector: NumberedRow?

  mutating func add(_ row: MemoryMapRow) {
    rows &+= 1
    if row.start % 16 != 0 { tornRows &+= 1 }
    // The firmware's ROM ends at 4 GiB: the processor starts 16 bytes below (Intel SDM Vol. 3, 10.1.4).
    let romStart: UInt64 = 0xffff_0000
    let romEnd: UInt64 = 0x1_0000_0000
    if row.isUsable && !row.wraps && romStart..<romEnd ~= row.start && row.range.end.value > romEnd {
      usableAtResetVector = usableAtResetVector ?? NumberedRow(number: rows, row: row)
    }
  }

  func check() throws(MemoryMapError) {
    if rows == 0 { throw .noRows }
    if let row = usableAtResetVector { throw .usableAtResetVector(row) }
    if repeatedBytes != 0 && tornRows >= 3 && tornRows > rows / 4 {
      throw .torn(rows: tornRows, of: rows)
    }
  }
}

extension MemoryMapRow {
  /// True where the last byte of the row would lie beyond 2^64.
  fileprivate var wraps: Bool { length != 0 && start.addingReportingOverflow(length &- 1).overflow }

  /// The bytes of the row; of a row that reaches 2^64 or passes it, all but the very last byte.
  fileprivate var range: PhysicalRange {
    let (end, overflow) = start.addingReportingOverflow(length)
    return PhysicalRange(start, overflow ? .max : end)
  }
}
