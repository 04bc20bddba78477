// ext2 against the model, on images of mke2fs with many sets of parameters, judged by e2fsck.

import ABI
import ABI
import FileSystems
import TestSupport
import Testing

typealias Ext2 = Ext2FileSystem<MemoryDisk>

/// How an image is made.
struct ImageKind: CustomTestStringConvertible, Sendable {
  let size: Int
  let options: [String]
  var testDescription: String { "\(size) KiB " + options.joined(separator: " ") }

  init(_ size: Int, _ options: String) {
    self.size = size
    self.options = options.split(separator: " ").map(String.init)
  }

  func make() throws -> [UInt8] { try Ext2Tools.make(size: size, options) }

  static let all = [
    ImageKind(8192, "-b 1024 -I 128"),
    ImageKind(16384, "-b 1024 -I 256 -g 2048"),
    ImageKind(16384, "-b 2048 -I 128 -O ^dir_index"),
    ImageKind(16384, "-b 4096 -I 256"),
    ImageKind(16384, "-b 4096 -I 128 -O ^resize_inode,^large_file"),
    ImageKind(8192, "-b 1024 -r 0 -O none"),
    ImageKind(16384, "-b 4096 -r 0 -O none -g 1024"),
    ImageKind(20480, "-b 1024 -O ^sparse_super,^filetype,^resize_inode -g 1024 -N 4000"),
  ]
}

@Suite(.enabled(if: Ext2Tools.arePresent, "mke2fs, e2fsck or debugfs is not there (package e2fsprogs)"))
struct Ext2ModelTests {
  /// Takes away what mke2fs makes, so that the model begins with nothing.
  static func removeLostAndFound(_ files: inout Ext2) throws {
    try files.remove(Array("lost+found".utf8).span, in: files.root, time: 1_700_000_000)
  }

  @Test(arguments: ImageKind.all) func randomRequests(_ kind: ImageKind) throws {
    for seed in 1...2 as ClosedRange<UInt64> {
      let disk = MemoryDisk(try kind.make())
      var files = try Ext2(on: disk, cacheSize: seed == 1 ? 65_536 : 524_288)
      try Self.removeLostAndFound(&files)
      let run = try conformance(&files, seed: seed, steps: 900)
      #expect(run.successes > 400)
      try files.sync()
      let complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
      #expect(complaint == nil)
      // Once more, from the disk alone.
      files = try Ext2(on: disk)
      #expect(files.readOnlyReason == nil)
      try run.checkAll(&files)
    }
  }
}
