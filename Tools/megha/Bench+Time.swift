// Measures operations in time instead of instructions: under plain TCG, the emulator without a count of instructions.

import Benchmarks
import Foundation

extension Project {
  /// How often everything is measured; an odd number has a middle.
  private static let timedRuns = 5

  /// Measures a group, or all, in instructions and in time, beside what the times are compared with.
  func measureTime(group: String?, timeout: Int) async throws -> TimeRatios {
    let groups = group == nil || group == TimeRatios.referenceGroup ? [group] : [TimeRatios.referenceGroup, group]
    let instructions = try await measureTwice(groups: groups, timeout: timeout)
    var runs: [[BenchmarkRow]] = []
    // One after the other: two machines at once would slow each other down.
    for _ in 0..<Self.timedRuns {
      runs.append(try await measure(groups: groups, countsInstructions: false, timeout: timeout))
    }
    guard let ratios = TimeRatios(instructions: instructions, runs: runs) else {
      throw Failure("\(TimeRatios.reference) was not measured, so there is nothing to compare times with.")
    }
    return ratios
  }
}
