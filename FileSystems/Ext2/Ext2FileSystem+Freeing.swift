// What became free waits here until nothing on the disk leads to it any more. An inode that lost a name keeps its number of links
// on the disk until the name is gone from there; blocks that a file gave up stay taken until the inode is written without them.
//
// Invariant: what is in one of the two lists is still marked as taken, on the disk and in the cache.

import ABI

/// How many names of an inode are gone that it is still counted to have on the disk.
struct LostLinks {
  let inode: UInt32
  var count: UInt16
}

/// Blocks that follow one another.
struct BlockRun {
  var start: UInt32
  var count: UInt32
}

/// What is left of an inode that is free: what is to be freed with it.
private struct DeadInode {
  let number: UInt32
  let inode: Ext2Inode
}

extension Ext2FileSystem {
  /// How long the lists may get. A request adds a few to the first, and looks after the second itself.
  static var lostLimit: Int { 128 }
  static var freedLimit: Int { 128 }

  var hasPending: Bool { !lostLinks.isEmpty || !freedBlocks.isEmpty }

  func lostLinks(of inode: UInt32) -> UInt16 {
    for lost in lostLinks where lost.inode == inode { return lost.count }
    return 0
  }

  /// Notes that names of an inode are gone. With the last one the inode is.
  mutating func loseLinks(_ count: UInt16 = 1, of inode: UInt32) {
    for index in lostLinks.indices where lostLinks[index].inode == inode {
      lostLinks[index].count = lostLinks[index].count &+ count
      return
    }
    lostLinks.append(LostLinks(inode: inode, count: count))
  }

  /// Notes that a block belongs to no file any more.
  mutating func giveUp(_ block: UInt32) {
    if let last = freedBlocks.indices.last {
      let run = freedBlocks[last]
      if block == run.start &+ run.count {
        freedBlocks[last].count = run.count &+ 1
        return
      }
      if block &+ 1 == run.start {
        freedBlocks[last] = BlockRun(start: block, count: run.count &+ 1)
        return
      }
    }
    freedBlocks.append(BlockRun(start: block, count: 1))
  }

  /// Writes what was changed, in order, then frees what waited for that. What becomes free is marked so in the cache, and may
  /// be taken again.
  mutating func commit() throws(FileFailure) {
    try cache.writeInOrder()
    guard hasPending else { return }
    var dead: [DeadInode] = []
    while let lost = lostLinks.last {
      let inode = try readInode(lost.inode)
      lostLinks.removeLast()
      if inode.links == 0 {
        dead.append(DeadInode(number: lost.inode, inode: inode))
        try clearInode(lost.inode, generation: inode.generation)
      } else {
        try writeInode(lost.inode, inode)
      }
    }
    try cache.writeInOrder()
    while let run = freedBlocks.last {
      freedBlocks.removeLast()
      for index in 0..<run.count { try freeBlock(run.start &+ index) }
    }
    for item in dead { try free(item) }
  }

  /// Makes an inode one that was never used but for its generation, so that who still knows its number is told.
  private mutating func clearInode(_ number: UInt32, generation: UInt32) throws(FileFailure) {
    let (block, offset) = try place(ofInode: number)
    let slot = try cache.load(block)
    let size = Int(geometry.inodeSize)
    cache.change(slot, .nodes) {
      $0.clear(offset..<offset &+ size)
      $0.setWord(offset &+ InodeField.generation, generation)
    }
  }

  private mutating func free(_ dead: DeadInode) throws(FileFailure) {
    try freeInode(dead.number, isDirectory: dead.inode.kind == .directory)
    if dead.inode.attributes != 0 { try freeAttributes(dead.inode.attributes) }
    guard dead.inode.hasBlocks(blockSize: geometry.blockSize) else { return }
    for index in 0..<15 { try freeTree(dead.inode.pointers[index], levels: max(0, index - 11)) }
  }

  /// Frees a block and, if it is an indirect one, all that it leads to. It is freed first: a block that comes twice is found
  /// out, and a tree that leads back into itself ends.
  private mutating func freeTree(_ block: UInt32, levels: Int) throws(FileFailure) {
    guard block != 0 else { return }
    try freeBlock(block)
    guard levels > 0 else { return }
    for index in 0..<Int(geometry.pointersPerBlock) {
      try freeTree(cache.word(block, index &* 4), levels: levels &- 1)
    }
  }

  /// Frees a block of extended attributes, which several inodes may share: it begins with a mark, and at 4 has how many.
  private mutating func freeAttributes(_ block: UInt32) throws(FileFailure) {
    try checkOwn(block)
    guard try cache.word(block, 0) == 0xea02_0000 else { throw .damaged }
    let count = try cache.word(block, 4)
    if count > 1 { try cache.setWord(block, 4, count &- 1, .nodes) } else { try freeBlock(block) }
  }

  // MARK: Shortening

  /// Gives up the blocks of a file from the end on, and writes its inode with its new size.
  mutating func shorten(_ number: UInt32, _ inode: inout Ext2Inode, to size: UInt64) throws(FileFailure) {
    // Whatever the inode says, there are no more than all.
    guard inode.blocks / (geometry.blockSize / 512) <= geometry.blockCount else { throw .damaged }
    let kept = geometry.part(size &+ UInt64(geometry.blockSize) &- 1)
    let perBlock = UInt64(geometry.pointersPerBlock)
    var place = 14
    while place >= 0 {
      let levels = max(0, place - 11)
      // The first of the parts that this pointer leads to, and how many there are.
      var (first, count): (UInt64, UInt64) = (UInt64(min(place, 12)), 1)
      for level in 0..<levels {
        if level > 0 { first &+= count }
        count = count &* perBlock
      }
      let block = inode.pointers[place]
      if block != 0, first &+ count > kept {
        let isGone = try prune(
          block, levels: levels, span: count, first: first, kept: kept, of: number, &inode, to: size)
        if isGone { inode.pointers[place] = 0 }
        if isGone { giveUp(block) }
      }
      place &-= 1
    }
    inode.size = size
    try writeInode(number, inode)
  }

  /// Gives up what a block leads to from part `kept` on. Returns whether that is all, so that the block itself is to be given up.
  private mutating func prune(
    _ block: UInt32, levels: Int, span: UInt64, first: UInt64, kept: UInt64, of number: UInt32,
    _ inode: inout Ext2Inode, to size: UInt64
  ) throws(FileFailure) -> Bool {
    try checkOwn(block)
    let isGone = first >= kept
    if isGone {
      guard inode.blocks >= geometry.blockSize / 512 else { throw .damaged }
      inode.blocks = inode.blocks &- geometry.blockSize / 512
    }
    guard levels > 0 else { return isGone }
    // A quarter of as many pointers as bytes.
    let step = span &>> (geometry.blockShift &- 2)
    var index = Int(geometry.pointersPerBlock) &- 1
    while index >= 0 {
      let start = first &+ UInt64(index) &* step
      if start &+ step <= kept { break }
      let child = try cache.word(block, index &* 4)
      if child != 0 {
        if try prune(child, levels: levels &- 1, span: step, first: start, kept: kept, of: number, &inode, to: size) {
          try cache.setWord(block, index &* 4, 0, .nodes)
          giveUp(child)
        }
        if freedBlocks.count >= Self.freedLimit &- 4 {
          // What is left is a file that ends here.
          inode.size = min(inode.size, max(size, start &* UInt64(geometry.blockSize)))
          try writeInode(number, inode)
          try commit()
        }
      }
      index &-= 1
    }
    return isGone
  }
}
