// `megha test`: everything that can be checked, in the order of how soon it tells. The last line counts.

import ArgumentParser
import Emulator
import Foundation
import MeghaBuild

struct Test: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tests Megha.",
    discussion: """
      Without a part all is tested: the layout of the sources, the generated files, the kernel's instructions and \
      size, the host suites, the guest suites in QEMU, the labs and their graders, and the examples of the documents.
      """)

  enum Part: String, ExpressibleByArgument, CaseIterable {
    case host
    case guest
    case documents
    case labs
    case sources
  }

  @Argument(help: "Test only this part: \(Part.allCases.map { $0.rawValue }.joined(separator: ", ")).")
  var part: Part?

  @Option(help: "Only the host tests, guest cases, labs and examples whose name matches this regular expression.")
  var filter: String?

  @Option(
    name: .customLong("ram"),
    help: "Run all guest cases with this much memory, but those that are about a size: 3G, 8G, ...")
  var memory: MemorySize?

  func run() async throws {
    let project = try Project.current()
    LiveRuns.endWithThisProcess()
    let report = Report()
    // A filter names single tests; the checks of the whole tree have no name to match.
    if part == .sources || (part == nil && filter == nil) { try await project.testSources(report) }
    if part == nil || part == .host { try await project.testHost(report, filter: filter) }
    if part == nil || part == .guest { try await project.testGuest(report, filter: filter, memory: memory) }
    if (part == nil || part == .guest) && memory == nil { try await project.testDebugger(report, filter: filter) }
    if (part == nil || part == .guest) && filter == nil && memory == nil { try await project.testBudgets(report) }
    if part == nil || part == .labs { try await project.testLabs(report, filter: filter) }
    if part == .documents || (part == nil && filter == nil) { try await project.testDocuments(report, filter: filter) }
    print(report.summary)
    if report.failed > 0 { throw ExitCode(1) }
  }
}

/// Counts and prints results, one at a time.
final class Report {
  private(set) var passed = 0
  private(set) var failed = 0
  private(set) var skipped = 0

  func pass(_ name: String, seconds: Double? = nil) {
    passed += 1
    write("PASS \(name)\(seconds.map { " (\(($0 * 10).rounded() / 10) s)" } ?? "")")
  }

  func fail(_ name: String, _ reasons: [String]) {
    failed += 1
    write("FAIL \(name)")
    for reason in reasons { write("  \(reason.replacing("\n", with: "\n  "))") }
  }

  func skip(_ name: String, reason: String) {
    skipped += 1
    write("SKIP \(name) (\(reason))")
  }

  /// Passes or fails `name` by whether there is something to complain about.
  func judge(_ name: String, complaints: [String], seconds: Double? = nil) {
    if complaints.isEmpty { pass(name, seconds: seconds) } else { fail(name, complaints) }
  }

  /// Results that another test runner has printed and counted.
  func add(passed: Int, failed: Int) {
    self.passed += passed
    self.failed += failed
  }

  var summary: String {
    "\(passed) passed, \(failed) failed" + (skipped > 0 ? ", \(skipped) skipped" : "")
  }

  /// At once, since a run of all tests takes minutes and is watched.
  func write(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
