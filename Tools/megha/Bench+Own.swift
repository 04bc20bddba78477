// Measures what is not part of the system: a program in every kind of task, a service in every placement.
//
// Invariant: two machines measure, and rows are believed only where they agree in every number.

import Benchmarks
import Emulator
import Foundation
import MeghaBuild

/// What is measured, and what of the host the guest needs for that.
struct OwnMeasurement: Sendable {
  /// `program` or `service`: what the measuring program is told, and the group of the rows.
  let group: String
  let name: String
  let files: [String]
  /// What follows the limits in the command.
  let words: [String]

  /// A word as the guest's shell reads it.
  static func quoted(_ word: String) throws -> String {
    if !word.contains(where: { $0 == "'" || $0.isNewline }) { return "'\(word)'" }
    guard !word.contains("$?"), !word.contains(where: \.isNewline) else {
      throw Failure("The shell of the guest has no way to write the argument \(word).")
    }
    return "\"" + word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

extension Project {
  /// A program of one's own: a folder of sources, which is built, or a file; else one of the tree.
  func program(_ path: String, arguments: [String]) async throws -> OwnMeasurement {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      let url = URL(fileURLWithPath: path, isDirectory: isFolder.boolValue).standardized
      let name = url.lastPathComponent
      guard isFolder.boolValue else {
        guard FileManager.default.contents(atPath: url.path)?.prefix(4) == Data([0x7f, 0x45, 0x4c, 0x46]) else {
          throw Failure("\(path) is no program: it does not begin as an ELF file does.")
        }
        return OwnMeasurement(group: "program", name: name, files: [url.path], words: ["/extra/\(name)"] + arguments)
      }
      guard !isInTree(url, "Services"), try await isProgram(url) else {
        throw Failure("\(path) is no program; a service is measured with --service.")
      }
      let file = url.appending(path: "build/\(name)").path
      return OwnMeasurement(group: "program", name: name, files: [file], words: ["/extra/\(name)"] + arguments)
    }
    guard !path.contains("/"), FileManager.default.fileExists(atPath: file("build/programs/\(path)").path) else {
      throw Failure("There is no folder, file or program of the tree named \(path).")
    }
    return OwnMeasurement(group: "program", name: path, files: [], words: ["/bin/\(path)"] + arguments)
  }

  /// Builds a folder and says whether it made a program, and not a service or module too.
  private func isProgram(_ folder: URL) async throws -> Bool {
    try await build(external: folder.path)
    let made = folder.appending(path: "build/\(folder.lastPathComponent)").path
    return FileManager.default.fileExists(atPath: made) && !FileManager.default.fileExists(atPath: made + ".so")
  }

  private func isInTree(_ folder: URL, _ parent: String) -> Bool {
    folder.deletingLastPathComponent().path == file(parent).standardized.path
  }

  /// A service of one's own, which is built, or one of the tree: by the folder of its sources.
  func service(_ path: String) async throws -> OwnMeasurement {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      throw Failure("There is no folder \(path).")
    }
    let folder = URL(fileURLWithPath: path, isDirectory: true).standardized
    let load = folder.appending(path: "load")
    guard let text = try? String(contentsOf: load, encoding: .utf8) else {
      throw Failure(
        "\(path) has no file `load`, which says what clients ask. A line of it is "
          + "NAME: OPERATION [WORD...] [data=BYTES] [reply=BYTES].")
    }
    let requests = try ServiceLoad(text, file: "\(path)/load").words
    let name = folder.lastPathComponent
    if isInTree(folder, "Services") {
      let own = name.lowercased()
      return OwnMeasurement(group: "service", name: own, files: [], words: [own] + requests)
    }
    try await build(external: folder.path)
    let made = folder.appending(path: "build/\(name)").path
    guard FileManager.default.fileExists(atPath: made), FileManager.default.fileExists(atPath: made + ".so") else {
      throw Failure("\(path) is no service: it made no program and module of one source.")
    }
    return OwnMeasurement(group: "service", name: name, files: [made, made + ".so"], words: [name] + requests)
  }

  /// Measures in two machines. Returns the rows, and what ended the machine before there were all of them.
  func measure(
    _ own: OwnMeasurement, runs: Int, limit: Int, timeout: Int
  ) async throws -> (rows: [BenchmarkRow], end: String?) {
    // Both machines have the same, or they would differ.
    let tag = "measured-\(UInt32.random(in: 0x1000_0000...UInt32.max))"
    async let first = measureOnce(own, tag: tag, runs: runs, limit: limit, timeout: timeout)
    async let second = measureOnce(own, tag: tag, runs: runs, limit: limit, timeout: timeout)
    let (once, again) = try await (first, second)
    let differing = BenchmarkRow.differences(once.rows, again.rows)
    guard differing.isEmpty else { throw Failure("Two runs differ: \(differing.joined(separator: ", ")).") }
    return once
  }

  private func measureOnce(
    _ own: OwnMeasurement, tag: String, runs: Int, limit: Int, timeout: Int
  ) async throws -> (rows: [BenchmarkRow], end: String?) {
    let folder = try RunFolder()
    defer { folder.delete() }
    let files = [file(TargetBuild.measuringProgram).path] + own.files
    let arguments = try MachineArguments.parse(["--icount"] + files.flatMap { ["--add", $0] })
    let program = "/extra/\(file(TargetBuild.measuringProgram).lastPathComponent)"
    // A guest that counts instructions runs a million in a millisecond.
    let milliseconds = (limit + 999_999) / 1_000_000
    let words = try ([program, tag, own.group, "\(runs)", "\(milliseconds)"] + own.words).map(OwnMeasurement.quoted)
    let options = try await machine(arguments, script: words.joined(separator: " "), folder: folder)
    let console = Collector()
    let result = try await Emulator.run(
      options, root: root, folder: folder, timeout: timeout, console: console.append)
    let rows = try BenchmarkRow.measured(in: console.text, tag: tag, group: own.group) {
      own.group == "program" ? "\(own.name), \($0)" : $0
    }
    let end: String
    switch result.outcome {
    case .status(0) where !rows.isEmpty, .status(1) where !rows.isEmpty: return (rows, nil)
    case .reset: end = "The machine reset itself"
    case .panic(let text): end = "The kernel panicked (\(text))"
    case .timedOut(let seconds): end = "The machine was stopped after \(seconds) s, which --timeout says,"
    case .status(let status): end = "The machine was switched off with status \(status)"
    }
    let place = rows.last.map { "after \($0.name)" } ?? "before anything was measured"
    let last = console.text.split(separator: "\n").filter { !$0.hasPrefix(tag) }.suffix(8).joined(separator: "\n")
    return (rows, "\(end) \(place). What it said last:\n\(last)")
  }
}
