// What `megha test` prints: results as they come, from several stages at once.

import Checks
import Foundation
import Synchronization

/// Counts and prints results, one at a time.
final class Report: Sendable {
  private struct Counts {
    var passed = 0
    var failed = 0
    var skipped = 0
  }

  private let counts = Mutex(Counts())

  var failed: Int { counts.withLock { $0.failed } }

  func pass(_ name: String, seconds: Double? = nil) {
    counts.withLock {
      $0.passed += 1
      Self.print(["PASS \(name)\(seconds.map { " (\(StageTimes.rounded($0)) s)" } ?? "")"])
    }
  }

  func fail(_ name: String, _ reasons: [String]) {
    counts.withLock {
      $0.failed += 1
      Self.print(["FAIL \(name)"] + reasons.map { "  \($0.replacing("\n", with: "\n  "))" })
    }
  }

  func skip(_ name: String, reason: String) {
    counts.withLock {
      $0.skipped += 1
      Self.print(["SKIP \(name) (\(reason))"])
    }
  }

  /// Passes or fails `name` by whether there is something to complain about.
  func judge(_ name: String, complaints: [String], seconds: Double? = nil) {
    if complaints.isEmpty { pass(name, seconds: seconds) } else { fail(name, complaints) }
  }

  /// Results that another test runner has printed and counted.
  func add(passed: Int, failed: Int) {
    counts.withLock {
      $0.passed += passed
      $0.failed += failed
    }
  }

  var summary: String {
    counts.withLock {
      "\($0.passed) passed, \($0.failed) failed" + ($0.skipped > 0 ? ", \($0.skipped) skipped" : "")
    }
  }

  func write(_ text: String) { counts.withLock { _ in Self.print([text]) } }

  /// At once, since a run of all tests takes minutes and is watched.
  private static func print(_ lines: [String]) {
    FileHandle.standardOutput.write(Data((lines.joined(separator: "\n") + "\n").utf8))
  }
}
