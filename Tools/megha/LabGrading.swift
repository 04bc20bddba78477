// Builds what a student made, boots it with the grader's program, and judges what came of it (Tools/Labs).
//
// Invariants:
// - A run ends: after so many instructions, or where nothing happens any more. The seconds at which a machine is given up
//   decide nothing but that.
// - What cannot be built, hangs, or ends the machine is a check with a sentence, never a failure of this command.

import Emulator
import Foundation
import Labs
import MeghaBuild
import SymbolTables

extension Project {
  /// The most instructions of one grading run.
  private static let instructionLimit: UInt64 = 2_000_000_000
  /// Seconds after which a machine stands still.
  private static let patience = 120
  /// Where folders of other names are found under the labs': a place for each grading, as several run at once.
  private static let links = "build/labs/links/\(ProcessInfo.processInfo.processIdentifier)"
  private static let graderProgram = "build/tests/grade"

  /// Grades the work in `folder`, or in the tree itself.
  func grade(_ lab: Lab, in folder: URL, seed: UInt64) async throws -> [Labs.Check] {
    if case .tree = lab.work {
      var random = SeededGenerator(seed: seed)
      return try await gradeTree(lab, &random)
    }
    guard FileManager.default.fileExists(atPath: folder.path) else {
      return [Check("it was begun", "There is no folder \(folder.path). Begin with ./megha lab \(lab.number).")]
    }
    // Trouble in the tree itself is not the student's.
    try await build(targets: Self.graderTargets)
    defer { try? FileManager.default.removeItem(at: file(Self.links)) }
    let place = try place(lab, folder)
    do { try await build(external: place.path) } catch {
      let text = "\(error)".replacing(place.path, with: folder.path)
      return [Check("it is built", Self.firstErrors(text))]
    }
    let checks = try await judge(lab, builtIn: place, seed: seed)
    // What the kernel explains is named as the build was given it.
    guard place != folder else { return [Check("it is built")] + checks }
    return [Check("it is built")]
      + checks.map { check in
        Check(check.name, check.complaint.map { $0.replacing("\(Self.links)/\(lab.ownFolder)", with: folder.path) })
      }
  }

  /// What the graders of the labs boot and count with.
  static var graderTargets: [String] {
    TargetBuild.defaultTargets + [graderProgram, TargetBuild.counterPlugin]
  }

  /// Boots what was built in a folder, and judges it.
  func judge(_ lab: Lab, builtIn folder: URL, seed: UInt64) async throws -> [Labs.Check] {
    var random = SeededGenerator(seed: seed)
    if case .kernel = lab.work { return try await judgeKernel(lab, folder, &random) }
    var facts = Facts()
    facts.kernelWords = try kernelWords()
    facts.report = try? String(contentsOf: folder.appending(path: "REPORT.md"), encoding: .utf8)
    let experiment = lab.experiment(facts, random: &random)
    let run = try RunFolder()
    defer { run.delete() }
    let built = ["", ".so"].map { folder.appending(path: "build/\(lab.ownFolder)\($0)").path }
    let added = [file(Self.graderProgram).path] + built.filter { FileManager.default.fileExists(atPath: $0) }
    return experiment.judge(try await boot(experiment, added: added, in: run))
  }

  /// The student's folder under the lab's name, which is what the guest knows it by: the folder itself, or a link to it.
  private func place(_ lab: Lab, _ folder: URL) throws -> URL {
    guard folder.lastPathComponent != lab.ownFolder else { return folder }
    let link = file("\(Self.links)/\(lab.ownFolder)")
    let manager = FileManager.default
    try manager.createDirectory(at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? manager.removeItem(at: link)
    try manager.createSymbolicLink(at: link, withDestinationURL: folder)
    return link
  }

  /// Boots the system and types the experiment's script, each line when what it follows has ended.
  func boot(_ experiment: Experiment, added: [String], in run: RunFolder) async throws -> Transcript {
    var arguments = try MachineArguments.parse(["--icount"])
    arguments.added = added
    var options = try await machine(arguments, script: nil, folder: run)
    for device in experiment.devices { options.extraArguments += ["-device", device] }
    let console = Collector()
    let end = try await count(&options, in: run, console: console) { person in
      guard await person.waitUntilReady() else { return }
      for line in experiment.script {
        await person.send(line.text + "\n")
        guard let step = line.step else { continue }
        let hasEnded = {
          Transcript(console: console.text, tag: experiment.tag, end: .off).hasEnded(step)
        }
        guard await person.wait(each: .milliseconds(5), until: hasEnded) else { return }
      }
      await person.send("exit 0\n")
    }
    return Transcript(console: console.text, tag: experiment.tag, end: end)
  }

  /// Runs a machine until it ends or has executed all instructions that it may.
  func count(
    _ options: inout MachineOptions, in run: RunFolder, console: Collector,
    operating: (@Sendable (Operator) async -> Void)? = nil
  ) async throws -> Transcript.End {
    let counted = run.url.appending(path: "counted")
    try Data().write(to: counted)
    let plugin = MachineOptions.escaped(file(TargetBuild.counterPlugin).path)
    options.extraArguments += ["-plugin", "\(plugin),f=counted,n=\(Self.instructionLimit)"]
    let result = try await Emulator.run(
      options, root: root, folder: run, timeout: Self.patience, console: console.append, operating: operating)
    let words = ((try? String(contentsOf: counted, encoding: .utf8)) ?? "").split(whereSeparator: \.isWhitespace)
    if words.first == "limit", let count = words.last.flatMap({ UInt64($0) }) { return .limit(count) }
    switch result.outcome {
    case .status: return .off
    case .panic(let text): return .panic(text)
    case .timedOut: return .stillness
    case .reset(let status):
      return result.registers != nil
        ? .reset : .emulator("QEMU ended with status \(status) before the machine was off.")
    }
  }

  /// Words of the kernel's code, as they are in memory.
  private func kernelWords() throws -> [(address: UInt32, word: UInt32)] {
    let pages = try CodeImage.pages(of: file("build/kernel.elf").path).filter { $0.address >= 0xc000_0000 }
    return pages.prefix(20).flatMap { page in
      stride(from: 0, to: page.bytes.count, by: 252).compactMap { offset in
        let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(page.bytes[offset + $1]) << UInt32(8 * $1) }
        // A word of zeros could be guessed.
        return word == 0 ? nil : (page.address + UInt32(offset), word)
      }
    }
  }

  /// What the compilers said first: the later complaints follow from it more often than not.
  static func firstErrors(_ text: String) -> String {
    let lines = text.split(separator: "\n").map(String.init)
    let errors = lines.filter { $0.firstMatch(of: /^[^ ].*:\d+:\d+: error: |^error: |^ld.lld: error/) != nil }
    guard !errors.isEmpty else { return "It does not build: " + lines.suffix(8).joined(separator: "\n") }
    return "It does not build. The first of the compiler's errors:\n" + errors.prefix(3).joined(separator: "\n")
  }
}
