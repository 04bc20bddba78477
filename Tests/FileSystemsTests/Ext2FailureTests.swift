// ext2 on a device that fails, and on a disk that is full.

import ABI
import FileSystems
import TestSupport
import Testing

@Suite(.enabled(if: Ext2Tools.arePresent, "mke2fs, e2fsck or debugfs is not there (package e2fsprogs)"))
struct Ext2FailureTests {
  /// What is synced before anything fails.
  static func prepare(_ files: inout Ext2) throws -> [String: [UInt8]] {
    let directory = try files.make("kept", .directory)
    for index in 0..<6 {
      let file = try files.make("file\(index)", in: directory)
      try files.put(Ext2ExchangeTests.pattern(index * 7000, index), in: file)
    }
    try files.sync()
    return try snapshot(of: &files).filter { $0.key.hasPrefix("/kept") }
  }

  /// Requests of every kind; none of them touches what is kept.
  static func change(_ files: inout Ext2) throws(FileFailure) {
    let directory = try files.make("new", .directory)
    let file = try files.make("a", in: directory)
    try files.put([UInt8](repeating: 7, count: 30_000), in: file)
    try files.link(file, as: Array("b".utf8).span, in: files.root, time: testTime)
    try files.resize(file, to: 5000, time: testTime, by: 0)
    try files.put([UInt8](repeating: 8, count: 3000), at: 280_000, in: file)
    _ = try files.createLink(
      Array("link".utf8).span, to: [UInt8](repeating: 0x61, count: 100).span, in: directory, time: testTime, by: 0)
    try files.rename(
      Array("a".utf8).span, in: directory, to: Array("c".utf8).span, in: files.root, time: testTime)
    try files.sync()
    try files.drop("b")
    try files.drop("link", in: directory)
    try files.drop("new")
    try files.sync()
  }

  /// One request of the device after the other is the first that fails, for good or this once.
  @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
  func oneRequestFails(isWrite: Bool, forGood: Bool) throws {
    let image = try ImageKind(1024, "-b 1024 -N 64").make()
    var failures = 0
    for number in 0..<400 {
      let disk = MemoryDisk(image)
      let contents = disk.contents
      var files = try Ext2(on: disk, cacheSize: 16_384)
      let kept = try Self.prepare(&files)
      // Nothing of it is in the cache any more.
      files = try Ext2(on: disk, cacheSize: 16_384)
      contents.staysBroken = forGood
      if isWrite { contents.writesUntilFailure = number } else { contents.readsUntilFailure = number }
      do throws(FileFailure) {
        try Self.change(&files)
        // Either nothing failed, or what failed once was written later.
        guard contents.readsUntilFailure == nil, contents.writesUntilFailure == nil else {
          #expect(number > 5)
          break
        }
      } catch { #expect(error == .deviceFailed) }
      failures += 1
      // Nothing traps as long as it is broken; then the same value works again.
      _ = try? snapshot(of: &files)
      try? files.sync()
      contents.repair()
      let found = try snapshot(of: &files).filter { $0.key.hasPrefix("/kept") }
      #expect(found == kept)
      try files.sync()
      // It says that it is clean only if it is.
      let isClean = contents.bytes[1024 + 58] & 1 != 0
      let complaint = isClean ? try Ext2Tools.complaint(about: contents.bytes) : nil
      #expect(complaint == nil)
      if number % 15 == 0 {
        let repaired = try Ext2Tools.repair(contents.bytes)
        #expect(repaired.status <= 1, "\(repaired.text)")
        files = try Ext2(on: MemoryDisk(repaired.image))
        let found = try snapshot(of: &files).filter { $0.key.hasPrefix("/kept") }
        #expect(found == kept)
      }
    }
    #expect(failures > 5 && failures < 400)
  }

  /// A device that fails while it is mounted.
  @Test func mountingFails() throws {
    let image = try ImageKind(1024, "-b 1024 -N 64").make()
    for number in 0..<3 {
      let disk = MemoryDisk(image)
      disk.contents.readsUntilFailure = number
      #expect(throws: Ext2Problem.unreadable) { try Ext2(on: disk) }
    }
  }

  @Test(arguments: ["-b 1024 -g 512 -N 96", "-b 4096 -N 64 -O ^resize_inode", "-b 2048 -I 128 -N 64"])
  func whatDoesNotFitChangesNothing(_ options: String) throws {
    let disk = MemoryDisk(try ImageKind(1024, options).make())
    var files = try Ext2(on: disk, cacheSize: 65_536)
    let file = try files.make("file")
    try files.put([1, 2, 3], at: 100, in: file)
    try files.put([1], in: files.make("one block"))
    let sparse = try files.make("sparse")
    // Larger and larger, until not one block is left.
    for size in [100_000, 30_000, 10_000, 3000, 1000] {
      while true {
        let (before, status) = (try files.use(), try files.status(of: file))
        do throws(FileFailure) {
          try files.put([UInt8](repeating: 5, count: size), at: status.size, in: file)
        } catch {
          #expect(error == .noSpace)
          let (after, statusAfter) = (try files.use(), try files.status(of: file))
          #expect(after == before && statusAfter == status)
          break
        }
      }
    }
    // What needs no block still works, then everything that needs one is refused.
    var count = 0
    while true {
      let before = try files.use()
      do throws(FileFailure) {
        try files.make("f\(count) " + String(repeating: "x", count: 200))
        count += 1
      } catch {
        #expect(error == .noSpace)
        let after = try files.use()
        #expect(after == before)
        break
      }
    }
    let full = try files.use()
    #expect(full.freeBlocks == 0)
    #expect(throws: FileFailure.noSpace) { try files.make("d", .directory) }
    #expect(throws: FileFailure.noSpace) {
      try files.createLink(
        Array("l".utf8).span, to: [UInt8](repeating: 0x61, count: 100).span, in: files.root, time: testTime, by: 0)
    }
    #expect(throws: FileFailure.noSpace) {
      try files.rename(
        Array("file".utf8).span, in: files.root, to: [UInt8](repeating: 0x61, count: 250).span, in: files.root,
        time: testTime)
    }
    var unchanged = try files.use()
    #expect(unchanged == full)
    // Of the two blocks that this needs there is one.
    try files.drop("one block")
    let nearlyFull = try files.use()
    #expect(nearlyFull.freeBlocks == 1)
    #expect(throws: FileFailure.noSpace) { try files.put([1], at: 100_000, in: sparse) }
    unchanged = try files.use()
    #expect(unchanged == nearlyFull)
    try files.put([1], at: 5000, in: sparse)
    #expect(files.readOnlyReason == nil)
    try files.sync()
    var complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
    #expect(complaint == nil)
    // What was given up can be had at once, though it is free on the disk only later.
    try files.drop("file")
    let again = try files.make("again")
    try files.put([UInt8](repeating: 6, count: 200_000), in: again)
    try files.sync()
    complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
    #expect(complaint == nil)
  }

  @Test func inodesEnd() throws {
    let disk = MemoryDisk(try ImageKind(1024, "-b 1024 -N 32").make())
    var files = try Ext2(on: disk)
    let free = try files.use().freeNodes
    for index in 0..<free { try files.make("f\(index)", index % 3 == 0 ? .directory : .file) }
    let before = try files.use()
    #expect(before.freeNodes == 0)
    #expect(throws: FileFailure.noSpace) { try files.make("one more") }
    let after = try files.use()
    #expect(after == before)
    try files.drop("f0")
    let node = try files.make("one more")
    #expect(node.generation > 0)
    try files.sync()
    let complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
    #expect(complaint == nil)
  }

  /// Random requests where there is hardly ever space.
  @Test(arguments: ["-b 1024 -g 256 -N 64", "-b 4096 -N 64 -O ^resize_inode"]) func littleSpace(_ options: String)
    throws
  {
    for seed in 1...3 as ClosedRange<UInt64> {
      let disk = MemoryDisk(try ImageKind(512, options).make())
      var files = try Ext2(on: disk, cacheSize: 65_536)
      try Ext2ModelTests.removeLostAndFound(&files)
      let run = try conformance(&files, seed: seed, steps: 1000)
      #expect(run.refusals > 50)
      #expect(files.readOnlyReason == nil)
      try files.sync()
      let complaint = try Ext2Tools.complaint(about: disk.contents.bytes)
      #expect(complaint == nil)
    }
  }
}
