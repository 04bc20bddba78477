// The kept report of lab 8 says what the kept program measures: in its table, and in its sentences, whose numbers are in the table,
// the difference of two of its numbers, or measured here.

import Checks
import Emulator
import Foundation
import Labs
import MeghaBuild

extension Project {
  private static let reportName = "labs: 8-measuring-isolation: the kept report has the numbers of the kept program"
  /// What the report says besides: a longer request to the linked service.
  private static let longLength = 4096

  func testLabReport(_ report: Report, isWanted: (String) -> Bool) async throws {
    guard isWanted(Self.reportName), let lab = Lab.numbered(8) else { return }
    let started = Date()
    let folder = file("build/labs/tests/report/\(lab.ownFolder)")
    try? FileManager.default.removeItem(at: folder)
    for (name, source) in files(of: lab, "solution") {
      let target = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: source, to: target)
    }
    try await build(external: folder.path)
    let text = try String(contentsOf: folder.appending(path: "REPORT.md"), encoding: .utf8)
    let measured = try await Places.processors.use {
      try await reportedNumbers(program: folder.appending(path: "build/\(lab.ownFolder)"))
    }
    report.judge(
      Self.reportName, complaints: ReportNumbers.mistakes(in: text, rows: measured.rows, others: measured.others),
      seconds: Date().timeIntervalSince(started))
  }

  private func reportedNumbers(program: URL) async throws -> (rows: [(String, [Int])], others: [Int]) {
    let placements = ["server", "ring0-server", "linked"]
    var script: [String] = []
    for (index, placement) in placements.enumerated() {
      script.append("service \(index == 0 ? "start" : "move") echo --as \(placement)")
      script += ["/extra/lab8 echo 64 40", "run --ring0 /extra/lab8 echo 64 40"]
    }
    script += ["/extra/lab8 echo \(Self.longLength) 40", "exit 0"]
    let run = try RunFolder()
    defer { run.delete() }
    var arguments = try MachineArguments.parse(["--icount"])
    arguments.added = [program.path]
    let options = try await machine(arguments, script: script.joined(separator: "\n"), folder: run)
    let console = Collector()
    _ = try await Emulator.run(options, root: root, folder: run, timeout: 60, console: console.append)
    let medians = console.text.split(separator: "\n").filter { $0.hasPrefix("median ") }.compactMap {
      Int($0.dropFirst(7))
    }
    guard medians.count == 7 else { throw Failure("The kept program of lab 8 measured nothing:\n\(console.text)") }
    let rows = placements.enumerated().map { ($0.element, [medians[2 * $0.offset], medians[2 * $0.offset + 1]]) }
    return (rows, [medians[6], 64, 40, Self.longLength])
  }
}
