// Which block holds which part of a file: twelve direct block numbers, then trees of one, two and three levels of indirect
// blocks (specification, 3.4.2).
//
// Invariant: a block number that is followed lies inside of the file system; one that is written to holds neither a superblock
// nor descriptors, bitmaps or inodes.

import ABI

/// The way from an inode to one block of its file.
struct BlockPath {
  /// How many indirect blocks lie on the way.
  let depth: Int
  /// The place in the inode, then the places in the indirect blocks.
  let places: InlineArray<4, Int>

  /// Nil where no file is so long.
  init?(_ index: UInt32, pointersPerBlock count: UInt32) {
    guard index >= 12 else {
      depth = 0
      places = [Int(index), 0, 0, 0]
      return
    }
    // 12 + 2^10 + 2^20 + 2^30 blocks at the most: no overflow.
    var rest = index &- 12
    if rest < count {
      depth = 1
      places = [12, Int(rest), 0, 0]
      return
    }
    rest = rest &- count
    if rest < count &* count {
      depth = 2
      places = [13, Int(rest / count), Int(rest % count), 0]
      return
    }
    rest = rest &- count &* count
    guard rest < count &* count &* count else { return nil }
    depth = 3
    places = [14, Int(rest / (count &* count)), Int(rest / count % count), Int(rest % count)]
  }
}

extension Ext2FileSystem {
  /// That a number from the disk is one of a block that a file may have.
  func check(_ block: UInt32) throws(FileFailure) {
    guard block > geometry.firstDataBlock, block < geometry.blockCount else { throw .damaged }
  }

  /// That a file may have the block, and it is not one of those that hold the file system together.
  mutating func checkOwn(_ block: UInt32) throws(FileFailure) {
    try check(block)
    let group = geometry.group(ofBlock: block)
    guard block &- geometry.firstBlock(ofGroup: group) >= geometry.headBlocks(ofGroup: group) else { throw .damaged }
    let (descriptor, offset) = geometry.descriptor(group)
    let slot = try cache.load(descriptor)
    let table = cache.word(in: slot, offset &+ GroupDescriptor.inodeTable)
    guard block != cache.word(in: slot, offset &+ GroupDescriptor.blockBitmap),
      block != cache.word(in: slot, offset &+ GroupDescriptor.inodeBitmap),
      block < table || block &- table >= geometry.tableBlocks
    else { throw .damaged }
  }

  /// The block with part `index` of a file; 0 where it has a hole.
  mutating func block(_ index: UInt32, of inode: Ext2Inode) throws(FileFailure) -> UInt32 {
    guard let path = BlockPath(index, pointersPerBlock: geometry.pointersPerBlock) else { return 0 }
    var block = inode.pointers[path.places[0]]
    var level = 0
    while level < path.depth, block != 0 {
      try check(block)
      level &+= 1
      block = try cache.word(block, path.places[level] &* 4)
    }
    if block != 0 { try check(block) }
    return block
  }

  /// How many blocks are to be taken so that the file has all from `first` to `last`, indirect ones included.
  mutating func countMissing(from first: UInt32, to last: UInt32, of inode: Ext2Inode) throws(FileFailure) -> UInt32 {
    var missing: UInt32 = 0
    var index = first
    while true {
      guard let path = BlockPath(index, pointersPerBlock: geometry.pointersPerBlock) else { throw .tooLarge }
      var block = inode.pointers[path.places[0]]
      var level = 0
      while level < path.depth, block != 0 {
        try checkOwn(block)
        level &+= 1
        block = try cache.word(block, path.places[level] &* 4)
      }
      if block == 0 {
        missing &+= 1
        // An indirect block counts for the first of the parts below it.
        while level < path.depth {
          var isFirst = true
          for lower in (level &+ 1)...path.depth where path.places[lower] != 0 { isFirst = false }
          if isFirst || index == first { missing &+= 1 }
          level &+= 1
        }
      } else {
        try checkOwn(block)
      }
      if index == last { return missing }
      index &+= 1
    }
  }

  /// The block with part `index` of a file, taken where there was none. There is space: `reserve` was asked.
  ///
  /// - Parameter goal: where it would lie best.
  mutating func takeBlock(
    _ index: UInt32, of inode: inout Ext2Inode, near goal: UInt32
  ) throws(FileFailure) -> (block: UInt32, isNew: Bool) {
    guard let path = BlockPath(index, pointersPerBlock: geometry.pointersPerBlock) else { throw .tooLarge }
    var goal = goal
    var parent: UInt32 = 0
    var level = 0
    while true {
      let offset = path.places[level] &* 4
      var block = level == 0 ? inode.pointers[path.places[0]] : try cache.word(parent, offset)
      let isNew = block == 0
      if isNew {
        block = try takeBlock(near: goal)
        goal = block &+ 1
        inode.blocks = inode.blocks &+ geometry.blockSize / 512
        if level < path.depth {
          let slot = try cache.loadZeros(block)
          cache.change(slot, .anyTime) { _ in }
        }
        if level == 0 {
          inode.pointers[path.places[0]] = block
        } else {
          try cache.setWord(parent, offset, block, .nodes)
        }
      } else {
        try checkOwn(block)
      }
      if level == path.depth { return (block, isNew) }
      parent = block
      level &+= 1
    }
  }

  /// Where the block after part `index` of a file would lie best: behind it, or in the group of its inode.
  mutating func goal(before index: UInt32, of inode: Ext2Inode, number: UInt32) throws(FileFailure) -> UInt32 {
    if index > 0 {
      let block = try block(index &- 1, of: inode)
      if block != 0 { return block &+ 1 }
    }
    return geometry.firstBlock(ofGroup: geometry.group(ofInode: number))
  }
}
