// A slow, obvious second opinion on memory maps, and the checks that every result must pass.

import Boot
import Primitives
import Testing

/// The result of `MemoryMap` as plain values.
struct MapResult: Equatable {
  var ranges: [Range<UInt64>] = []
  var notes: [MemoryMapNote] = []

  init(_ rows: some Sequence<MemoryMapRow>, reserving reserved: [PhysicalRange] = []) throws {
    var notes: [MemoryMapNote] = []
    var map = try MemoryMap(rows: rows, noteLimit: .max) { notes.append($0) }
    for range in reserved { map.reserve(range) { notes.append($0) } }
    self.notes = notes
    var frames: UInt32 = 0
    for index in 0..<map.count {
      let range = map[index]
      let start = range.first.address.value
      ranges.append(start..<start + UInt64(range.count) * 4096)
      frames += range.count
    }
    let frameCount = map.frameCount
    #expect(frames == frameCount)
  }

  /// The numbers of the rows that notes name.
  var namedRows: Set<Int> { Set(notes.compactMap(\.rowNumber)) }
}

extension MemoryMapNote {
  var rowNumber: Int? {
    switch self {
    case .empty(let row), .wraps(let row), .unknownType(let row), .belowFirstMegabyte(let row, _),
      .beyondLimit(let row, _), .trimmed(let row, _), .takesPages(let row, _),
      .losesToReserved(let row, _), .forgotten(let row, _):
      row.number
    case .noRoom, .furtherNotes: nil
    }
  }
}

extension MemoryMapRow {
  /// The row's bytes as 128-bit numbers, which nothing here can overflow.
  var wide: Range<UInt128> { UInt128(start)..<UInt128(start) + UInt128(length) }
}

/// The usable pages of `rows`, worked out between all the boundaries that occur.
func modelRanges(_ rows: [MemoryMapRow]) -> [Range<UInt64>] {
  let top = UInt128(1) << 64
  let window = UInt128(0x10_0000)..<UInt128(0x10_0000_0000)
  let usable = rows.filter { $0.type == 1 && $0.wide.upperBound <= top }.map(\.wide)
    .sorted { $0.lowerBound < $1.lowerBound }
  let reserved = rows.filter { $0.type != 1 && $0.length != 0 }.map(\.wide)
  var cuts: Set<UInt128> = [window.lowerBound, window.upperBound]
  for row in rows {
    for edge in [row.wide.lowerBound, row.wide.upperBound] {
      let page = edge / 4096 * 4096
      cuts.formUnion([page, page + 4096])
    }
  }
  let sorted = cuts.filter { window.contains($0) || $0 == window.upperBound }.sorted()
  var result: [Range<UInt64>] = []
  for (start, end) in zip(sorted, sorted.dropFirst()) {
    var covered = start
    for row in usable where row.lowerBound <= covered { covered = max(covered, row.upperBound) }
    let isReserved = reserved.contains { row in
      let pages = row.lowerBound / 4096 * 4096..<(row.upperBound + 4095) / 4096 * 4096
      return pages.lowerBound < end && start < pages.upperBound
    }
    if covered < end || isReserved { continue }
    if let last = result.last, last.upperBound == UInt64(start) {
      result[result.count - 1] = last.lowerBound..<UInt64(end)
    } else {
      result.append(UInt64(start)..<UInt64(end))
    }
  }
  return result
}

/// What must hold of any result, whatever the map.
func expectInvariants(of result: MapResult, rows: [MemoryMapRow]) {
  for (left, right) in zip(result.ranges, result.ranges.dropFirst()) {
    #expect(left.upperBound < right.lowerBound)
  }
  for range in result.ranges {
    #expect(range.lowerBound >= 0x10_0000 && range.upperBound <= 0x10_0000_0000 && !range.isEmpty)
    #expect(range.lowerBound % 4096 == 0 && range.upperBound % 4096 == 0)
    let pages = UInt128(range.lowerBound)..<UInt128(range.upperBound)
    for row in rows where row.type != 1 && row.length != 0 { #expect(!pages.overlaps(row.wide)) }
  }
  // Every row that is not used as it stands is named.
  for (index, row) in rows.enumerated() {
    if row.type == 1 {
      let used = result.ranges.contains {
        UInt128($0.lowerBound) <= row.wide.lowerBound && UInt128($0.upperBound) >= row.wide.upperBound
      }
      if !used || row.length == 0 {
        #expect(result.namedRows.contains(index + 1), "row \(index + 1) of \(rows) is not named")
      }
    } else if row.type > 5 || row.length == 0 || row.wide.upperBound > UInt128(1) << 64 {
      #expect(result.namedRows.contains(index + 1), "row \(index + 1) of \(rows) is not named")
    }
  }
}
