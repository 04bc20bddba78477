// What e2fsprogs wrote is read here, and what was written here is read by debugfs.

import ABI
import FileSystems
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Ext2Tools.arePresent, "mke2fs, e2fsck or debugfs is not there (package e2fsprogs)"))
struct Ext2ExchangeTests {
  static func pattern(_ count: Int, _ seed: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31 &+ seed) ^ ($0 >> 8)) }
  }

  /// A folder of the host with files of many sizes, many names, links and depths.
  static func withFolder(_ body: (URL, [String: [UInt8]]) throws -> Void) throws {
    let manager = FileManager.default
    let folder = Ext2Tools.folder.appendingPathComponent("ext2-\(UUID().uuidString)")
    defer { try? manager.removeItem(at: folder) }
    var expected: [String: [UInt8]] = [:]
    func add(_ path: String, _ bytes: [UInt8]) throws {
      try Data(bytes).write(to: folder.appendingPathComponent(path))
      expected["/" + path] = [UInt8(NodeKind.file.rawValue)] + bytes
    }
    func addFolder(_ path: String) throws {
      try manager.createDirectory(at: folder.appendingPathComponent(path), withIntermediateDirectories: true)
      expected["/" + path] = [UInt8(NodeKind.directory.rawValue)]
    }
    func addLink(_ path: String, _ target: String) throws {
      try manager.createSymbolicLink(
        atPath: folder.appendingPathComponent(path).path, withDestinationPath: target)
      expected["/" + path] = [UInt8(NodeKind.symbolicLink.rawValue)] + Array(target.utf8)
    }
    try addFolder("deep")
    try addFolder("deep/er")
    try addFolder("deep/er/est")
    try addFolder("many")
    for (index, size) in [0, 1, 1023, 1024, 1025, 12_288, 12_289, 70_000, 300_000].enumerated() {
      try add("deep/er/est/file\(index)", pattern(size, index))
    }
    for index in 0..<300 { try add("many/a name that takes some space, number \(index)", [UInt8(index & 255)]) }
    try addLink("short", "deep/er")
    try addLink("long", String(repeating: "longer/", count: 20))
    try addLink("limit59", String(repeating: "x", count: 59))
    try addLink("limit60", String(repeating: "x", count: 60))
    expected["/lost+found"] = [UInt8(NodeKind.directory.rawValue)]
    try body(folder, expected)
  }

  @Test(arguments: ["-b 1024 -I 128", "-b 2048 -I 256", "-b 4096 -I 256", "-b 1024 -r 0 -O none"])
  func whatMke2fsWroteIsRead(_ options: String) throws {
    try Self.withFolder { folder, expected in
      let image = try ImageKind(4096, options + " -d \(folder.path)").make()
      var files = try Ext2(on: MemoryDisk(image), isReadOnly: true)
      let found = try snapshot(of: &files)
      #expect(found.keys.sorted() == expected.keys.sorted())
      #expect(found == expected)
      #expect(files.readOnlyReason == .asked)
      #expect(throws: FileFailure.readOnly) { try files.drop("short") }
    }
  }

  /// e2fsck -D gives the directory an index. It is read as one without, and loses it when it is changed.
  @Test(arguments: ["-b 1024 -I 128", "-b 4096 -I 256"]) func directoriesWithAnIndex(_ options: String) throws {
    try Self.withFolder { folder, expected in
      var image = try ImageKind(4096, options + " -d \(folder.path)").make()
      image = try Ext2Tools.withFile(image) { try Ext2Tools.run("e2fsck", ["-f", "-y", "-D", $0]) }
      let flagged = try Ext2Tools.debug(image, "stat /many")
      #expect(flagged.contains("Flags: 0x1000"))
      let disk = MemoryDisk(image)
      var files = try Ext2(on: disk)
      let found = try snapshot(of: &files)
      #expect(found == expected)
      let many = try files.find("many")
      for index in 0..<100 {
        try files.make("added \(index)", in: many)
        try files.drop("a name that takes some space, number \(index)", in: many)
      }
      try files.sync()
      let unflagged = try Ext2Tools.debug(disk.contents.bytes, "stat /many")
      #expect(unflagged.contains("Flags: 0x0"))
      let complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
      #expect(complaint == nil)
    }
  }

  @Test(arguments: ["-b 1024 -I 128", "-b 4096 -I 256", "-b 1024 -r 0 -O none"])
  func whatWasWrittenHereIsReadByDebugfs(_ options: String) throws {
    let disk = MemoryDisk(try ImageKind(8192, options).make())
    var files = try Ext2(on: disk)
    let time = testTime
    let directory = try files.create(
      Array("folder".utf8).span, .directory, in: files.root, mode: 0o750, time: time, by: 0)
    let text = (0..<9000).map { "line \($0)\n" }.joined()
    let file = try files.create(Array("text".utf8).span, .file, in: directory, mode: 0o640, time: time, by: 0)
    try files.write(file, at: 0, Array(text.utf8).span, time: time, by: 0)
    let target = String(repeating: "target/", count: 15)
    _ = try files.createLink(
      Array("long".utf8).span, to: Array(target.utf8).span, in: directory, time: time, by: 0)
    _ = try files.createLink(Array("short".utf8).span, to: Array("text".utf8).span, in: directory, time: time, by: 0)
    try files.link(file, as: Array("second".utf8).span, in: files.root, time: time)
    try files.unmount()

    let image = disk.contents.bytes
    let read = try Ext2Tools.debug(image, "cat /folder/text")
    #expect(read.hasSuffix(text))
    let second = try Ext2Tools.debug(image, "cat /second")
    #expect(second.hasSuffix(text))
    let list = try Ext2Tools.debug(image, "ls -p /folder")
    // What has the inode 0 is an entry without one.
    let lines = list.split(separator: "\n").filter { $0.hasPrefix("/") && !$0.hasPrefix("/0/") }.map {
      $0.split(separator: "/")
    }
    // Inode, mode, owner, group, name, size.
    let shown = lines.map { "\($0[1]) \($0[4]) \($0.count > 5 ? $0[5] : "")" }
    #expect(shown.contains("100640 text \(text.utf8.count)"))
    #expect(shown.contains("120777 long \(target.utf8.count)"))
    #expect(shown.contains("120777 short 4"))
    #expect(lines.count == 5)
    let link = try Ext2Tools.debug(image, "stat /folder/short")
    #expect(link.contains("Fast link dest: \"text\""))
    let complaint = try Ext2Tools.complaint(about: image)
    #expect(complaint == nil)
  }

  /// An inode with extended attributes in a block of their own goes with it; two that share one leave it to each other.
  @Test(arguments: ["-b 1024 -I 128", "-b 4096 -I 128"]) func extendedAttributes(_ options: String) throws {
    let value = String(repeating: "v", count: 200)
    try Self.withFolder { folder, _ in
      var image = try ImageKind(4096, options + " -d \(folder.path)").make()
      image = try Ext2Tools.withFile(image) { path in
        for file in ["/short", "/deep/er/est/file1", "/many"] {
          let result = try Ext2Tools.run("debugfs", ["-w", "-R", "ea_set \(file) user.test \(value)", path])
          try #require(result.status == 0)
        }
      }
      let disk = MemoryDisk(image)
      var files = try Ext2(on: disk)
      let short = try files.contents(of: files.find("short"))
      #expect(short == Array("deep/er".utf8))
      let file = try files.find("deep/er/est/file1")
      let before = try files.use().freeBlocks
      try files.put([1, 2, 3], in: file)
      try files.drop("short")
      try files.drop("file1", in: files.find("deep/er/est"))
      // Two blocks of attributes, and one of contents.
      let after = try files.use().freeBlocks
      #expect(after == before + 3)
      try files.sync()
      let complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
      #expect(complaint == nil)
    }
  }

  @Test func sharedExtendedAttributes() throws {
    var image = try ImageKind(1024, "-b 1024 -I 128").make()
    let disk = MemoryDisk(image)
    var files = try Ext2(on: disk)
    let (first, second) = (try files.make("first"), try files.make("second"))
    try files.unmount()
    image = try Ext2Tools.withFile(disk.contents.bytes) { path in
      let result = try Ext2Tools.run("debugfs", ["-w", "-R", "ea_set /first user.test value", path])
      try #require(result.status == 0)
    }
    // The second gets the block of the first: i_file_acl, i_blocks, and the count in the block.
    let places = try [first, second].map { try #require(Ext2MountTests.offset(ofInode: $0.number, in: image)) }
    for offset in [28, 104] { for byte in offset..<offset + 4 { image[places[1] + byte] = image[places[0] + byte] } }
    let block = Int(image[places[0] + 104]) | Int(image[places[0] + 105]) << 8
    image[block * 1024 + 4] = 2
    var complaint = try Ext2Tools.complaint(about: image)
    try #require(complaint == nil)

    let shared = MemoryDisk(image)
    files = try Ext2(on: shared)
    let before = try files.use().freeBlocks
    for (name, free) in [("first", before), ("second", before + 1)] {
      try files.drop(name)
      let use = try files.use()
      #expect(use.freeBlocks == free)
      try files.sync()
      complaint = try Ext2Tools.complaint(about: shared.contents.bytes)
      #expect(complaint == nil)
    }
  }

  /// What another system left in an inode that it freed is not found in the file that gets it.
  @Test(arguments: ["-b 1024 -I 128", "-b 4096 -I 256"]) func inodesThatWereUsedBefore(_ options: String) throws {
    try Self.withFolder { folder, _ in
      var image = try ImageKind(4096, options + " -d \(folder.path)").make()
      image = try Ext2Tools.withFile(image) { path in
        for index in 0..<9 {
          let file = "/deep/er/est/file\(index)"
          for request in ["ea_set \(file) user.test value", "set_inode_field \(file) uid 77", "rm \(file)"] {
            let result = try Ext2Tools.run("debugfs", ["-w", "-R", request, path])
            try #require(result.status == 0)
          }
        }
        // Some of the attributes' blocks are left over.
        try Ext2Tools.run("e2fsck", ["-f", "-y", path])
      }
      let disk = MemoryDisk(image)
      var files = try Ext2(on: disk)
      let directory = try files.find("deep/er/est")
      for index in 0..<9 { try files.put([1], in: files.make("new\(index)", in: directory)) }
      try files.sync()
      let complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
      #expect(complaint == nil)
      let shown = try Ext2Tools.debug(disk.contents.bytes, "stat /deep/er/est/new3")
      #expect(shown.contains("User:     0") && !shown.contains("user.test"))
    }
  }
}
