// ext2 on images of which bytes were changed at random: nothing traps and everything ends, whatever is on the disk.

import ABI
import FileSystems
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Ext2Tools.arePresent, "mke2fs, e2fsck or debugfs is not there (package e2fsprogs)"))
struct Ext2DamageTests {
  /// How many images of each kind are damaged; more where somebody asks for it.
  static let count =
    ProcessInfo.processInfo.environment["MEGHA_DAMAGED_IMAGES"].flatMap { Int($0) } ?? 700

  /// An image with something of everything, and the blocks that hold it together.
  static func image(_ options: String) throws -> [UInt8] {
    let disk = MemoryDisk(try ImageKind(256, options).make())
    var files = try Ext2(on: disk)
    let directory = try files.make("dir", .directory)
    let inner = try files.make("inner", .directory, in: directory)
    for index in 0..<10 {
      let file = try files.make("file\(index)", in: index % 2 == 0 ? directory : inner)
      try files.put(Ext2ExchangeTests.pattern(index * 1500, index), in: file)
    }
    let large = try files.make("large")
    try files.put([9, 9, 9], at: 300_000, in: large)
    try files.put([9, 9, 9], at: 70_000_000, in: large)
    _ = try files.createLink(
      Array("long".utf8).span, to: [UInt8](repeating: 0x61, count: 100).span, in: directory, time: testTime, by: 0)
    _ = try files.createLink(Array("short".utf8).span, to: Array("a".utf8).span, in: inner, time: testTime, by: 0)
    try files.link(large, as: Array("second".utf8).span, in: inner, time: testTime)
    try files.sync()
    return disk.contents.bytes
  }

  /// Everything that a file system can be asked, with all that it names.
  static func exercise(_ files: inout Ext2) {
    var waiting: [NodeReference] = [files.root]
    var steps = 0
    var found: [(name: [UInt8], node: NodeReference, directory: NodeReference)] = []
    while let directory = waiting.popLast(), steps < 400 {
      var position: UInt32 = 0
      while steps < 400, let entry = (try? files.entry(at: position, in: directory)) ?? nil {
        steps += 1
        #expect(entry.next > position)
        position = entry.next
        found.append((entry.name, entry.node, directory))
        if entry.kind == .directory { waiting.append(entry.node) }
        _ = try? files.status(of: entry.node)
        _ = try? files.lookup(entry.name.span, in: directory)
        var length = 0
        try? files.read(entry.node, at: 0, count: 20_000) {
          length += $0.count; return length < 100_000
        }
        try? files.read(entry.node, at: 69_999_990, count: 100) {
          length += $0.count; return true
        }
        #expect(length <= 20_100)
      }
    }
    _ = try? files.use()
    for (index, item) in found.enumerated() {
      switch index % 6 {
      case 0: try? files.put([UInt8](repeating: 1, count: 5000), at: 11_000, in: item.node)
      case 1: try? files.resize(item.node, to: 700, time: testTime, by: 0)
      case 2: try? files.drop(String(decoding: item.name, as: UTF8.self), in: item.directory)
      case 3:
        try? files.rename(
          item.name.span, in: item.directory, to: Array("moved\(index)".utf8).span, in: files.root, time: testTime)
      case 4: try? files.link(item.node, as: Array("linked\(index)".utf8).span, in: files.root, time: testTime)
      default:
        _ = try? files.make("made\(index)", .directory, in: item.node)
        _ = try? files.make("made\(index)", .file, in: item.directory)
      }
    }
    for item in found { try? files.drop(String(decoding: item.name, as: UTF8.self), in: item.directory) }
    try? files.sync()
    _ = try? files.make("after")
    _ = try? files.use()
    try? files.unmount()
  }

  @Test(arguments: [
    "-b 1024 -I 128 -N 32", "-b 1024 -I 256 -N 32 -g 256", "-b 4096 -I 256 -N 32 -O ^resize_inode",
    "-b 2048 -r 0 -O none -N 32",
  ])
  func randomBytes(_ options: String) throws {
    let image = try Self.image(options)
    // Where something other than zeros lies: what is changed there, matters.
    let blocks = (0..<image.count / 512).filter { sector in
      image[sector * 512..<(sector + 1) * 512].contains { $0 != 0 }
    }
    var generator = SeededGenerator(seed: 5)
    var (mounted, damaged) = (0, 0)
    for number in 0..<Self.count {
      let disk = DiskContents(image)
      let changes = [1, 1, 2, 5, 40].randomElement(using: &generator) ?? 1
      for _ in 0..<changes {
        // A third in the superblock and the descriptors.
        let sector =
          number % 3 == 0 ? Int.random(in: 2..<10, using: &generator) : blocks.randomElement(using: &generator) ?? 2
        let place = sector * 512 + Int.random(in: 0..<512, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: disk.bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: disk.bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 2: disk.bytes[place] = 0xff
        default:
          // A number that leads somewhere.
          let value = UInt32.random(in: 0..<300, using: &generator)
          for index in 0..<4 { disk.bytes[place & ~3 + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
        }
      }
      do throws(Ext2Problem) {
        var files = try Ext2(on: MemoryDisk(disk), cacheSize: 65_536)
        mounted += 1
        Self.exercise(&files)
        if files.readOnlyReason == .damaged { damaged += 1 }
      } catch {
        var output = TextCollector()
        error.describe(to: &output)
        #expect(output.text.hasPrefix("ext2: "))
      }
    }
    #expect(mounted > Self.count / 3 && damaged > Self.count / 50)
  }

  /// Indirect blocks that lead to themselves, to one another, and to everything.
  @Test(arguments: ["-b 1024 -I 128 -N 32", "-b 4096 -I 128 -N 32 -O ^resize_inode"])
  func treesThatLeadBack(_ options: String) throws {
    let image = try Self.image(options)
    var generator = SeededGenerator(seed: 9)
    func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }
    for _ in 0..<60 {
      let disk = DiskContents(image)
      var files = try Ext2(on: MemoryDisk(disk))
      let large = try files.find("large").number
      let size = options.contains("-b 1024") ? 1024 : 4096
      let descriptor = size == 1024 ? 2048 : 4096
      let table = Int(disk.bytes[descriptor + 8]) | Int(disk.bytes[descriptor + 9]) << 8
      let inode = table * size + (Int(large) - 1) * 128
      // All levels lead to one block, which leads to itself or to a few others.
      let target = number(40..<60)
      for index in 0..<15 { disk.bytes[inode + 40 + 4 * index] = UInt8(target) }
      for index in 0..<size / 4 {
        disk.bytes[target * size + 4 * index] = UInt8(Bool.random(using: &generator) ? target : target + index % 3)
        for byte in 1..<4 { disk.bytes[target * size + 4 * index + byte] = 0 }
      }
      if Bool.random(using: &generator) { for index in 0..<4 { disk.bytes[inode + 28 + index] = 0xff } }
      if Bool.random(using: &generator) { disk.bytes[inode + 108] = 0xff }
      files = try Ext2(on: MemoryDisk(disk))
      let node = try files.find("large")
      _ = try? files.contents(of: node, count: 1_000_000)
      // A block that leads to itself is found out when it is freed; writing to the file only changes the file.
      if number(0..<2) == 0 { try? files.put([1], at: 1_000_000, in: node) }
      switch number(0..<2) {
      case 0: try? files.resize(node, to: 100, time: testTime, by: 0)
      default:
        try? files.drop("second", in: files.find("dir/inner"))
        try? files.drop("large")
      }
      try? files.sync()
      #expect(files.readOnlyReason == .damaged)
    }
  }

  /// A file to which one of the blocks belongs that hold the file system together: it is not written to.
  @Test func filesThatHaveWhatIsNotTheirs() throws {
    let image = try Self.image("-b 1024 -I 128 -N 32")
    let table = Int(image[2048 + 8])
    // Superblock, descriptors, bitmaps, and the first and the last block of inodes.
    for target in [1, 2, Int(image[2048]), Int(image[2048 + 4]), table, table + 3, 0xffff] {
      let disk = DiskContents(image)
      var files = try Ext2(on: MemoryDisk(disk))
      let file = try files.find("dir/file2")
      let pointer = table * 1024 + (Int(file.number) - 1) * 128 + 40
      (disk.bytes[pointer], disk.bytes[pointer + 1]) = (UInt8(target & 0xff), UInt8(target >> 8))
      let before = disk.bytes
      for request in 0..<3 {
        files = try Ext2(on: MemoryDisk(disk))
        #expect(throws: FileFailure.damaged, "request \(request), block \(target)") {
          switch request {
          case 0: try files.put([1, 2, 3], in: file)
          case 1: try files.resize(file, to: 0, time: testTime, by: 0)
          default: try files.resize(file, to: 10, time: testTime, by: 0)
          }
        }
        #expect(files.readOnlyReason == .damaged)
        try files.sync()
        // All but what the superblock says of it.
        let same = disk.bytes.indices.allSatisfy { disk.bytes[$0] == before[$0] || $0 / 1024 == 1 }
        #expect(same, "request \(request), block \(target)")
        disk.bytes = before
      }
    }
  }

  /// A directory that says it is larger than the disk is not searched at all, nor one with half a block.
  @Test(arguments: [(2, 0x10), (0, 1), (3, 0xff)] as [(Int, UInt8)]) func directoriesOfImpossibleSizes(
    byte: Int, value: UInt8
  ) throws {
    let disk = DiskContents(try Self.image("-b 1024 -I 128 -N 32"))
    var files = try Ext2(on: MemoryDisk(disk))
    let directory = try files.find("dir")
    disk.bytes[Int(disk.bytes[2048 + 8]) * 1024 + (Int(directory.number) - 1) * 128 + 4 + byte] = value
    files = try Ext2(on: MemoryDisk(disk))
    #expect(throws: FileFailure.damaged) { try files.find("dir/none") }
    #expect(throws: FileFailure.damaged) { try files.entry(at: 0, in: directory) }
    #expect(throws: FileFailure.damaged) { try files.make("new", in: directory) }
  }

  /// A directory that is inside of itself.
  @Test func directoriesInACircle() throws {
    let disk = MemoryDisk(try ImageKind(256, "-b 1024 -N 32").make())
    var files = try Ext2(on: disk)
    let outer = try files.make("outer", .directory)
    let inner = try files.make("inner", .directory, in: outer)
    try files.make("other", .directory)
    try files.sync()
    // ".." of the outer one leads to the inner one.
    let head = [UInt8(outer.number), 0, 0, 0, 12, 0, 1, 2, 0x2e, 0, 0, 0, 2, 0, 0, 0]
    let place = try #require(
      (0..<disk.contents.bytes.count / 1024).first { Array(disk.contents.bytes[$0 * 1024..<$0 * 1024 + 16]) == head })
    disk.contents.bytes[place * 1024 + 12] = UInt8(inner.number)
    files = try Ext2(on: disk)
    #expect(throws: FileFailure.damaged) {
      try files.rename(
        Array("other".utf8).span, in: files.root, to: Array("o".utf8).span, in: inner, time: testTime)
    }
  }
}
