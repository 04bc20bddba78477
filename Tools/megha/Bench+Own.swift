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

  func measure(_ own: OwnMeasurement, runs: Int, limit: Int, timeout: Int) async throws -> [BenchmarkRow] {
    async let first = measureOnce(own, runs: runs, limit: limit, timeout: timeout)
    async let second = measureOnce(own, runs: runs, limit: limit, timeout: timeout)
    let (rows, again) = try await (first, second)
    let differing = BenchmarkRow.differences(rows, again)
    guard differing.isEmpty else { throw Failure("Two runs differ: \(differing.joined(separator: ", ")).") }
    return rows
  }

  private func measureOnce(_ own: OwnMeasurement, runs: Int, limit: Int, timeout: Int) async throws -> [BenchmarkRow] {
    let folder = try RunFolder()
    defer { folder.delete() }
    let files = [file(TargetBuild.measuringProgram).path] + own.files
    let arguments = try MachineArguments.parse(["--icount"] + files.flatMap { ["--add", $0] })
    // A guest that counts instructions runs a million in a millisecond.
    let milliseconds = (limit + 999_999) / 1_000_000
    let words = try (["/extra/measure", own.group, "\(runs)", "\(milliseconds)"] + own.words).map(OwnMeasurement.quoted)
    let options = try await machine(arguments, script: words.joined(separator: " "), folder: folder)
    let console = Collector()
    let result = try await Emulator.run(
      options, root: root, folder: folder, timeout: timeout, console: console.append)
    let rows = try BenchmarkRow.measured(in: console.text, group: own.group) {
      own.group == "program" ? "\(own.name), \($0)" : $0
    }
    guard result.outcome == .status(0) || result.outcome == .status(1), !rows.isEmpty else {
      throw Failure("The measuring run ended with \(result.outcome):\n\(console.text)")
    }
    return rows
  }
}
