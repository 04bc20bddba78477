// When what was changed goes to the disk, and what the superblock says of it.

import ABI

extension Ext2FileSystem {
  /// Before a request that changes something: it may be written, the disk says so, and there is room in the cache and in the
  /// lists for what it changes.
  mutating func beginChange(time: UInt32) throws(FileFailure) {
    guard readOnlyReason == nil else { throw .readOnly }
    latestTime = max(latestTime, time)
    if isMarkedClean { try markSuperblock(isClean: false) }
    if !isCounted { try countFree() }
    try commitWhereFull()
  }

  mutating func commitWhereFull() throws(FileFailure) {
    if lostLinks.count > Self.lostLimit / 2 || freedBlocks.count > Self.freedLimit / 2
      || cache.counts[2] &+ cache.counts[3] > cache.capacity / 2
    {
      try commit()
    }
  }

  /// After a request that changed something, or failed to: remembers what cannot be taken back.
  mutating func note(_ failure: FileFailure) {
    switch failure {
    case .damaged: if readOnlyReason == nil { readOnlyReason = .damaged }
    case .deviceFailed: hasFailed = true
    default: break
    }
  }

  /// Returns when all that was answered before is on the disk. It is clean then, unless e2fsck was needed before.
  public mutating func sync() throws(FileFailure) {
    if readOnlyReason == nil {
      do throws(FileFailure) { try commit() } catch {
        note(error)
        throw error
      }
    }
    // Where damage was found meanwhile, what was changed before it still goes to the disk.
    guard readOnlyReason == nil || readOnlyReason == .damaged else { return }
    do throws(FileFailure) {
      try cache.writeInOrder()
      let isClean = wasClean && !hasFailed && readOnlyReason == nil
      if !isMarkedClean, isClean || readOnlyReason == .damaged || countsHaveChanged {
        try markSuperblock(isClean: isClean)
      }
    } catch {
      note(error)
      throw error
    }
  }

  /// What `sync` does; the value is of no use for writing after that.
  public mutating func unmount() throws(FileFailure) {
    try sync()
    if readOnlyReason == nil { readOnlyReason = .asked }
  }

  private var superblock: (block: UInt32, offset: Int) {
    geometry.blockSize == 1024 ? (1, 0) : (0, Int(Superblock.offset))
  }

  /// Writes the superblock with the free counts as they are.
  private mutating func markSuperblock(isClean: Bool) throws(FileFailure) {
    let (block, offset) = superblock
    let slot = try cache.load(block)
    let (blocks, inodes, time) = (freeBlocks, freeInodes, latestTime)
    let isDamaged = readOnlyReason == .damaged
    let isCounted = isCounted
    cache.change(slot, .anyTime) { bytes in
      if isCounted {
        bytes.setWord(offset &+ Superblock.freeBlockCount, blocks)
        bytes.setWord(offset &+ Superblock.freeInodeCount, inodes)
      }
      if time > 0 { bytes.setWord(offset &+ Superblock.writeTime, time) }
      var state: UInt16 = UInt16(bytes[offset &+ Superblock.state]) & ~Superblock.isClean
      if isClean { state |= Superblock.isClean }
      if isDamaged { state |= Superblock.hasErrors }
      bytes.setHalf(offset &+ Superblock.state, state)
    }
    try cache.write(block: block)
    try cache.flush()
    isMarkedClean = isClean
    markedFreeBlocks = blocks
    markedFreeInodes = inodes
  }

  /// Whether the superblock on the disk has other free counts.
  private var countsHaveChanged: Bool { freeBlocks != markedFreeBlocks || freeInodes != markedFreeInodes }
}
