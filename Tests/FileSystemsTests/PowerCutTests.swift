// ext2 after a cut of the power: e2fsck repairs what is left, and what was synced is there. It is there too if nobody repairs
// anything, and the file system is written to again.

import FileSystems
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: Ext2Tools.arePresent, "mke2fs, e2fsck or debugfs is not there (package e2fsprogs)"))
struct PowerCutTests {
  static let kinds = [
    ImageKind(1024, "-b 1024 -I 128 -N 128"),
    ImageKind(2048, "-b 1024 -I 256 -g 512 -N 256"),
    ImageKind(4096, "-b 4096 -I 256 -N 128"),
  ]
  /// How many cuts per kind of image a campaign makes; without one, a few.
  static let campaign = ProcessInfo.processInfo.environment["MEGHA_POWER_CUTS"].flatMap { Int($0) }

  /// How many bytes the disk of a campaign writes as a whole, a multiple of 512; a block where nobody says so.
  static let unit = ProcessInfo.processInfo.environment["MEGHA_POWER_CUT_UNIT"].flatMap { Int($0) }

  /// What came of many cuts.
  struct Outcome {
    var cuts = 0
    var byStatus: [Int32: Int] = [:]
  }

  static func cut(_ kind: ImageKind, seed: UInt64, cuts: Int, cacheSize: Int, into outcome: inout Outcome)
    throws
  {
    let run = try RecordedRun(try kind.make(), seed: seed, steps: 250, cacheSize: cacheSize) { run in
      guard seed % 2 == 0 else { return }
      // Directories that grow, with small files.
      (run.nameCount, run.longNames, run.sizeLimit) = (60, 1, 5000)
    }
    let unit = Self.unit ?? (kind.options.contains("1024") ? 1024 : 4096)
    var generator = SeededGenerator(seed: seed &* 77 &+ 1)
    for _ in 0..<cuts {
      let cut = Int.random(in: 0...run.events.count, using: &generator)
      let image = run.image(cutAt: cut, unit: unit, &generator)
      try repair(image, run, cut: cut, into: &outcome)
      // Without a repair, and written to again.
      let disk = MemoryDisk(image)
      var files = try Ext2(on: disk, cacheSize: cacheSize)
      #expect(files.readOnlyReason == nil)
      try run.check(&files, cutAt: cut)
      try writeAgain(&files)
      try run.check(&files, cutAt: cut)
      try repair(disk.contents.bytes, run, cut: cut, into: &outcome)
    }
  }

  static func repair(_ image: [UInt8], _ run: RecordedRun, cut: Int, into outcome: inout Outcome) throws {
    let repaired = try Ext2Tools.repair(image)
    outcome.cuts += 1
    outcome.byStatus[repaired.status, default: 0] += 1
    #expect(repaired.status <= 1, "cut at \(cut): \(repaired.text)")
    let mistakes = mistakes(in: repaired.text)
    #expect(mistakes.isEmpty, "cut at \(cut): \(mistakes)")
    var files = try Ext2(on: MemoryDisk(repaired.image))
    #expect(files.readOnlyReason == nil)
    try run.check(&files, cutAt: cut)
  }

  /// What the order of writes never leaves behind, if e2fsck found it: something with two owners or in use but free, a pointer
  /// or a name that leads to what is none.
  ///
  /// A directory that has no name any more may go after the one that it was in; nothing leads to it.
  static func mistakes(in text: String) -> [Substring] {
    let never = ["ultiply-claimed", "llegal block", "deleted/unused", "corrupted", "nvalid inode", "bad block"]
    return text.split(separator: "\n").filter { line in
      if line.hasPrefix("Entry '..' in <") { return false }
      return never.contains { line.contains($0) } || (line.contains("bitmap differences:") && line.contains("+"))
    }
  }

  /// Takes blocks and inodes, so that one that is free and in use comes to light.
  static func writeAgain(_ files: inout Ext2) throws {
    let bytes = [UInt8](repeating: 0xee, count: 20_000)
    for index in 0..<12 {
      do throws(FileFailure) {
        let name = Array("again\(index)".utf8)
        let node = try files.create(name.span, .file, in: files.root, mode: 0o644, time: 1_800_000_000, by: 0)
        try files.write(node, at: 0, bytes.span, time: 1_800_000_000, by: 0)
        if index % 3 == 0 { try files.remove(name.span, in: files.root, time: 1_800_000_000) }
      } catch .noSpace {}
    }
    try files.sync()
  }

  @Test(arguments: kinds) func aSample(_ kind: ImageKind) throws {
    var outcome = Outcome()
    for (seed, cacheSize) in [(1, 16_384), (2, 262_144)] as [(UInt64, Int)] {
      try Self.cut(kind, seed: seed, cuts: 12, cacheSize: cacheSize, into: &outcome)
    }
    #expect(outcome.byStatus[1] ?? 0 > 0, "no cut left anything to repair: \(outcome)")
  }

  @Test(
    .enabled(if: campaign != nil, "set MEGHA_POWER_CUTS to the number of cuts for each kind of image"), arguments: kinds
  )
  func aCampaign(_ kind: ImageKind) throws {
    let total = Self.campaign ?? 0
    var outcome = Outcome()
    var seed: UInt64 = 100
    while outcome.cuts < 2 * total {
      let cacheSize = [16_384, 65_536, 262_144][Int(seed % 3)]
      try Self.cut(kind, seed: seed, cuts: min(25, total), cacheSize: cacheSize, into: &outcome)
      seed += 1
    }
    print("\(kind.testDescription): \(outcome.cuts) repairs, by exit status of e2fsck: \(outcome.byStatus)")
  }
}
