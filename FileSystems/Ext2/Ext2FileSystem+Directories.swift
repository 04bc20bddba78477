// Directories: blocks full of entries, each with the distance to the next, which lets no entry cross from a block into another
// (specification, 4.1). An index that a directory has is not used, and given up when the directory is changed.
//
// Invariants:
// - A change lies in one sector, or what it adds is on the disk before, where nobody sees it; so a block of which a disk that
//   lost power wrote only some sectors is a right one.
// - An entry is checked before it is used: it lies inside of its block, and its name inside of it.
// - An entry stays where it is as long as it is there; so a position in a directory stays good.

import ABI
import Primitives

/// The head of an entry.
struct RawEntry {
  let inode: UInt32
  /// Bytes to the next one.
  let length: Int
  let nameLength: Int
  let type: UInt8

  static var headSize: Int { 8 }
  /// The bytes that an entry needs with a name of so many.
  static func size(nameLength: Int) -> Int { (headSize &+ nameLength &+ 3) & ~3 }

  /// - Parameters:
  ///   - words: the eight bytes of the head, as two numbers.
  ///   - space: the bytes from its beginning to the end of the block.
  init(_ words: (UInt32, UInt32), space: Int, inodeCount: UInt32, hasFileTypes: Bool) throws(FileFailure) {
    inode = words.0
    length = Int(words.1 & 0xffff)
    // Where there are no types, names have a length of 16 bits.
    nameLength = Int(words.1 &>> 16 & (hasFileTypes ? 0xff : 0xffff))
    type = hasFileTypes ? UInt8(truncatingIfNeeded: words.1 &>> 24) : 0
    guard length >= Self.headSize, length % 4 == 0, length <= space, inode <= inodeCount else {
      throw .damaged
    }
    if inode != 0 {
      guard nameLength > 0, nameLength <= FileName.limit, Self.size(nameLength: nameLength) <= length else {
        throw .damaged
      }
    }
  }

  /// How many bytes of it another entry may have.
  var room: Int { inode == 0 ? length : length &- Self.size(nameLength: nameLength) }

  var kind: NodeKind? {
    switch type {
    case 1: .file
    case 2: .directory
    case 7: .symbolicLink
    case 3...6: .other
    default: nil
    }
  }
}

/// Where an entry lies.
struct EntryPlace {
  let block: UInt32
  let offset: Int
  /// The entry before it in the same block.
  let previous: Int?
  let entry: RawEntry
}

/// Where an entry has room: in the place of one that has no inode, or in what another one does not need.
struct EntryRoom {
  let block: UInt32
  /// Where the entry is that has the space now, and how long it stays; 0: the new one takes its place.
  let host: Int
  let hostLength: Int
  /// Where the new one begins, how long it gets, and where the space ends.
  let start: Int
  let length: Int
  let end: Int
  /// Whether all bytes that change lie in one sector.
  let isInOneSector: Bool

  /// Nil where there is no room for `size` bytes.
  init?(_ size: Int, in entry: RawEntry, at offset: Int, of block: UInt32) {
    let used = entry.length &- entry.room
    guard entry.room >= size else { return nil }
    let end = offset &+ entry.length
    var start = offset &+ used
    // What changes first: the length of the host, or its inode where it is taken over.
    let first = Self.sector(used == 0 ? offset : offset &+ 4)
    isInOneSector = first == Self.sector(start) && first == Self.sector(start &+ size &- 1)
    if !isInOneSector {
      // At the beginning of a sector, so that those after it find room in that.
      let boundary = (start &+ 511) & ~511
      if boundary &- offset >= RawEntry.size(nameLength: 1), boundary &+ size <= end { start = boundary }
    }
    length = isInOneSector || start & 511 != 0 ? end &- start : Self.piece(from: start, to: end)
    (self.block, self.start, self.end, host, hostLength) = (block, start, end, offset, start &- offset)
  }

  /// How long the entry is that begins with a sector, where all to `end` is to be entries: a sector, or what is left.
  static func piece(from start: Int, to end: Int) -> Int {
    let rest = end &- start
    return rest < Sector.size &+ RawEntry.size(nameLength: 1) ? rest : Sector.size
  }

  /// Which sector of its block holds a byte.
  static func sector(_ offset: Int) -> Int { offset &>> 9 }
}

extension Ext2FileSystem {
  /// A block of a directory, which has no holes.
  private mutating func block(_ index: UInt32, ofDirectory inode: Ext2Inode) throws(FileFailure) -> UInt32 {
    let block = try block(index, of: inode)
    guard block != 0 else { throw .damaged }
    return block
  }

  private func blockCount(ofDirectory inode: Ext2Inode) -> UInt32 {
    UInt32(truncatingIfNeeded: geometry.part(inode.size))
  }

  // MARK: Looking

  /// The first entry in a slot from `start` on that `isWanted`; the entries before it are checked too.
  private func firstEntry(
    in slot: Int, of block: UInt32, from start: Int = 0, where isWanted: (RawEntry, Span<UInt8>) -> Bool
  ) throws(FileFailure) -> EntryPlace? {
    var (offset, previous): (Int, Int?) = (0, nil)
    while offset < cache.blockSize {
      let space = cache.blockSize &- offset
      guard space >= RawEntry.headSize else { throw .damaged }
      let words = (cache.word(in: slot, offset), cache.word(in: slot, offset &+ 4))
      let entry = try RawEntry(
        words, space: space, inodeCount: geometry.inodeCount, hasFileTypes: geometry.hasFileTypes)
      let nameLength = entry.inode == 0 ? 0 : entry.nameLength
      let name = offset &+ RawEntry.headSize
      if offset >= start, cache.lend(slot, name..<name &+ nameLength, { isWanted(entry, $0) }) {
        return EntryPlace(block: block, offset: offset, previous: previous, entry: entry)
      }
      (previous, offset) = (offset, offset &+ entry.length)
    }
    return nil
  }

  private mutating func firstEntry(
    in inode: Ext2Inode, where isWanted: (RawEntry, Span<UInt8>) -> Bool
  ) throws(FileFailure) -> EntryPlace? {
    for index in 0..<blockCount(ofDirectory: inode) {
      let block = try block(index, ofDirectory: inode)
      let slot = try cache.load(block)
      if let place = try firstEntry(in: slot, of: block, where: isWanted) { return place }
    }
    return nil
  }

  /// Where the name is in a directory.
  mutating func find(_ name: Span<UInt8>, in inode: Ext2Inode) throws(FileFailure) -> EntryPlace? {
    try firstEntry(in: inode) { $0.inode != 0 && $1.hasSameBytes(as: name) }
  }

  /// Where an entry for a name of so many bytes has room: in one sector, if there is such a place.
  mutating func findRoom(nameLength: Int, in inode: Ext2Inode) throws(FileFailure) -> EntryRoom? {
    let size = RawEntry.size(nameLength: nameLength)
    var other: EntryRoom?
    for index in 0..<blockCount(ofDirectory: inode) {
      let block = try block(index, ofDirectory: inode)
      let slot = try cache.load(block)
      var offset = 0
      let found = try firstEntry(in: slot, of: block) { entry, _ in
        let room = EntryRoom(size, in: entry, at: offset, of: block)
        offset &+= entry.length
        guard let room else { return false }
        if room.isInOneSector { return true }
        if other == nil { other = room }
        return false
      }
      if let found { return EntryRoom(size, in: found.entry, at: found.offset, of: block) }
    }
    return other
  }

  mutating func isEmpty(_ inode: Ext2Inode) throws(FileFailure) -> Bool {
    let other = try firstEntry(in: inode) { entry, name in
      entry.inode != 0 && !name.hasSameBytes(as: ".") && !name.hasSameBytes(as: "..")
    }
    return other == nil
  }

  /// Where a directory's entry ".." is: the second of its first block.
  mutating func parentEntry(_ inode: Ext2Inode) throws(FileFailure) -> EntryPlace {
    guard blockCount(ofDirectory: inode) > 0 else { throw .damaged }
    let block = try block(0, ofDirectory: inode)
    let slot = try cache.load(block)
    let place = try firstEntry(in: slot, of: block) { $0.inode != 0 && $1.hasSameBytes(as: "..") }
    guard let place, place.previous == 0 else { throw .damaged }
    return place
  }

  public mutating func lookup(
    _ name: Span<UInt8>, in directory: NodeReference
  ) throws(FileFailure) -> NodeReference {
    try FileName.check(name)
    let inode = try self.directory(directory)
    guard let place = try find(name, in: inode) else { throw .notFound }
    let found = try readInode(place.entry.inode)
    guard found.links > 0, found.mode != 0 else { throw .damaged }
    return NodeReference(number: place.entry.inode, generation: found.generation)
  }

  public mutating func entry(
    at position: UInt32, in directory: NodeReference
  ) throws(FileFailure) -> NamedNode? {
    let inode = try self.directory(directory)
    var index = position / geometry.blockSize
    // In the position's block from the beginning on: where it led, nothing may begin any more.
    var start = Int(position % geometry.blockSize)
    while index < blockCount(ofDirectory: inode) {
      let block = try block(index, ofDirectory: inode)
      let slot = try cache.load(block)
      var name: [UInt8] = []
      let place = try firstEntry(in: slot, of: block, from: start) {
        guard $0.inode != 0, Self.isShown($1) else { return false }
        name.reserveCapacity($1.count)
        for place in $1.indices { name.append($1[place]) }
        return true
      }
      if let place {
        let found = try readInode(place.entry.inode)
        // Less than 2^32: so is the directory's size.
        let next = UInt64(index) &* UInt64(geometry.blockSize) &+ UInt64(place.offset &+ place.entry.length)
        return NamedNode(
          name: name, node: NodeReference(number: place.entry.inode, generation: found.generation),
          kind: place.entry.kind ?? found.kind, next: UInt32(clamping: next))
      }
      index &+= 1
      start = 0
    }
    return nil
  }

  /// Whether a name is one that can be asked for.
  private static func isShown(_ name: Span<UInt8>) -> Bool {
    do throws(FileFailure) {
      try FileName.check(name)
      return true
    } catch { return false }
  }

  // MARK: Changing

  /// How many blocks a directory needs to get one more.
  mutating func blocksToGrow(_ inode: Ext2Inode) throws(FileFailure) -> UInt32 {
    let index = blockCount(ofDirectory: inode)
    guard UInt64(index &+ 1) &* UInt64(geometry.blockSize) <= 0x7fff_ffff else { throw .tooLarge }
    return try countMissing(from: index, to: index, of: inode)
  }

  /// Adds a name to a directory, where there is room for it, or in a new block: `reserve` was asked then. The inode is to be
  /// written by who calls.
  mutating func addEntry(
    _ name: Span<UInt8>, inode number: UInt32, type: UInt8, at room: EntryRoom?, of directory: UInt32,
    _ inode: inout Ext2Inode
  ) throws(FileFailure) {
    let hasFileTypes = geometry.hasFileTypes
    guard let room else {
      let index = blockCount(ofDirectory: inode)
      let goal = try goal(before: index, of: inode, number: directory)
      let block = try takeBlock(index, of: &inode, near: goal).block
      try writeNew(block) { Self.makeEmpty(&$0, from: 0, to: $0.count) }
      inode.size = inode.size &+ UInt64(geometry.blockSize)
      let slot = try cache.load(block)
      cache.change(slot, .names) {
        Self.put(name, number, type, length: Sector.size, at: 0, in: &$0, hasFileTypes: hasFileTypes)
      }
      return
    }
    if !room.isInOneSector { try prepare(room, name, type) }
    let slot = try cache.load(room.block)
    cache.change(slot, .names) { bytes in
      if room.hostLength > 0 { bytes.setHalf(room.host &+ 4, UInt16(truncatingIfNeeded: room.hostLength)) }
      Self.put(name, number, type, length: room.length, at: room.start, in: &bytes, hasFileTypes: hasFileTypes)
    }
  }

  /// Before an entry is added whose bytes lie in several sectors: it is on the disk without an inode and behind its host's
  /// length before the rest of the change is, so that any part of that may be missing.
  private mutating func prepare(_ room: EntryRoom, _ name: Span<UInt8>, _ type: UInt8) throws(FileFailure) {
    var slot = try cache.load(room.block)
    if cache.slots[slot].rank != .unchanged {
      try cache.writeInOrder()
      slot = try cache.load(room.block)
    }
    let hasFileTypes = geometry.hasFileTypes
    cache.change(slot, .anyTime) {
      Self.put(name, 0, type, length: room.length, at: room.start, in: &$0, hasFileTypes: hasFileTypes)
      Self.makeEmpty(&$0, from: room.start &+ room.length, to: room.end)
    }
    try cache.write(block: room.block)
  }

  /// Makes each sector between two offsets an entry without an inode. Entries that lie in one sector are there or not; of one
  /// in two a disk that loses power may write a half.
  private static func makeEmpty(_ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int) {
    var offset = start
    while offset < end {
      let length = EntryRoom.piece(from: offset, to: end)
      bytes.setWord(offset, 0)
      bytes.setWord(offset &+ 4, UInt32(truncatingIfNeeded: length))
      offset &+= length
    }
  }

  private static func put(
    _ name: Span<UInt8>, _ inode: UInt32, _ type: UInt8, length: Int, at offset: Int,
    in bytes: inout MutableSpan<UInt8>,
    hasFileTypes: Bool
  ) {
    bytes.setWord(offset, inode)
    bytes.setHalf(offset &+ 4, UInt16(truncatingIfNeeded: length))
    bytes[offset &+ 6] = UInt8(truncatingIfNeeded: name.count)
    bytes[offset &+ 7] = hasFileTypes ? type : 0
    bytes.copy(name, to: offset &+ RawEntry.headSize)
  }

  /// Writes a new block of a directory at once, before anything leads to it.
  private mutating func writeNew(
    _ block: UInt32, _ body: (inout MutableSpan<UInt8>) -> Void
  ) throws(FileFailure) {
    let slot = try cache.loadZeros(block)
    cache.change(slot, .anyTime, body)
    try cache.write(block: block)
  }

  /// Makes the first block of a directory.
  mutating func writeFirstBlock(_ block: UInt32, own: UInt32, parent: UInt32) throws(FileFailure) {
    let hasFileTypes = geometry.hasFileTypes
    try writeNew(block) { bytes in
      Self.makeEmpty(&bytes, from: Sector.size, to: bytes.count)
      let dots: InlineArray<2, UInt8> = [0x2e, 0x2e]
      Self.put(dots.span.extracting(0..<1), own, 2, length: 12, at: 0, in: &bytes, hasFileTypes: hasFileTypes)
      Self.put(
        dots.span, parent, 2, length: Sector.size &- 12, at: 12, in: &bytes, hasFileTypes: hasFileTypes)
    }
  }

  /// Lets an entry lead to another inode.
  mutating func setEntry(_ place: EntryPlace, inode: UInt32, type: UInt8) throws(FileFailure) {
    let slot = try cache.load(place.block)
    let hasFileTypes = geometry.hasFileTypes
    cache.change(slot, .names) { bytes in
      bytes.setWord(place.offset, inode)
      if hasFileTypes { bytes[place.offset &+ 7] = type }
    }
  }

  /// Takes an entry away: the one before it gets its space, unless it lies in another sector. What leads from one sector into
  /// another stays as it is, so that each of them may be on the disk without the other.
  mutating func removeEntry(_ place: EntryPlace) throws(FileFailure) {
    let slot = try cache.load(place.block)
    let sector = EntryRoom.sector(place.offset &+ 4)
    if let previous = place.previous, EntryRoom.sector(previous &+ 4) == sector,
      EntryRoom.sector(place.offset) == sector
    {
      let length = UInt16(truncatingIfNeeded: place.offset &- previous &+ place.entry.length)
      cache.change(slot, .names) { $0.setHalf(previous &+ 4, length) }
    } else {
      cache.change(slot, .names) { $0.setWord(place.offset, 0) }
    }
  }
}
