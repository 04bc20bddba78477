// The labs in which the system itself is changed: on the tree as it is their graders must fail, and on a copy with the solutions
// they must pass.

import ABIDefinition
import Checks
import Foundation
import Generator
import Labs
import MeghaBuild

extension Project {
  private static let treeSeed: UInt64 = 30

  func testTreeLabs(_ report: Report, isWanted: (String) -> Bool) async throws {
    let labs = Lab.all.filter { if case .tree = $0.work { true } else { false } }
    for lab in labs {
      let name = "labs: \(lab.name): the tree without it fails"
      guard isWanted(name) else { continue }
      let started = Date()
      let said = try await Places.processors.use { try await grade(lab, in: root, seed: Self.treeSeed) }
        .compactMap { $0.complaint }
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
      let checks = try await Places.processors.use { try await copy.grade(lab, in: copy.root, seed: Self.treeSeed) }
      let said = checks.compactMap { check in check.complaint.map { "\(check.name): \($0)" } }
      report.judge(
        "labs: \(lab.name): the solution passes", complaints: checks.count < 4 ? said + ["few checks"] : said,
        seconds: Date().timeIntervalSince(started))
    }
  }

  /// The copy of the tree with the solutions of all labs in it.
  private func solvedTree(_ labs: [Lab]) async throws -> Project {
    var contents = try await filesThatBoot()
    for lab in labs {
      for (path, data) in try await patched(file("\(lab.folder)/solution.patch")) { contents[path] = data }
    }
    for generated in GeneratedFile.all(calls: try solvedCalls(contents)) where contents[generated.path] != nil {
      contents[generated.path] = Data(generated.text.utf8)
    }
    let copy = Project(root: URL(fileURLWithPath: file("build/labs/tree").path, isDirectory: true))
    try copy.keepOnly(contents)
    return copy
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
}
