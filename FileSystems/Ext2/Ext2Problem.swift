// Why an ext2 file system is not mounted, or not written to.

import ABI
import Primitives

/// A number of the superblock that contradicts another or the format.
public enum Ext2Field: Equatable, Sendable {
  case blockCount, firstDataBlock, blocksPerGroup, inodesPerGroup, inodeCount, firstInode, descriptors

  /// Its name in the specification.
  var name: StaticString {
    switch self {
    case .blockCount: "s_blocks_count"
    case .firstDataBlock: "s_first_data_block"
    case .blocksPerGroup: "s_blocks_per_group"
    case .inodesPerGroup: "s_inodes_per_group"
    case .inodeCount: "s_inodes_count"
    case .firstInode: "s_first_ino"
    case .descriptors: "the number of block groups"
    }
  }
}

public enum Ext2Problem: Error, Equatable, Sendable {
  /// The device could not be read.
  case unreadable
  /// There is no superblock of ext2; `magic` is what is where its mark (0xef53) would be.
  case notExt2(magic: UInt16)
  case unknownRevision(UInt32)
  /// `s_log_block_size`: the logarithm of the size in KiB.
  case blockSize(logarithm: UInt32)
  /// In bytes.
  case inodeSize(UInt16)
  /// Features without which nothing can be understood.
  case incompatible(features: UInt32)
  /// It has a journal that is to be played back first.
  case journalInUse
  /// It is larger than the device; both in blocks.
  case tooLarge(blocks: UInt32, limit: UInt32)
  case wrong(Ext2Field, UInt32)
  /// A descriptor leads out of its block group.
  case wrongDescriptor(group: UInt32)
  /// The inode of the root is no directory.
  case noRoot

  // Why it is read only.

  /// Whoever mounted it wanted so.
  case asked
  /// Features that allow reading but not writing.
  case readOnlyFeatures(UInt32)
  /// An error was found in it before, and nobody has repaired it since.
  case hasErrors
  /// What is on it contradicts itself: found while it was written to.
  case damaged

  /// Writes one sentence that says what is wrong.
  public func describe(to output: inout some TextOutput) {
    output.write("ext2: ")
    switch self {
    case .unreadable: output.write("the device cannot be read")
    case .notExt2(let magic):
      output.write("there is none: its mark is 0xef53, here is ")
      output.write(hexadecimal: UInt32(magic), digits: 4)
    case .unknownRevision(let revision):
      output.write("revisions 0 and 1 are known, this is ")
      output.write(decimal: revision)
    case .blockSize(let logarithm):
      output.write("blocks have 1, 2 or 4 KiB, here 2 to the power of ")
      output.write(decimal: UInt64(logarithm) &+ 10)
      output.write(" bytes")
    case .inodeSize(let size):
      output.write("inodes have 128 or 256 bytes, here ")
      output.write(decimal: UInt32(size))
    case .incompatible(let features):
      output.write("it uses features that are not known here: s_feature_incompat has ")
      output.write(hexadecimal: features, digits: 1)
    case .journalInUse: output.write("its journal is to be played back first, which e2fsck does")
    case .tooLarge(let blocks, let limit):
      output.write("it has ")
      output.write(decimal: blocks)
      output.write(" blocks on a device that has room for ")
      output.write(decimal: limit)
    case .wrong(let field, let value):
      output.write(field.name)
      output.write(" cannot be ")
      output.write(decimal: value)
    case .wrongDescriptor(let group):
      output.write("the descriptor of block group ")
      output.write(decimal: group)
      output.write(" leads out of it")
    case .noRoot: output.write("its root is no directory")
    case .asked: output.write("it was mounted for reading only")
    case .readOnlyFeatures(let features):
      output.write("it can only be read: s_feature_ro_compat has the unknown ")
      output.write(hexadecimal: features, digits: 1)
    case .hasErrors: output.write("it can only be read until e2fsck has repaired the errors that are marked in it")
    case .damaged: output.write("it can only be read: what is on it contradicts itself, which e2fsck repairs")
    }
  }
}
