// What the superblock says about where things lie. Field names are those of the second extended file system's specification
// (Dave Poirier, "The Second Extended File System", superblock in 3.1, descriptors in 3.2).
//
// Invariant: a value of this type is consistent: whatever it computes for a block group below `groupCount`, or for an inode from
// 1 to `inodeCount`, lies below `blockCount`, and nothing here overflows.

import ABI

/// Where the fields of the superblock lie, in bytes from its beginning.
enum Superblock {
  static var inodeCount: Int { 0 }
  static var blockCount: Int { 4 }
  static var freeBlockCount: Int { 12 }
  static var freeInodeCount: Int { 16 }
  static var firstDataBlock: Int { 20 }
  static var logBlockSize: Int { 24 }
  static var blocksPerGroup: Int { 32 }
  static var inodesPerGroup: Int { 40 }
  static var writeTime: Int { 48 }
  static var magic: Int { 56 }
  static var state: Int { 58 }
  static var revision: Int { 76 }
  static var firstInode: Int { 84 }
  static var inodeSize: Int { 88 }
  static var incompatibleFeatures: Int { 96 }
  static var readOnlyFeatures: Int { 100 }
  static var reservedDescriptorBlocks: Int { 206 }

  /// Where it lies on the device, in sectors and bytes.
  static var sector: UInt32 { 2 }
  static var offset: UInt32 { 1024 }
  static var size: Int { 1024 }

  /// Bits of `s_state`.
  static var isClean: UInt16 { 1 }
  static var hasErrors: UInt16 { 2 }

  // Bits of `s_feature_incompat`.
  static var fileTypes: UInt32 { 0x2 }
  static var needsRecovery: UInt32 { 0x4 }

  // Bits of `s_feature_ro_compat`.
  static var sparseSuperblocks: UInt32 { 0x1 }
  static var largeFiles: UInt32 { 0x2 }
}

/// Where the fields of a group descriptor lie.
enum GroupDescriptor {
  static var blockBitmap: Int { 0 }
  static var inodeBitmap: Int { 4 }
  static var inodeTable: Int { 8 }
  static var freeBlocks: Int { 12 }
  static var freeInodes: Int { 14 }
  static var directories: Int { 16 }
  static var size: UInt32 { 32 }
}

struct Ext2Geometry {
  let blockSize: UInt32
  /// The logarithm of the block size: positions of 64 bits are shifted, since a division would be a function of its own.
  let blockShift: UInt64
  let blockCount: UInt32
  let firstDataBlock: UInt32
  let blocksPerGroup: UInt32
  let inodesPerGroup: UInt32
  let inodeCount: UInt32
  let inodeSize: UInt32
  let firstInode: UInt32
  let groupCount: UInt32
  /// How many blocks the descriptors take.
  let descriptorBlocks: UInt32
  /// How many blocks are kept for more descriptors.
  let reservedDescriptorBlocks: UInt32
  /// How many blocks the inodes of a group take.
  let tableBlocks: UInt32
  let isSparse: Bool
  let hasFileTypes: Bool
  let hasLargeFiles: Bool
  /// `s_feature_ro_compat` without what is known here.
  let unknownReadOnlyFeatures: UInt32

  /// - Parameter superblock: its 1,024 bytes.
  init(_ superblock: Span<UInt8>, sectorCount: UInt32) throws(Ext2Problem) {
    let magic = superblock.half(Superblock.magic)
    guard magic == 0xef53 else { throw .notExt2(magic: magic) }
    let revision = superblock.word(Superblock.revision)
    guard revision <= 1 else { throw .unknownRevision(revision) }
    let incompatible = revision == 0 ? 0 : superblock.word(Superblock.incompatibleFeatures)
    if incompatible & Superblock.needsRecovery != 0 { throw .journalInUse }
    guard incompatible & ~Superblock.fileTypes == 0 else {
      throw .incompatible(features: incompatible & ~Superblock.fileTypes)
    }
    hasFileTypes = incompatible & Superblock.fileTypes != 0
    let readOnly = revision == 0 ? 0 : superblock.word(Superblock.readOnlyFeatures)
    isSparse = readOnly & Superblock.sparseSuperblocks != 0
    hasLargeFiles = readOnly & Superblock.largeFiles != 0
    unknownReadOnlyFeatures = readOnly & ~(Superblock.sparseSuperblocks | Superblock.largeFiles)

    let logarithm = superblock.word(Superblock.logBlockSize)
    guard logarithm <= 2 else { throw .blockSize(logarithm: logarithm) }
    blockSize = 1024 &<< logarithm
    blockShift = UInt64(logarithm) &+ 10
    blockCount = superblock.word(Superblock.blockCount)
    let limit = sectorCount / (blockSize / UInt32(truncatingIfNeeded: Sector.size))
    guard blockCount <= limit else { throw .tooLarge(blocks: blockCount, limit: limit) }
    firstDataBlock = superblock.word(Superblock.firstDataBlock)
    guard firstDataBlock == (logarithm == 0 ? 1 : 0) else { throw .wrong(.firstDataBlock, firstDataBlock) }
    // The superblock, a descriptor, two bitmaps and a table are there at least.
    guard blockCount > firstDataBlock &+ 5 else { throw .wrong(.blockCount, blockCount) }

    let size = revision == 0 ? 128 : superblock.half(Superblock.inodeSize)
    guard size == 128 || size == 256 else { throw .inodeSize(size) }
    inodeSize = UInt32(size)
    firstInode = revision == 0 ? 11 : superblock.word(Superblock.firstInode)
    blocksPerGroup = superblock.word(Superblock.blocksPerGroup)
    guard blocksPerGroup > 0, blocksPerGroup % 8 == 0, blocksPerGroup <= 8 &* blockSize else {
      throw .wrong(.blocksPerGroup, blocksPerGroup)
    }
    inodesPerGroup = superblock.word(Superblock.inodesPerGroup)
    guard inodesPerGroup > 0, inodesPerGroup % 8 == 0, inodesPerGroup <= 8 &* blockSize else {
      throw .wrong(.inodesPerGroup, inodesPerGroup)
    }
    tableBlocks = (inodesPerGroup &* inodeSize &+ blockSize &- 1) / blockSize
    guard tableBlocks < blocksPerGroup else { throw .wrong(.inodesPerGroup, inodesPerGroup) }

    groupCount = (blockCount &- firstDataBlock &- 1) / blocksPerGroup &+ 1
    let (inodes, overflow) = groupCount.multipliedReportingOverflow(by: inodesPerGroup)
    inodeCount = superblock.word(Superblock.inodeCount)
    guard !overflow, inodeCount == inodes else { throw .wrong(.inodeCount, inodeCount) }
    guard firstInode >= 11, firstInode <= inodeCount else { throw .wrong(.firstInode, firstInode) }
    // At most 2^32 / 8 groups: no overflow below.
    let descriptorsPerBlock = blockSize / GroupDescriptor.size
    descriptorBlocks = (groupCount &- 1) / descriptorsPerBlock &+ 1
    let reserved = revision == 0 ? 0 : UInt32(superblock.half(Superblock.reservedDescriptorBlocks))
    // More than fit into a group cannot be meant.
    reservedDescriptorBlocks = reserved <= blockSize / 4 ? reserved : 0
    guard descriptorBlocks < blocksPerGroup, descriptorBlocks < blockCount &- firstDataBlock &- 1 else {
      throw .wrong(.descriptors, groupCount)
    }
  }

  // MARK: Block groups

  func group(ofBlock block: UInt32) -> UInt32 { (block &- firstDataBlock) / blocksPerGroup }
  func group(ofInode inode: UInt32) -> UInt32 { (inode &- 1) / inodesPerGroup }

  func firstBlock(ofGroup group: UInt32) -> UInt32 { firstDataBlock &+ group &* blocksPerGroup }

  /// How many blocks a group has: the last one may have fewer.
  func blockCount(ofGroup group: UInt32) -> UInt32 {
    min(blocksPerGroup, blockCount &- firstBlock(ofGroup: group))
  }

  /// The block with a group's descriptor, and where in it.
  func descriptor(_ group: UInt32) -> (block: UInt32, offset: Int) {
    let perBlock = blockSize / GroupDescriptor.size
    let block = firstDataBlock &+ 1 &+ group / perBlock
    return (block, Int(truncatingIfNeeded: group % perBlock &* GroupDescriptor.size))
  }

  /// Whether a group begins with a copy of the superblock and of the descriptors.
  func hasSuperblock(_ group: UInt32) -> Bool {
    guard isSparse, group > 1 else { return true }
    return Self.isPower(group, of: 3) || Self.isPower(group, of: 5) || Self.isPower(group, of: 7)
  }

  private static func isPower(_ number: UInt32, of base: UInt32) -> Bool {
    var number = number
    while number > 1, number % base == 0 { number /= base }
    return number == 1
  }

  /// How many blocks at the beginning of a group hold the superblock and descriptors.
  func headBlocks(ofGroup group: UInt32) -> UInt32 {
    hasSuperblock(group) ? 1 &+ descriptorBlocks &+ reservedDescriptorBlocks : 0
  }

  // MARK: Files

  /// Which part of a file holds a position, and where in it.
  func part(_ position: UInt64) -> UInt64 { position &>> blockShift }
  func offset(_ position: UInt64) -> Int { Int(truncatingIfNeeded: position & (UInt64(blockSize) &- 1)) }

  /// How many block numbers an indirect block holds.
  var pointersPerBlock: UInt32 { blockSize / 4 }

  /// The most bytes that a file may get here.
  var sizeLimit: UInt32 { hasLargeFiles ? .max : 0x7fff_ffff }
}
