// `megha powercut`: machines that lose power while they write to their disk, and what is on the disk then.
//
// Each machine has writers on an ext2 file system (Tests/Guest/Programs/diskload) and is switched off after another time, with nobody
// asked. Then e2fsck repairs the disk, and each file of which the console said that it was synced, and not that it was to be taken
// away, must be there as it was written. With instructions counted a cut comes at the same point whenever it is repeated.

import ArgumentParser
import DiskLoad
import Emulator
import Foundation
import MeghaBuild

struct PowerCut: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "powercut",
    abstract: "Cuts the power of machines that write to their disk, and checks what is on it.",
    discussion: """
      The machine's disk has an ext2 file system, on which several programs write, in one placement of the service after the \
      other. The exit status is 0 where e2fsck could repair each disk and all that was synced is whole.
      """)

  @Option(parsing: .unconditional, help: "How many cuts.")
  var count = 200

  @Option(parsing: .unconditional, help: "What the moments of the cuts follow from.")
  var seed: UInt32 = 1

  @Option(
    parsing: .unconditional, help: "Only the cut with this number, with the machine's console on standard output.")
  var only: Int?

  func validate() throws {
    try demand(count, in: 1...1_000_000, of: "--count")
    try demand(only ?? 0, in: 0...1_000_000, of: "--only")
  }

  func run() async throws {
    if let obstacle = Ext2Image.obstacle { throw Failure("It cannot be done: \(obstacle).") }
    let project = try Project.current()
    LiveRuns.endWithThisProcess()
    try await project.build(targets: TargetBuild.defaultTargets + TargetBuild.testTargets(root: project.root))
    var synced = 0
    var repaired = 0
    var failed = 0
    for number in only.map({ $0..<$0 + 1 }) ?? 0..<count {
      let cut = Cut(number: number, seed: seed)
      let outcome = try await project.run(cut, shows: only != nil)
      synced += outcome.synced
      if outcome.wasRepaired { repaired += 1 }
      if !outcome.complaints.isEmpty {
        failed += 1
        print("cut \(number), \(cut.placement), after \(cut.milliseconds) ms:")
        for complaint in outcome.complaints { print("  \(complaint)") }
      }
    }
    print(
      "powercut: \(only == nil ? count : 1) cuts, \(synced) files synced before them, "
        + "\(repaired) disks with something to repair, \(failed) failed")
    if failed > 0 { throw ExitCode(1) }
  }
}

/// One machine: where the file system is placed, and when the power goes.
struct Cut: Sendable {
  let placement: String
  /// Since the writers began.
  let milliseconds: UInt32
  let blockSize: Int

  static let placements = ["server", "ring0-server", "linked"]

  init(number: Int, seed: UInt32) {
    var state = (UInt64(seed) << 32 | UInt64(number)) &* 0x9e37_79b9_7f4a_7c15 | 1
    for _ in 0..<4 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
    }
    placement = Self.placements[number % Self.placements.count]
    milliseconds = 5 + UInt32(truncatingIfNeeded: state >> 20) % 1500
    blockSize = [1024, 2048, 4096][number / 3 % 3]
  }

  var script: String {
    "service start ext2 --as \(placement)\nls /disk\n/extra/diskload write /disk 4 40 &\n/extra/diskload cut \(milliseconds)"
  }
}

struct CutOutcome {
  var synced = 0
  var wasRepaired = false
  var complaints: [String] = []
}

extension Project {
  /// Runs a machine until its cut, and looks at the disk.
  func run(_ cut: Cut, shows: Bool = false) async throws -> CutOutcome {
    let folder = try RunFolder()
    defer { folder.delete() }
    let image = try await Ext2Image(at: folder.url.appending(path: "ext2.img"), ["16M", "-b", "\(cut.blockSize)"])
    var arguments = try MachineArguments.parse([])
    arguments.icount = true
    arguments.disk = image.url.path
    arguments.added = [file("build/tests/diskload").path]
    let console = Collector()
    let result = try await run(arguments, script: cut.script, folder: folder, timeout: 120) { bytes in
      console.append(bytes)
      if shows { FileHandle.standardOutput.write(Data(bytes)) }
    }
    var outcome = CutOutcome()
    guard result.outcome.exitStatus == 0, console.text.contains("the power is cut") else {
      outcome.complaints = ["the machine ended with \(result.outcome)", console.text]
      return outcome
    }
    outcome.wasRepaired = try await image.complaint() != nil
    if let complaint = try await image.repair() {
      outcome.complaints = ["e2fsck could not repair it: \(complaint)"]
      return outcome
    }
    for contents in Self.synced(in: console.text) {
      outcome.synced += 1
      let name = String(decoding: contents.name, as: UTF8.self)
      let found = try await image.contents(of: "/\(name)")
      if found != Data(contents.bytes) {
        outcome.complaints.append("\(name) was synced, and \(found == nil ? "is not there" : "is another one")")
      }
    }
    return outcome
  }

  /// The files that must be whole: those that were synced, and that nobody was to take away.
  private static func synced(in console: String) -> [LoadContents] {
    var files: [String: LoadContents] = [:]
    for match in console.matches(of: /(?m)^(synced|removing) (w(\d+)\/r(\d+))\r?$/) {
      guard let writer = UInt32(match.3), let round = UInt32(match.4) else { continue }
      files[String(match.2)] = match.1 == "synced" ? LoadContents(writer: writer, round: round) : nil
    }
    return files.values.sorted { ($0.writer, $0.round) < ($1.writer, $1.round) }
  }
}
