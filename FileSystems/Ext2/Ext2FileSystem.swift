// The second extended file system on a block device, read and written.
//
// What was synced is whole after a power cut, and the rest can be repaired, because of the order in which blocks are written.
// There is no journal: a change waits in the cache with a rank, and the ranks go to the disk one after the other, each on the
// medium before the next begins (BlockCache.writeInOrder):
//
// 1. Whatever nothing on the disk leads to yet: contents, bitmaps that mark what was taken, new indirect blocks. A new block of a
//    directory is written at once, without names.
// 2. Inodes, and indirect blocks that were there: they lead to what is written in 1.
// 3. Blocks of directories: they lead to the inodes of 2. A name that moves from one sector to another is in the new one on the
//    disk before it leaves the old one, with one link more meanwhile, as is a second name before the first is removed; of a directory that gets into another one the old name is
//    gone before anything else is asked. What a change adds to a block lies in one sector, so a block may be written in part
//    (Ext2FileSystem+Directories.swift).
// 4. Only then what lost its last name: inodes with fewer links, and inodes that are free (Ext2FileSystem+Freeing.swift).
// 5. Bitmaps that mark what became free. Nothing is taken again before its turn has come.
//
// So at every moment a name on the disk leads to an inode with as many links at least, an inode leads to blocks that are its own
// and marked as taken, and what a cut leaves behind is space that nobody has the use of, or a file without a name: e2fsck frees
// the one and names the other in lost+found. Without e2fsck it can be written to again too, since nothing is free that is in use.
//
// Invariants:
// - A number from the disk is checked against the geometry before it is used; none of them can trap or make a loop endless.
// - Before the first change is written the superblock says that the file system is not clean; after `sync` that it is.
// - Once something written to was found damaged, nothing is written any more but what was changed before.

import ABI
import Primitives

public struct Ext2FileSystem<Device: BlockDevice>: FileSystem {
  let geometry: Ext2Geometry
  var cache: BlockCache<Device>
  /// Why nothing may be written; nil where it may.
  public internal(set) var readOnlyReason: Ext2Problem?

  /// Whether it was clean when it was mounted: if not, only e2fsck makes it so.
  let wasClean: Bool
  /// Whether the superblock on the disk says what it said at the mount.
  var isMarkedClean: Bool
  /// Whether the device failed in the middle of a change, so that only e2fsck knows what is left.
  var hasFailed = false
  /// Whether the free blocks of each group have been counted since the mount, or need not be.
  var isCounted: Bool
  var freeBlocks: UInt32 = 0
  var freeInodes: UInt32 = 0
  /// What the superblock on the disk says of both, where it was written since the mount.
  var markedFreeBlocks: UInt32 = .max
  var markedFreeInodes: UInt32 = .max
  /// The latest time that a request brought, in seconds since 1970.
  var latestTime: UInt32 = 0

  // What waits until names and pointers are gone from the disk; see Ext2FileSystem+Freeing.swift.
  var lostLinks: [LostLinks] = []
  var freedBlocks: [BlockRun] = []

  let zeros: [UInt8]

  public static var rootInode: UInt32 { 2 }
  public var root: NodeReference { NodeReference(number: Self.rootInode, generation: rootGeneration) }
  private var rootGeneration: UInt32 = 0

  /// Mounts what is on the device.
  ///
  /// - Parameters:
  ///   - isReadOnly: nothing is written to the device, whatever is asked.
  ///   - cacheSize: how much memory the blocks may take that are kept, in bytes; at least 16 blocks are.
  /// - Throws: why it cannot be read. Where it can be read but not written, `readOnlyReason` says why.
  public init(on device: Device, isReadOnly: Bool = false, cacheSize: Int = 262_144) throws(Ext2Problem) {
    var device = device
    guard device.sectorCount >= 4 else { throw .unreadable }
    var bytes = [UInt8](repeating: 0, count: Superblock.size)
    do throws(BlockDeviceFailure) {
      var span = bytes.mutableSpan
      try device.read(from: Superblock.sector, into: &span)
    } catch { throw .unreadable }
    geometry = try Ext2Geometry(bytes.span, sectorCount: device.sectorCount)
    let blockSize = Int(geometry.blockSize)
    cache = BlockCache(
      device: device, blockSize: blockSize, blockCount: geometry.blockCount, capacity: cacheSize / blockSize)
    zeros = [UInt8](repeating: 0, count: blockSize)
    let state = bytes.span.half(Superblock.state)
    wasClean = state & Superblock.isClean != 0
    isMarkedClean = wasClean
    isCounted = wasClean
    if isReadOnly {
      readOnlyReason = .asked
    } else if geometry.unknownReadOnlyFeatures != 0 {
      readOnlyReason = .readOnlyFeatures(geometry.unknownReadOnlyFeatures)
    } else if state & Superblock.hasErrors != 0 {
      readOnlyReason = .hasErrors
    }
    lostLinks.reserveCapacity(Self.lostLimit)
    freedBlocks.reserveCapacity(Self.freedLimit)
    try checkDescriptors()
    do throws(FileFailure) {
      let inode = try readInode(Self.rootInode)
      guard inode.kind == .directory, inode.links > 0 else { throw FileFailure.damaged }
      rootGeneration = inode.generation
    } catch { throw error == .deviceFailed ? .unreadable : .noRoot }
  }

  /// Looks at every descriptor, and adds up what is free.
  private mutating func checkDescriptors() throws(Ext2Problem) {
    for group in 0..<geometry.groupCount {
      let (block, offset) = geometry.descriptor(group)
      if offset == 0 {
        cache.readAhead(from: block, count: Int(geometry.firstDataBlock &+ 1 &+ geometry.descriptorBlocks &- block))
      }
      let slot: Int
      do throws(FileFailure) { slot = try cache.load(block) } catch { throw .unreadable }
      let first = geometry.firstBlock(ofGroup: group)
      let count = geometry.blockCount(ofGroup: group)
      let head = geometry.headBlocks(ofGroup: group)
      func contains(_ start: UInt32, _ length: UInt32) -> Bool {
        guard start >= first else { return false }
        let position = start &- first
        return position >= head && position < count && length <= count &- position
      }
      guard contains(cache.word(in: slot, offset &+ GroupDescriptor.blockBitmap), 1),
        contains(cache.word(in: slot, offset &+ GroupDescriptor.inodeBitmap), 1),
        contains(cache.word(in: slot, offset &+ GroupDescriptor.inodeTable), geometry.tableBlocks)
      else { throw .wrongDescriptor(group: group) }
      let blocks = UInt32(cache.half(in: slot, offset &+ GroupDescriptor.freeBlocks))
      let inodes = UInt32(cache.half(in: slot, offset &+ GroupDescriptor.freeInodes))
      // Counts that cannot be are counted again before anything is taken.
      if blocks > count || inodes > geometry.inodesPerGroup { isCounted = false }
      freeBlocks = freeBlocks.addingReportingOverflow(blocks).partialValue
      freeInodes = freeInodes.addingReportingOverflow(inodes).partialValue
    }
  }

  // MARK: Inodes

  /// The block of an inode and where in it, its number having been checked.
  mutating func place(ofInode number: UInt32) throws(FileFailure) -> (block: UInt32, offset: Int) {
    guard number >= 1, number <= geometry.inodeCount else { throw .damaged }
    let table = try descriptor(geometry.group(ofInode: number), GroupDescriptor.inodeTable)
    let position = (number &- 1) % geometry.inodesPerGroup &* geometry.inodeSize
    return (table &+ position / geometry.blockSize, Int(truncatingIfNeeded: position % geometry.blockSize))
  }

  /// Reads an inode, whatever it is.
  mutating func readInode(_ number: UInt32) throws(FileFailure) -> Ext2Inode {
    let (block, offset) = try place(ofInode: number)
    let slot = try cache.load(block)
    var inode = Ext2Inode()
    _ = cache.lend(slot, offset..<offset &+ 128) {
      inode = Ext2Inode($0)
      return true
    }
    let lost = lostLinks(of: number)
    inode.links = inode.links > lost ? inode.links &- lost : 0
    return inode
  }

  mutating func writeInode(_ number: UInt32, _ inode: Ext2Inode) throws(FileFailure) {
    let (block, offset) = try place(ofInode: number)
    let slot = try cache.load(block)
    let links = inode.links &+ lostLinks(of: number)
    cache.change(slot, .nodes) { inode.write(to: &$0, at: offset, links: links) }
  }

  /// The inode of a node that is there.
  mutating func inode(_ node: NodeReference) throws(FileFailure) -> Ext2Inode {
    guard node.number == Self.rootInode || node.number >= geometry.firstInode, node.number <= geometry.inodeCount
    else { throw .stale }
    let inode = try readInode(node.number)
    guard inode.generation == node.generation, inode.links > 0, inode.mode != 0 else { throw .stale }
    guard inode.flags & Ext2Inode.hasExtents == 0 else { throw .damaged }
    return inode
  }

  mutating func directory(_ node: NodeReference) throws(FileFailure) -> Ext2Inode {
    let inode = try inode(node)
    guard inode.kind == .directory else { throw .notADirectory }
    // No block of a directory is missing or shared, so there cannot be more of them than blocks.
    guard geometry.offset(inode.size) == 0, inode.size <= 0xffff_ffff,
      geometry.part(inode.size) <= UInt64(geometry.blockCount)
    else { throw .damaged }
    return inode
  }

  /// A word of a group's descriptor.
  mutating func descriptor(_ group: UInt32, _ field: Int) throws(FileFailure) -> UInt32 {
    let (block, offset) = geometry.descriptor(group)
    return try cache.word(block, offset &+ field)
  }

  // MARK: Requests about all of it

  public mutating func status(of node: NodeReference) throws(FileFailure) -> NodeStatus {
    let inode = try inode(node)
    return NodeStatus(
      kind: inode.kind, size: UInt32(clamping: inode.size), links: UInt32(inode.links),
      mode: UInt32(inode.mode & 0o7777),
      modified: inode.modificationTime, blocks: inode.blocks)
  }

  public mutating func use() throws(FileFailure) -> FileSystemUse {
    do throws(FileFailure) {
      if hasPending, readOnlyReason == nil { try commit() }
      if !isCounted { try countFree() }
    } catch {
      note(error)
      throw error
    }
    return FileSystemUse(
      blockSize: geometry.blockSize, blocks: geometry.blockCount, freeBlocks: freeBlocks, nodes: geometry.inodeCount,
      freeNodes: freeInodes)
  }
}
