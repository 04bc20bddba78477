// What is mounted and what is refused, with its reason; what the superblock says meanwhile; and the limits of files.

import ABI
import FileSystems
import TestSupport
import Testing

@Suite(.enabled(if: Ext2Tools.arePresent, "mke2fs, e2fsck or debugfs is not there (package e2fsprogs)"))
struct Ext2MountTests {
  static let superblock = 1024

  /// An image of which some bytes were changed.
  static func image(_ options: String = "-b 1024", size: Int = 1024, changes: [(offset: Int, bytes: [UInt8])] = [])
    throws -> [UInt8]
  {
    var image = try ImageKind(size, options).make()
    for (offset, bytes) in changes { image.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
    return image
  }

  static func refusal(_ image: [UInt8]) -> Ext2Problem? {
    do throws(Ext2Problem) {
      _ = try Ext2(on: MemoryDisk(image))
      return nil
    } catch { return error }
  }

  static func text(_ problem: Ext2Problem?) -> String {
    var output = TextCollector()
    problem?.describe(to: &output)
    return output.text
  }

  /// What follows from bytes of the superblock.
  @Test(
    arguments: [
      (56, [0, 0], "ext2: there is none: its mark is 0xef53, here is 0x0000"),
      (76, [2, 0, 0, 0], "ext2: revisions 0 and 1 are known, this is 2"),
      (24, [3, 0, 0, 0], "ext2: blocks have 1, 2 or 4 KiB, here 2 to the power of 13 bytes"),
      (88, [0, 2], "ext2: inodes have 128 or 256 bytes, here 512"),
      (96, [0x42, 0, 0, 0], "ext2: it uses features that are not known here: s_feature_incompat has 0x40"),
      (96, [0x06, 0, 0, 0], "ext2: its journal is to be played back first, which e2fsck does"),
      (4, [0, 16, 0, 0], "ext2: it has 4096 blocks on a device that has room for 1024"),
      (20, [0, 0, 0, 0], "ext2: s_first_data_block cannot be 0"),
      (32, [0, 0, 0, 0], "ext2: s_blocks_per_group cannot be 0"),
      (32, [1, 0x20, 0, 0], "ext2: s_blocks_per_group cannot be 8193"),
      (40, [0, 0, 0, 0], "ext2: s_inodes_per_group cannot be 0"),
      (0, [255, 255, 255, 255], "ext2: s_inodes_count cannot be 4294967295"),
      (84, [2, 0, 0, 0], "ext2: s_first_ino cannot be 2"),
      (4, [4, 0, 0, 0], "ext2: s_blocks_count cannot be 4"),
      (1024, [0, 0, 0, 0], "ext2: the descriptor of block group 0 leads out of it"),
      (1024 + 8, [255, 255, 255, 255], "ext2: the descriptor of block group 0 leads out of it"),
    ] as [(Int, [UInt8], String)])
  func refusals(offset: Int, bytes: [UInt8], words: String) throws {
    let problem = Self.refusal(try Self.image(changes: [(Self.superblock + offset, bytes)]))
    #expect(Self.text(problem) == words)
  }

  @Test func noRoot() throws {
    var image = try Self.image()
    let files = try Ext2(on: MemoryDisk(image))
    // Its inode becomes one that is free.
    let place = try #require(Self.offset(ofInode: files.root.number, in: image))
    for index in 0..<128 { image[place + index] = 0 }
    #expect(Self.text(Self.refusal(image)) == "ext2: its root is no directory")
    #expect(Self.refusal([UInt8](repeating: 0, count: 512)) == .unreadable)
  }

  /// Where an inode of the first group lies, in an image with blocks of 1 KiB.
  static func offset(ofInode number: UInt32, in image: [UInt8]) -> Int? {
    let descriptor = 2048
    let table = Int(image[descriptor + 8]) | Int(image[descriptor + 9]) << 8
    let size = Int(image[superblock + 88]) | Int(image[superblock + 89]) << 8
    return table * 1024 + (Int(number) - 1) * size
  }

  @Test(
    arguments: [
      (100, [0x43, 0, 0, 0], "ext2: it can only be read: s_feature_ro_compat has the unknown 0x40"),
      (58, [2, 0], "ext2: it can only be read until e2fsck has repaired the errors that are marked in it"),
    ] as [(Int, [UInt8], String)])
  func onlyToBeRead(offset: Int, bytes: [UInt8], words: String) throws {
    let disk = MemoryDisk(try Self.image(changes: [(Self.superblock + offset, bytes)]))
    var files = try Ext2(on: disk)
    #expect(Self.text(files.readOnlyReason) == words)
    #expect(throws: FileFailure.readOnly) {
      try files.make("a")
    }
    try files.sync()
    _ = try files.use()
    #expect(disk.contents.writes == 0)
  }

  @Test func aDeviceThatCannotBeWritten() throws {
    let disk = MemoryDisk(try Self.image())
    disk.contents.isReadOnly = true
    var files = try Ext2(on: disk)
    #expect(throws: FileFailure.readOnly) {
      try files.make("a")
    }
    #expect(throws: FileFailure.notFound) { try files.find("a") }
  }

  @Test func whatTheSuperblockSaysMeanwhile() throws {
    let disk = MemoryDisk(try Self.image())
    var state: UInt8 { disk.contents.bytes[Self.superblock + 58] }
    var files = try Ext2(on: disk)
    #expect(state == 1 && disk.contents.writes == 0)
    let file = try files.make("a")
    #expect(state == 0)
    try files.sync()
    #expect(state == 1)
    let writes = disk.contents.writes
    try files.sync()
    #expect(disk.contents.writes == writes, "there was nothing to write")
    try files.change(file, mode: 0o400, modified: nil)
    #expect(state == 0)
    try files.unmount()
    #expect(state == 1)
    #expect(throws: FileFailure.readOnly) { try files.change(file, mode: 0o600, modified: nil) }
    let complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
    #expect(complaint == nil)
  }

  /// What was not clean stays so, and its free counts are counted again.
  @Test func whatWasNotClean() throws {
    let right = try Self.image("-b 1024 -g 512", size: 2048)
    var image = right
    image[Self.superblock + 58] = 0
    // The free blocks of the first group.
    (image[2048 + 12], image[2048 + 13]) = (0, 0)
    let disk = MemoryDisk(image)
    var files = try Ext2(on: disk)
    var whole = try Ext2(on: MemoryDisk(right))
    #expect(files.readOnlyReason == nil)
    _ = try files.make("a")
    try files.drop("a")
    let (use, expected) = (try files.use(), try whole.use())
    #expect(use == expected)
    try files.sync()
    #expect(disk.contents.bytes[Self.superblock + 58] == 0)
    #expect(disk.contents.bytes[2048 + 12] == right[2048 + 12])
  }

  // MARK: Files

  /// One byte in each part of the tree of blocks, up to the last that a position reaches.
  @Test(arguments: [("-b 1024", false), ("-b 2048", false), ("-b 4096", false), ("-b 1024 -O ^large_file", true)])
  func holesAndAllLevels(_ options: String, isLimited: Bool) throws {
    let disk = MemoryDisk(try Self.image(options, size: 4096))
    var files = try Ext2(on: disk)
    let before = try files.use()
    let file = try files.make("a")
    let last: UInt32 = isLimited ? 0x7fff_fffe : 0xffff_fffe
    let positions: [UInt32] = [
      0, 12 * 1024, 12 * 4096, 300_000, 1_000_000, 67_000_000, 100_000_000, 1_100_000_000, last,
    ]
    for (index, position) in positions.enumerated() {
      try files.put([UInt8(index + 1)], at: position, in: file)
    }
    #expect(throws: FileFailure.tooLarge) {
      try files.put([1, 2], at: last, in: file)
    }
    try files.sync()
    files = try Ext2(on: disk)
    let status = try files.status(of: file)
    #expect(status.size == last + 1 && status.blocks < 200)
    for (index, position) in positions.enumerated() {
      let bytes = try files.contents(of: file, at: position, count: 1)
      #expect(bytes == [UInt8(index + 1)])
      if position > 0, position < last {
        let around = try files.contents(of: file, at: position - 1, count: 3)
        #expect(around == [0, UInt8(index + 1), 0])
      }
    }
    var complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
    #expect(complaint == nil)
    for size in [last, 1_100_000_000, 67_000_001, 67_000_000, 300_001, 12 * 4096, 1, 0] as [UInt32] {
      try files.resize(file, to: size, time: testTime, by: 0)
      try files.sync()
      complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
      #expect(complaint == nil, "at \(size)")
    }
    try files.drop("a")
    let after = try files.use()
    #expect(after == before)
  }

  @Test func whatIsCutOffIsZeroOnTheDiskToo() throws {
    let disk = MemoryDisk(try Self.image())
    var files = try Ext2(on: disk)
    let file = try files.make("a")
    let bytes = [UInt8](repeating: 0xa7, count: 700)
    try files.put(bytes, in: file)
    try files.sync()
    let before = disk.contents.bytes.count { $0 == 0xa7 }
    try files.resize(file, to: 10, time: testTime, by: 0)
    try files.sync()
    let after = disk.contents.bytes.count { $0 == 0xa7 }
    #expect(before - after == 690)
  }

  /// A file that is larger than positions reach can be read as far as they do.
  @Test func aFileOfMoreThanFourGiB() throws {
    var image = try Self.image()
    let disk = MemoryDisk(image)
    var files = try Ext2(on: disk)
    let file = try files.make("a")
    try files.put([1, 2, 3], at: 0, in: file)
    try files.sync()
    image = disk.contents.bytes
    let place = try #require(Self.offset(ofInode: file.number, in: image))
    image[place + 108] = 2
    files = try Ext2(on: MemoryDisk(image))
    let status = try files.status(of: file)
    #expect(status.size == .max)
    let bytes = try files.contents(of: file, at: 0, count: 5)
    #expect(bytes == [1, 2, 3, 0, 0])
    let end = try files.contents(of: file, at: .max, count: 10_000)
    #expect(end.count == 10_000 || end.count == 1)
    try files.resize(file, to: 2, time: testTime, by: 0)
    let short = try files.contents(of: file)
    #expect(short == [1, 2])
  }

  @Test func linksUpToTheLimit() throws {
    let disk = MemoryDisk(try Self.image("-b 4096 -N 64", size: 8192))
    var files = try Ext2(on: disk)
    let file = try files.make("a")
    // Linear directories: a few thousand names are enough to see that nothing but the limit is met.
    var directories: [NodeReference] = []
    for index in 0..<32 {
      directories.append(try files.make("d\(index)", .directory))
    }
    var links = 1
    while links < 32_000 {
      try files.link(file, as: Array("n\(links)".utf8).span, in: directories[links % 32], time: testTime)
      links += 1
    }
    #expect(throws: FileFailure.limitReached) {
      try files.link(file, as: Array("b".utf8).span, in: files.root, time: testTime)
    }
    try files.sync()
    let complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
    #expect(complaint == nil)
  }
}
