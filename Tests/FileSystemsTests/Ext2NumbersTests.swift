// How many requests of the device things take. The numbers of the time are printed where somebody asks for them.

import ABI
import FileSystems
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Ext2Tools.arePresent, "mke2fs, e2fsck or debugfs is not there (package e2fsprogs)"))
struct Ext2NumbersTests {
  static let isMeasuring = ProcessInfo.processInfo.environment["MEGHA_EXT2_NUMBERS"] != nil

  /// Does something, and says what it took of the device.
  struct Cost: CustomStringConvertible {
    var (reads, writes, flushes, nanoseconds): (Int, Int, Int, UInt64) = (0, 0, 0, 0)
    var description: String {
      "\(reads) reads, \(writes) writes, \(flushes) flushes, \(nanoseconds / 1000) microseconds"
    }
  }

  static func cost(of contents: DiskContents, _ what: String, _ body: () throws -> Void) throws -> Cost {
    let before = (contents.reads, contents.writes, contents.flushes)
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    var cost = Cost()
    cost.nanoseconds = DispatchTime.now().uptimeNanoseconds - start
    (cost.reads, cost.writes, cost.flushes) = (
      contents.reads - before.0, contents.writes - before.1, contents.flushes - before.2
    )
    if isMeasuring { print("\(what): \(cost)") }
    return cost
  }

  @Test func requestsOfTheDevice() throws {
    let disk = MemoryDisk(try ImageKind(16384, "-b 4096").make())
    let contents = disk.contents
    let size = 4 << 20
    let bytes = Ext2ExchangeTests.pattern(size, 3)
    var files = try Ext2(on: disk)
    let large = try files.make("large")
    var cost = try Self.cost(of: contents, "4 MiB written in parts of 64 KiB, and sync") {
      for part in 0..<64 {
        try files.put(Array(bytes[part << 16..<(part + 1) << 16]), at: UInt32(part << 16), in: large)
      }
      try files.sync()
    }
    // A request moves 32 KiB at the most, so there are 128 for the contents; more where the cache filled up in between.
    #expect(cost.writes <= 200 && cost.reads < 10 && cost.flushes <= 8)
    files = try Ext2(on: disk)
    var count = 0
    cost = try Self.cost(of: contents, "4 MiB read in parts of 64 KiB") {
      for part in 0..<64 {
        try files.read(large, at: UInt32(part << 16), count: 1 << 16) {
          count += $0.count; return true
        }
      }
    }
    #expect(count == size && cost.reads <= 140)
    cost = try Self.cost(of: contents, "a block that is kept, read 100,000 times") {
      for _ in 0..<100_000 {
        try files.read(large, at: 4 << 20 - 4096, count: 4096) {
          count += $0.count; return true
        }
      }
    }
    #expect(cost.reads <= 8)
    cost = try Self.cost(of: contents, "100 files of 1,000 bytes made, and sync") {
      for index in 0..<100 { try files.put(Array(bytes[..<1000]), in: files.make("small file \(index)")) }
      try files.sync()
    }
    #expect(cost.writes <= 40 && cost.flushes <= 9)
    cost = try Self.cost(of: contents, "one file of 1,000 bytes made, and sync") {
      try files.put(Array(bytes[..<1000]), in: files.make("one"))
      try files.sync()
    }
    #expect(cost.writes <= 10 && cost.flushes <= 6)
    cost = try Self.cost(of: contents, "100 files removed, and sync") {
      for index in 0..<100 { try files.drop("small file \(index)") }
      try files.sync()
    }
    #expect(cost.writes <= 60 && cost.flushes <= 20)
    cost = try Self.cost(of: contents, "a file of 4 MiB removed, and sync") {
      try files.drop("large")
      try files.sync()
    }
    #expect(cost.writes <= 12 && cost.flushes <= 8)
    cost = try Self.cost(of: contents, "a mount") { _ = try Ext2(on: disk) }
    #expect(cost.reads <= 4)
  }
}
