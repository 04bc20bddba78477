// An inode as it is used here, and where its fields lie on the disk (specification, 3.4).
//
// Invariant: reading and writing it back changes nothing: fields that are of no interest here are left as they are.

import ABI

/// Where the fields of an inode lie, in bytes from its beginning.
enum InodeField {
  static var mode: Int { 0 }
  static var size: Int { 4 }
  static var accessTime: Int { 8 }
  static var changeTime: Int { 12 }
  static var modificationTime: Int { 16 }
  static var deletionTime: Int { 20 }
  static var links: Int { 26 }
  static var blocks: Int { 28 }
  static var flags: Int { 32 }
  static var pointers: Int { 40 }
  static var generation: Int { 100 }
  static var attributes: Int { 104 }
  static var sizeHigh: Int { 108 }
  static var extraSize: Int { 128 }
}

struct Ext2Inode {
  var mode: UInt16 = 0
  /// Bytes.
  var size: UInt64 = 0
  var changeTime: UInt32 = 0
  var modificationTime: UInt32 = 0
  /// How many names it has, those not counted whose disappearance is not on the disk yet.
  var links: UInt16 = 0
  /// `i_blocks`: the space it takes, in units of 512 bytes.
  var blocks: UInt32 = 0
  var flags: UInt32 = 0
  var generation: UInt32 = 0
  /// `i_file_acl`: the block with extended attributes.
  var attributes: UInt32 = 0
  /// `i_block`: twelve blocks, then an indirect, a doubly and a triply indirect one.
  var pointers = InlineArray<15, UInt32>(repeating: 0)

  // Bits of `i_flags`.
  static var isImmutable: UInt32 { 0x10 }
  static var isAppendOnly: UInt32 { 0x20 }
  /// The directory has an index, which only who keeps it up may leave.
  static var hasIndex: UInt32 { 0x1000 }
  /// The block numbers are a tree of extents, which ext2 does not have.
  static var hasExtents: UInt32 { 0x8_0000 }

  static var linkLimit: UInt16 { 32_000 }

  init() {}

  init(kind: NodeKind, mode: UInt32, time: UInt32, generation: UInt32) {
    let type: UInt32 =
      switch kind {
      case .directory: 0o040000
      case .symbolicLink: 0o120000
      case .file, .other: 0o100000
      }
    self.mode = UInt16(truncatingIfNeeded: type | mode & 0o7777)
    self.generation = generation
    (changeTime, modificationTime) = (time, time)
  }

  init(_ bytes: Span<UInt8>) {
    mode = bytes.half(InodeField.mode)
    size = UInt64(bytes.word(InodeField.size))
    changeTime = bytes.word(InodeField.changeTime)
    modificationTime = bytes.word(InodeField.modificationTime)
    links = bytes.half(InodeField.links)
    blocks = bytes.word(InodeField.blocks)
    flags = bytes.word(InodeField.flags)
    generation = bytes.word(InodeField.generation)
    attributes = bytes.word(InodeField.attributes)
    for index in 0..<15 { pointers[index] = bytes.word(InodeField.pointers &+ 4 &* index) }
    // The same field is i_dir_acl where there are no large files.
    if kind == .file { size |= UInt64(bytes.word(InodeField.sizeHigh)) &<< 32 }
  }

  func write(to bytes: inout MutableSpan<UInt8>, at offset: Int, links: UInt16) {
    bytes.setHalf(offset &+ InodeField.mode, mode)
    bytes.setWord(offset &+ InodeField.size, UInt32(truncatingIfNeeded: size))
    bytes.setWord(offset &+ InodeField.changeTime, changeTime)
    bytes.setWord(offset &+ InodeField.modificationTime, modificationTime)
    bytes.setHalf(offset &+ InodeField.links, links)
    bytes.setWord(offset &+ InodeField.blocks, blocks)
    bytes.setWord(offset &+ InodeField.flags, flags)
    bytes.setWord(offset &+ InodeField.generation, generation)
    bytes.setWord(offset &+ InodeField.attributes, attributes)
    for index in 0..<15 { bytes.setWord(offset &+ InodeField.pointers &+ 4 &* index, pointers[index]) }
    if kind == .file { bytes.setWord(offset &+ InodeField.sizeHigh, UInt32(truncatingIfNeeded: size &>> 32)) }
  }

  var kind: NodeKind {
    switch mode & 0o170000 {
    case 0o100000: .file
    case 0o040000: .directory
    case 0o120000: .symbolicLink
    default: .other
    }
  }

  /// Its number in a directory entry.
  var entryType: UInt8 {
    switch mode & 0o170000 {
    case 0o100000: 1
    case 0o040000: 2
    case 0o020000: 3
    case 0o060000: 4
    case 0o010000: 5
    case 0o140000: 6
    case 0o120000: 7
    default: 0
    }
  }

  /// Whether it is a symbolic link whose target lies in the inode itself.
  func isShortLink(blockSize: UInt32) -> Bool {
    guard kind == .symbolicLink else { return false }
    return blocks == (attributes == 0 ? 0 : blockSize / 512)
  }
  static var shortLinkLimit: Int { 60 }

  /// Whether its pointers are numbers of blocks.
  func hasBlocks(blockSize: UInt32) -> Bool {
    switch kind {
    case .file, .directory: true
    case .symbolicLink: !isShortLink(blockSize: blockSize)
    case .other: false
    }
  }
}
