// Taking and freeing blocks and inodes: a bit in the bitmap of a block group, and its counts (specification, 3.2 and 3.3).
//
// Invariant: `freeBlocks` and `freeInodes` are the sums of the counts of the groups. Nothing is taken that the bitmap shows as
// free but that holds the file system together.

import ABI

extension Ext2FileSystem {
  /// That so many blocks and inodes can be taken. Where some wait to become free, they become so.
  mutating func reserve(blocks: UInt32, inodes: UInt32 = 0) throws(FileFailure) {
    if freeBlocks < blocks || freeInodes < inodes, hasPending { try commit() }
    guard freeBlocks >= blocks, freeInodes >= inodes else { throw .noSpace }
  }

  /// Takes the first free block from `goal` on.
  mutating func takeBlock(near goal: UInt32) throws(FileFailure) -> UInt32 {
    let goal = goal > geometry.firstDataBlock && goal < geometry.blockCount ? goal : geometry.firstDataBlock
    let home = geometry.group(ofBlock: goal)
    var group = home
    repeat {
      if try freeCount(group, GroupDescriptor.freeBlocks) > 0 {
        let first = geometry.firstBlock(ofGroup: group)
        let count = geometry.blockCount(ofGroup: group)
        let bitmap = try descriptor(group, GroupDescriptor.blockBitmap)
        let start = group == home ? goal &- first : 0
        var bit = try findFree(in: bitmap, from: start, to: count)
        if bit == nil, start > 0 { bit = try findFree(in: bitmap, from: 0, to: start) }
        // The count promised one.
        guard let bit else { throw .damaged }
        try checkOwn(first &+ bit)
        try set(bit, in: bitmap)
        try add(-1, to: GroupDescriptor.freeBlocks, of: group)
        freeBlocks = freeBlocks &- 1
        return first &+ bit
      }
      group = group &+ 1 == geometry.groupCount ? 0 : group &+ 1
    } while group != home
    throw .damaged
  }

  /// Takes an inode: for a file in the group of its directory if it has one; for a directory in the emptiest of the groups that
  /// have as many free inodes as the average, so that files have room next to their directories.
  mutating func takeInode(in directory: UInt32, isDirectory: Bool) throws(FileFailure) -> UInt32 {
    let home = geometry.group(ofInode: directory)
    var group = home
    if isDirectory, let best = try emptiestGroup() { group = best }
    for _ in 0..<geometry.groupCount {
      if try freeCount(group, GroupDescriptor.freeInodes) > 0 {
        let bitmap = try descriptor(group, GroupDescriptor.inodeBitmap)
        guard let bit = try findFree(in: bitmap, from: 0, to: geometry.inodesPerGroup) else { throw .damaged }
        let number = group &* geometry.inodesPerGroup &+ bit &+ 1
        // The first ones are the file system's own.
        guard number >= geometry.firstInode else { throw .damaged }
        try set(bit, in: bitmap)
        try add(-1, to: GroupDescriptor.freeInodes, of: group)
        if isDirectory { try add(1, to: GroupDescriptor.directories, of: group) }
        freeInodes = freeInodes &- 1
        return number
      }
      group = group &+ 1 == geometry.groupCount ? 0 : group &+ 1
    }
    throw .damaged
  }

  private mutating func emptiestGroup() throws(FileFailure) -> UInt32? {
    let average = freeInodes / geometry.groupCount
    var best: UInt32?
    var most: UInt32 = 0
    for group in 0..<geometry.groupCount {
      let inodes = try freeCount(group, GroupDescriptor.freeInodes)
      guard inodes > 0, inodes >= average else { continue }
      let blocks = try freeCount(group, GroupDescriptor.freeBlocks)
      if best == nil || blocks > most { (best, most) = (group, blocks) }
    }
    return best
  }

  mutating func freeBlock(_ block: UInt32) throws(FileFailure) {
    try checkOwn(block)
    let group = geometry.group(ofBlock: block)
    try clear(block &- geometry.firstBlock(ofGroup: group), in: descriptor(group, GroupDescriptor.blockBitmap))
    try add(1, to: GroupDescriptor.freeBlocks, of: group)
    freeBlocks = freeBlocks &+ 1
  }

  mutating func freeInode(_ number: UInt32, isDirectory: Bool) throws(FileFailure) {
    guard number >= geometry.firstInode, number <= geometry.inodeCount else { throw .damaged }
    let group = geometry.group(ofInode: number)
    try clear((number &- 1) % geometry.inodesPerGroup, in: descriptor(group, GroupDescriptor.inodeBitmap))
    try add(1, to: GroupDescriptor.freeInodes, of: group)
    if isDirectory { try add(-1, to: GroupDescriptor.directories, of: group) }
    freeInodes = freeInodes &+ 1
  }

  // MARK: Counts

  private mutating func freeCount(_ group: UInt32, _ field: Int) throws(FileFailure) -> UInt32 {
    let (block, offset) = geometry.descriptor(group)
    let slot = try cache.load(block)
    return UInt32(cache.half(in: slot, offset &+ field))
  }

  private mutating func add(_ change: Int32, to field: Int, of group: UInt32) throws(FileFailure) {
    let (block, offset) = geometry.descriptor(group)
    let value = Int32(bitPattern: try freeCount(group, field)) &+ change
    // Only a count of directories that was wrong before can leave its bounds.
    let count = UInt16(clamping: value)
    let slot = try cache.load(block)
    cache.change(slot, .anyTime) { $0.setHalf(offset &+ field, count) }
  }

  /// Counts by the bitmaps what is free: after a mount of what was not clean, whose counts may be older than its bitmaps.
  mutating func countFree() throws(FileFailure) {
    var (blocks, inodes): (UInt32, UInt32) = (0, 0)
    for group in 0..<geometry.groupCount {
      let inBlocks = try countFree(
        in: descriptor(group, GroupDescriptor.blockBitmap), to: geometry.blockCount(ofGroup: group))
      let inInodes = try countFree(in: descriptor(group, GroupDescriptor.inodeBitmap), to: geometry.inodesPerGroup)
      blocks = blocks &+ inBlocks
      inodes = inodes &+ inInodes
      guard readOnlyReason == nil else { continue }
      try correct(group, GroupDescriptor.freeBlocks, to: inBlocks)
      try correct(group, GroupDescriptor.freeInodes, to: inInodes)
    }
    (freeBlocks, freeInodes) = (blocks, inodes)
    isCounted = true
  }

  private mutating func correct(_ group: UInt32, _ field: Int, to count: UInt32) throws(FileFailure) {
    guard try freeCount(group, field) != count else { return }
    let (block, offset) = geometry.descriptor(group)
    let slot = try cache.load(block)
    cache.change(slot, .anyTime) { $0.setHalf(offset &+ field, UInt16(truncatingIfNeeded: count)) }
  }

  // MARK: Bits

  private mutating func countFree(in bitmap: UInt32, to count: UInt32) throws(FileFailure) -> UInt32 {
    let slot = try cache.load(bitmap)
    var free: UInt32 = 0
    var position: UInt32 = 0
    while position < count {
      var word = ~cache.word(in: slot, Int(position / 8))
      if count &- position < 32 { word &= (1 &<< (count &- position)) &- 1 }
      free &+= UInt32(truncatingIfNeeded: word.nonzeroBitCount)
      position &+= 32
    }
    return free
  }

  /// The first bit that is 0 from `start` to below `end`, a word at a time.
  private mutating func findFree(in bitmap: UInt32, from start: UInt32, to end: UInt32) throws(FileFailure) -> UInt32? {
    let slot = try cache.load(bitmap)
    var position = start & ~31
    while position < end {
      var word = ~cache.word(in: slot, Int(position / 8))
      if position < start { word &= ~0 &<< (start &- position) }
      if word != 0 {
        let bit = position &+ UInt32(truncatingIfNeeded: word.trailingZeroBitCount)
        return bit < end ? bit : nil
      }
      position &+= 32
    }
    return nil
  }

  private mutating func set(_ bit: UInt32, in bitmap: UInt32) throws(FileFailure) {
    let slot = try cache.load(bitmap)
    cache.change(slot, .anyTime) { $0[Int(bit / 8)] |= 1 &<< UInt8(truncatingIfNeeded: bit % 8) }
  }

  private mutating func clear(_ bit: UInt32, in bitmap: UInt32) throws(FileFailure) {
    let slot = try cache.load(bitmap)
    let mask: UInt8 = 1 &<< UInt8(truncatingIfNeeded: bit % 8)
    // What is free already has two owners, or none.
    guard cache.byte(in: slot, Int(bit / 8)) & mask != 0 else { throw .damaged }
    cache.change(slot, .anyTime) { $0[Int(bit / 8)] &= ~mask }
  }
}
