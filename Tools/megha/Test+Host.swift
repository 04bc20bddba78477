// The host suites: the portable kernel libraries and the tool, under Swift Testing.

import Checks
import Foundation
import MeghaBuild

extension Project {
  /// Seconds for building all host tests, and for running them, while other stages go on.
  private static let hostTimeLimit = 1800

  func testHost(_ report: Report, filter: String?) async throws {
    let started = Date()
    // The Swift package manager lets one build at a time into its folder by itself.
    let built = try await Places.processors.use {
      try await ChildProcess.follow(
        "timeout",
        ["-k", "5", "\(Self.hostTimeLimit)", "swift", "build", "--build-tests", "--package-path", root.path]
          + HostBuild.flags, in: root)
    }
    guard built.status == 0 else {
      report.fail("host: the tests build", [built.output])
      return
    }
    let result = try await Places.processors.use {
      try await ChildProcess.capture(
        "timeout",
        ["-k", "5", "\(Self.hostTimeLimit)", "swift", "test", "--skip-build", "--package-path", root.path]
          + (filter.map { ["--filter", $0] } ?? []), in: root)
    }
    let lines = result.output.split(separator: "\n").map(String.init)
    let failed = lines.filter { $0.hasPrefix("✘ Test ") && $0.contains(" failed after ") }.count
    let passed = Self.count(lines, before: " tests in ")
    if result.status == 0 {
      let seconds = (Date().timeIntervalSince(started) * 10).rounded() / 10
      report.add(passed: passed, failed: 0)
      report.write("PASS host: \(passed) tests (\(seconds) s)")
    } else {
      let quiet = ["◇ ", "↳ ", "✔ ", "["]
      report.fail(
        "host", [lines.filter { line in !quiet.contains { line.hasPrefix($0) } }.joined(separator: "\n")])
      report.add(passed: max(0, passed - failed), failed: max(0, failed - 1))
    }
  }

  /// The number before `marker` in the line that sums the run up.
  private static func count(_ lines: [String], before marker: String) -> Int {
    for line in lines.reversed() where line.contains("Test run with ") {
      guard let range = line.firstRange(of: marker) else { continue }
      return Int(line[..<range.lowerBound].split(separator: " ").last ?? "") ?? 0
    }
    return 0
  }
}
