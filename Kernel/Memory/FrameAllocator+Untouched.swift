// Memory that nobody has used yet. Its records take no memory either: the records are an array in virtual memory, whose
// pages get frames where the first of their records has to be written.
//
// Memory is touched by chunks of 1,024 frames, which are a largest block; their records fill two pages. A chunk that is not
// wholly free when the system starts has records from then on, and so has every chunk from when a frame of it is handed
// out. The frames of these two pages are two of the chunk's, side by side. They count neither as free nor as memory before they
// are needed, so that touching a chunk changes nothing in what is free.
//
// Invariants: the records of an untouched chunk read as `absent`, and none of them is written; no list has a frame of it.

import Primitives

/// Rows of untouched chunks: whole ones, in order of their being added, none of them across the border of a zone.
struct UntouchedChunks {
  private var rows = InlineArray<16, Row>(repeating: Row())
  private(set) var rowCount = 0

  struct Row {
    var first: UInt32 = 0
    var end: UInt32 = 0
  }

  /// How many more rows there can be.
  var room: Int { rows.count &- rowCount }

  func row(_ index: Int) -> Row { rows[index] }

  mutating func append(first: UInt32, end: UInt32) {
    rows[rowCount] = Row(first: first, end: end)
    rowCount &+= 1
  }

  func contains(_ chunk: UInt32) -> Bool {
    for index in 0..<rowCount where chunk >= rows[index].first && chunk < rows[index].end { return true }
    return false
  }

  /// Takes out the first chunk of a zone.
  mutating func take(zone: Int) -> UInt32? {
    for index in 0..<rowCount where rows[index].first < rows[index].end {
      let chunk = rows[index].first
      guard FrameZone.index(of: chunk &* FrameAllocator.chunkSize) == zone else { continue }
      rows[index].first &+= 1
      return chunk
    }
    return nil
  }
}

extension FrameAllocator {
  /// Frames of a chunk.
  public static var chunkSize: UInt32 { 1 &<< UInt32(largestOrder) }
  /// Pages that a chunk's records fill.
  public static var recordPages: UInt32 { chunkSize &* UInt32(MemoryLayout<FrameRecord>.stride) / pageSize }
  /// What an untouched chunk counts for.
  static var usableFrames: UInt32 { chunkSize &- recordPages }

  /// Adds whole chunks of free frames whose records are not there. Nothing changes when a frame is not absent.
  @inline(never)
  public mutating func addUntouched(chunks: Range<UInt32>) throws(FrameFault) {
    let limit = records.count / Self.chunkSize
    guard chunks.upperBound <= limit else {
      throw FrameFault.outOfRange(frame: FrameNumber(limit &* Self.chunkSize), limit: records.count)
    }
    for chunk in chunks {
      let first = FrameNumber(chunk &* Self.chunkSize)
      if untouched.contains(chunk) { throw FrameFault.alreadyOwned(frame: first, owner: .free) }
      try records.validateAbsent(first: first, count: Self.chunkSize)
    }
    var first = chunks.lowerBound
    while first < chunks.upperBound {
      let zone = FrameZone.index(of: first &* Self.chunkSize)
      let zoneEnd = (FrameZone(rawValue: zone) ?? .any).end / Self.chunkSize
      let end = min(chunks.upperBound, zoneEnd)
      zones[zone].freeFrames &+= (end &- first) &* Self.usableFrames
      totalFrames &+= (end &- first) &* Self.usableFrames
      if untouched.room > 0 {
        // In two rows, so that any chunk can be the first, as long as there is room for as many rows as maps have pieces.
        let middle = untouched.room > 8 ? first &+ placement.firstChunk % (end &- first) : first
        if middle > first { untouched.append(first: middle, end: end) }
        untouched.append(first: first, end: middle > first ? middle : end)
      } else {
        // A map of so many pieces: these get their records now.
        for chunk in first..<end { touch(chunk, zone: zone, keepsWhole: false) }
      }
      first = end
    }
  }

  /// Whether the frame is one that nobody has used yet.
  func isUntouched(_ frame: UInt32) -> Bool { untouched.contains(frame / Self.chunkSize) }

  /// Makes a zone's next untouched chunk one whose frames can be handed out. False where there is none.
  ///
  /// - Parameter keepsWhole: take the records' frames from elsewhere in the zone, where there are any.
  mutating func touchNext(zone: Int, keepsWhole: Bool) -> Bool {
    guard let chunk = untouched.take(zone: zone) else { return false }
    touch(chunk, zone: zone, keepsWhole: keepsWhole)
    return true
  }

  @inline(never)
  private mutating func touch(_ chunk: UInt32, zone: Int, keepsWhole: Bool) {
    let start = chunk &* Self.chunkSize
    let end = start &+ Self.chunkSize
    // Those of its own for the records may lie anywhere in it: what is handed out next are the small blocks around them.
    let firstOwn = start | placement.halves & (Self.chunkSize &- Self.recordPages)
    var endOfOwn = firstOwn
    var others = InlineArray<2, UInt32>(repeating: FrameRecord.none)
    if keepsWhole {
      for page in others.indices { others[page] = takeSingle(zone: zone) ?? FrameRecord.none }
    }
    for page in others.indices {
      if others[page] == FrameRecord.none {
        others[page] = endOfOwn
        endOfOwn &+= 1
      }
      provideRecords(chunk &* Self.recordPages &+ UInt32(page), FrameNumber(others[page]))
    }
    for page in others.indices { handOut(others[page], owner: .metadata) }
    totalFrames &+= Self.recordPages
    records.becomeFree(start..<firstOwn)
    records.becomeFree(endOfOwn..<end)
    zones[zone].freeFrames &-= Self.usableFrames
    // Those that were taken elsewhere are free no more, and as many of the chunk's own are.
    giveBlocks(start..<firstOwn)
    giveBlocks(endOfOwn..<end)
  }

  /// Takes a frame out of a zone's cache, or else out of its lists.
  private mutating func takeSingle(zone: Int) -> UInt32? {
    let frame = zones[zone].cached
    guard frame != FrameRecord.none else { return takeBlock(order: 0, zone: zone) }
    zones[zone].cached = records[frame].next
    zones[zone].cachedCount &-= 1
    zones[zone].freeFrames &-= 1
    return frame
  }

  /// Takes a block of 2^`order` frames from chunks that were untouched. A chunk that holds its own records has no block of
  /// the largest order left; its other frames hold the records of further chunks.
  @inline(never)
  mutating func takeUntouchedBlock(order: Int, zone: Int) -> UInt32? {
    while touchNext(zone: zone, keepsWhole: order == Self.largestOrder) {
      if let block = takeBlock(order: order, zone: zone) { return block }
    }
    return nil
  }
}
