// The labs: each grader passes the kept solution and fails the starting code, and says so of what does not compile, hangs,
// resets the machine or prints what was right another time.

import Checks
import Foundation
import Labs
import MeghaBuild

extension Project {
  private static let labSeed: UInt64 = 20

  /// A folder to grade, and what the grader must say.
  private struct Trial: Sendable {
    let lab: Lab
    let name: String
    let folder: URL
    /// Nil: all is right; else each of these is in a complaint.
    let complaints: [String]?
  }

  func testLabs(_ report: Report, filter: String?) async throws {
    let regex = try filter.map { try Regex($0) }
    func isWanted(_ name: String) -> Bool { regex.map { name.contains($0) } ?? true }
    let trials = try labTrials().filter { isWanted($0.name) }
    if !trials.isEmpty { try await test(trials, report) }
    try await testLabReport(report, isWanted: isWanted)
    try await testTreeLabs(report, isWanted: isWanted)
  }

  /// Copies of what each lab begins with, of its solution, and of solutions that were made wrong.
  private func labTrials() throws -> [Trial] {
    var trials: [Trial] = []
    for lab in Lab.all {
      if case .tree = lab.work { continue }
      trials.append(
        Trial(
          lab: lab, name: "labs: \(lab.name): the solution passes", folder: labCopy(lab, "solution"), complaints: nil))
      trials.append(
        Trial(
          lab: lab, name: "labs: \(lab.name): the starting code fails", folder: labCopy(lab, "start"), complaints: []))
    }
    for mistake in LabMistake.all {
      guard let lab = Lab.numbered(mistake.lab) else { continue }
      trials.append(
        Trial(
          lab: lab, name: "labs: \(lab.name): \(mistake.name) is told", folder: labCopy(lab, mistake.folder),
          complaints: mistake.complaints))
    }
    return trials
  }

  private func labCopy(_ lab: Lab, _ kind: String) -> URL {
    file("build/labs/tests/\(kind)/\(lab.ownFolder)")
  }

  private func test(_ trials: [Trial], _ report: Report) async throws {
    let started = Date()
    for trial in trials { try fill(trial) }
    // What must not build is built by itself; all else at once.
    let sound = trials.filter { $0.complaints?.contains(LabMistake.notBuilt) != true }
    do {
      try await build(targets: Self.graderTargets)
      try await build(externals: sound.map { $0.folder.path })
    } catch {
      report.fail("labs: they build", ["\(error)"])
      return
    }
    report.pass("labs: they build", seconds: Date().timeIntervalSince(started))
    try await Places.processors.each(sound) { trial in
      let started = Date()
      let checks = try await judge(trial.lab, builtIn: trial.folder, seed: Self.labSeed)
      return (trial, checks, Date().timeIntervalSince(started))
    } done: { trial, checks, seconds in
      judge(trial, checks, seconds, report)
    }
    for trial in trials where trial.complaints?.contains(LabMistake.notBuilt) == true {
      let started = Date()
      let checks = try await Places.processors.use {
        try await grade(trial.lab, in: trial.folder, seed: Self.labSeed)
      }
      judge(trial, checks, Date().timeIntervalSince(started), report)
    }
  }

  private func judge(_ trial: Trial, _ checks: [Labs.Check], _ seconds: Double, _ report: Report) {
    let said = checks.compactMap { check in check.complaint.map { "\(check.name): \($0)" } }
    var complaints: [String] = []
    if let expected = trial.complaints {
      if said.isEmpty { complaints.append("the grader finds nothing wrong") }
      for text in expected where !said.contains(where: { $0.contains(text) }) {
        complaints.append("no complaint says: \(text)")
      }
      if !complaints.isEmpty { complaints += said }
    } else {
      complaints = said
      if checks.isEmpty { complaints = ["the grader looked at nothing"] }
    }
    report.judge(trial.name, complaints: complaints, seconds: seconds)
  }

  /// Puts a lab's files where they are built. Files that would not change are left alone, and so is what was built of them.
  private func fill(_ trial: Trial) throws {
    let kind = trial.folder.deletingLastPathComponent().lastPathComponent
    let mistake = LabMistake.all.first { $0.folder == kind }
    let manager = FileManager.default
    for (name, from) in files(of: trial.lab, mistake == nil ? kind : "solution") {
      var data = try Data(contentsOf: from)
      if let mistake, mistake.file == name {
        let text = String(decoding: data, as: UTF8.self)
        guard text.contains(mistake.text) else { throw Failure("\(from.path) has no `\(mistake.text)` any more.") }
        data = Data(text.replacing(mistake.text, with: mistake.replacement).utf8)
      }
      let target = trial.folder.appending(path: name)
      if (try? Data(contentsOf: target)) == data { continue }
      try manager.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: target)
    }
  }
}

/// A solution that was made wrong in one place.
struct LabMistake: Sendable {
  /// What the check of a folder that does not build is called.
  static let notBuilt = "it is built"

  let lab: Int
  let name: String
  let folder: String
  let file: String
  let text: String
  let replacement: String
  let complaints: [String]

  static let all = [
    LabMistake(
      lab: 1, name: "a program that does not compile", folder: "not-compiling", file: "Rings.swift",
      text: "  private static func peek(_ address: UInt32) -> Int32 {",
      replacement: "  private static func peek(_ address: UInt32) -> Int32 {\n    let ring = nowhere()",
      complaints: [notBuilt, "Rings.swift:24:16: error: cannot find 'nowhere' in scope"]),
    LabMistake(
      lab: 1, name: "a program that hangs", folder: "hanging", file: "Rings.swift",
      text: "      return try thread.join()",
      replacement: "      while opaque(1) == 1 {}\n      return try thread.join()",
      complaints: ["`/extra/lab1 borrow 0x", "was still running after 100 million instructions"]),
    LabMistake(
      lab: 1, name: "a program that knows the answers of another run", folder: "hard-coded", file: "Rings.swift",
      text: "    report(address, holds: volatile_read(address))\n    return 0\n  }\n\n  private static func borrow",
      replacement: "    report(address, holds: 0x1234_5678)\n    return 0\n  }\n\n  private static func borrow",
      complaints: ["is expected; it writes: 0xc0"]),
    LabMistake(
      lab: 1, name: "a program that resets the machine", folder: "resetting", file: "Rings.swift",
      text: "    report(address, holds: volatile_read(address))\n    return 0\n  }\n\n  private static func borrow",
      replacement: "    port_write(0x64, 0xfe)\n    return 0\n  }\n\n  private static func borrow",
      complaints: ["The machine reset itself", "The machine did not get here; see above."]),
    LabMistake(
      lab: 1, name: "a program that looks for the grader's lines", folder: "forging", file: "Rings.swift",
      text: "    report(address, holds: volatile_read(address))\n    return 0\n  }\n\n  private static func borrow",
      replacement: """
            do throws(SystemError) {
              let script = try File(Bytes("/boot/script")).contents()
              Console.write { $0.write(script.span) }
            } catch {
              Console.write("there is no script\\n")
            }
            return 0
          }

          private static func borrow
        """,
      complaints: ["is expected; it writes: there is no script"]),
    LabMistake(
      lab: 2, name: "an overflow that is only said", folder: "said", file: "Lab.swift",
      text: "  let result = call_recoverable({ sum($0) }, number, &failed)",
      replacement:
        "  overflowedAt = stack_start_address()\n  failed = number > 1000 ? 1 : 0\n  let result = sum(number % 1000)",
      complaints: ["was the overflow only said?"]),
    LabMistake(
      lab: 5, name: "a service that never answers", folder: "silent", file: "Votes.swift", text: "    case 2:\n",
      replacement: "    case 2:\n      while PlacedTime.now > 0 {}\n",
      complaints: ["server: total and winner: Operation 2 was not answered by `lab5` within 100 million instructions"]),
    LabMistake(
      lab: 8, name: "a report of another machine", folder: "another-report", file: "REPORT.md",
      text: "| linked |", replacement: "| linked | 1 | 1 |\n| other |", complaints: ["REPORT.md says 1 for linked"]),
  ]
}
