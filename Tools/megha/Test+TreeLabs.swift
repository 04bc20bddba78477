// The labs in which the system itself is changed: their solutions are patches. They are applied to a copy of the tree that has
// as much as boots, and the graders are run there; on the tree as it is they must fail.
//
// Invariant: a file of the copy is written only where it would change, so that the next run builds what changed since.

import ABIDefinition
import Foundation
import Generator
import Labs
import MeghaBuild

extension Project {
  private static let treeSeed: UInt64 = 30

  /// What the copy does without, and what of that it has all the same: the programs that a script needs, and what services
  /// and modules are built on.
  private static let left = ["Modules/", "Services/", "Tests/", "Userland/Programs/", "bench/", "docs/"]
  private static let kept = [
    "Modules/Support/", "Modules/include/", "Modules/module.map", "Services/Module/", "Services/Server/",
    "Services/Support/", "Tests/Guest/Programs/grade/", "Tests/Platform/", "Userland/Programs/init/",
    "Userland/Programs/manager/",
    "Userland/Programs/shell/",
  ]

  func testTreeLabs(_ report: Report, isWanted: (String) -> Bool) async throws {
    let labs = Lab.all.filter { if case .tree = $0.work { true } else { false } }
    for lab in labs {
      let name = "labs: \(lab.name): the tree without it fails"
      guard isWanted(name) else { continue }
      let started = Date()
      let said = try await grade(lab, in: root, seed: Self.treeSeed).compactMap { $0.complaint }
      let expected = lab.number == 3 ? "has no row with the name \"checksum\"" : "it is to be chosen at least once in"
      report.judge(
        name, complaints: said.contains { $0.contains(expected) } ? [] : ["no complaint says: \(expected)"] + said,
        seconds: Date().timeIntervalSince(started))
    }
    let solved = labs.filter { isWanted("labs: \($0.name): the solution passes") }
    guard !solved.isEmpty else { return }
    let copy: Project
    do { copy = try await solvedTree(labs) } catch {
      report.fail("labs: the solutions' patches apply", ["\(error)"])
      return
    }
    for lab in solved {
      let started = Date()
      let checks = try await copy.grade(lab, in: copy.root, seed: Self.treeSeed)
      let said = checks.compactMap { check in check.complaint.map { "\(check.name): \($0)" } }
      report.judge(
        "labs: \(lab.name): the solution passes", complaints: checks.count < 4 ? said + ["few checks"] : said,
        seconds: Date().timeIntervalSince(started))
    }
  }

  /// The copy of the tree with the solutions of all labs in it.
  private func solvedTree(_ labs: [Lab]) async throws -> Project {
    let copy = Project(root: URL(fileURLWithPath: file("build/labs/tree").path, isDirectory: true))
    let listed = try await ChildProcess.capture(
      "git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], in: root)
    guard listed.status == 0 else { throw Failure("git cannot list the files of the tree: \(listed.output)") }
    let paths = listed.output.split(separator: "\0").map(String.init)
      .filter { path in
        !Self.left.contains { path.hasPrefix($0) } || Self.kept.contains { path.hasPrefix($0) }
      }
    var contents: [String: Data] = [:]
    for path in paths { contents[path] = try? Data(contentsOf: file(path)) }
    for lab in labs {
      for (path, data) in try await patched(lab) { contents[path] = data }
    }
    for generated in GeneratedFile.all(calls: try solvedCalls(contents)) where contents[generated.path] != nil {
      contents[generated.path] = Data(generated.text.utf8)
    }
    try copy.keepOnly(contents)
    return copy
  }

  /// The files that a solution changes, as it leaves them.
  private func patched(_ lab: Lab) async throws -> [String: Data] {
    let stage = try RunStage(file("build/labs/stage"))
    let patch = file("\(lab.folder)/solution.patch")
    let text = try String(contentsOf: patch, encoding: .utf8)
    let paths = text.split(separator: "\n").filter { $0.hasPrefix("+++ b/") }.map { String($0.dropFirst(6)) }
    for path in paths { try stage.add(file(path), as: path) }
    let result = try await ChildProcess.capture(
      "git", ["apply", "--whitespace=nowarn", patch.path], in: stage.folder,
      // No repository: the folder is inside of one.
      environment: ["GIT_DIR": stage.folder.path])
    guard result.status == 0 else {
      throw Failure("\(lab.folder)/solution.patch does not apply any more; make it anew: \(result.output)")
    }
    return try Dictionary(
      uniqueKeysWithValues: paths.map { ($0, try Data(contentsOf: stage.folder.appending(path: $0))) })
  }

  /// The calls of the tree with the one of the solution, whose row the patch has as text.
  private func solvedCalls(_ contents: [String: Data]) throws -> [SystemCallDeclaration] {
    let calls = SystemCallTable.calls
    let row = SystemCallDeclaration(
      calls.count, "checksum",
      [.init("buffer", .bytesIn, "the bytes"), .init("length", .length, "how many, at most 65,536")],
      result: "their sum", errors: ["badAddress", "tooLarge"], "Adds up bytes of the caller's memory.")
    let table = contents["ABI/Definition/SystemCallTable.swift"].map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard table.contains("\(calls.count), \"checksum\"") else {
      throw Failure("The row of lab 3's solution.patch does not have the next free number, \(calls.count).")
    }
    return calls + [row]
  }

  /// Makes the tree hold these files and no others besides what was built.
  private func keepOnly(_ contents: [String: Data]) throws {
    let manager = FileManager.default
    for path in (try? manager.subpathsOfDirectory(atPath: root.path)) ?? []
    where !path.hasPrefix("build") && !path.hasPrefix(".build") && contents[path] == nil {
      var isFolder: ObjCBool = false
      let url = file(path)
      if manager.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue {
        try manager.removeItem(at: url)
      }
    }
    for (path, data) in contents where (try? Data(contentsOf: file(path))) != data {
      try manager.createDirectory(at: file(path).deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file(path))
    }
  }
}

/// An empty folder in which patches are applied.
private struct RunStage {
  let folder: URL

  init(_ folder: URL) throws {
    self.folder = folder
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func add(_ file: URL, as path: String) throws {
    let target = folder.appending(path: path)
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: file, to: target)
  }
}
