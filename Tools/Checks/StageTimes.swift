// How long the stages of `megha test` take, several of them at the same time.

import Foundation
import Reports
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// How long the stages of a run took, and how long each may take on two processors that have nothing else to do. A stage that
/// takes longer is named and fails nothing: how fast the host is, no test decides.
public final class StageTimes: Sendable {
  private struct Stage {
    let name: String
    let began: Double
    let seconds: Double
    let budget: Int
  }

  /// What all of it may take.
  private static let budget = 900

  private let stages = Mutex<[Stage]>([])
  /// Seconds since this began.
  private let now: @Sendable () -> Double

  public init() {
    let start = ContinuousClock.now
    now = {
      let time = (ContinuousClock.now - start).components
      return Double(time.seconds) + Double(time.attoseconds) / 1e18
    }
  }

  init(now: @escaping @Sendable () -> Double) { self.now = now }

  public func measure(_ name: String, budget: Int, _ body: () async throws -> Void) async rethrows {
    let began = now()
    defer {
      let stage = Stage(name: name, began: began, seconds: now() - began, budget: budget)
      stages.withLock { $0.append(stage) }
    }
    try await body()
  }

  public var table: String {
    let stages = stages.withLock { $0.sorted { $0.began < $1.began } }
    var table = TextTable(titles: ["stage", "begins at", "seconds", "budget"])
    let all = Stage(name: "all", began: 0, seconds: now(), budget: Self.budget)
    for stage in stages + [all] {
      table.lines.append([stage.name, "\(Int(stage.began))", "\(Self.rounded(stage.seconds))", "\(stage.budget)"])
    }
    let slow = (stages + [all]).filter { $0.seconds > Double($0.budget) }.map {
      "over its budget: \($0.name), \(Self.rounded($0.seconds)) s of \($0.budget)"
    }
    return ([table.text] + slow).joined(separator: "\n")
  }

  public static func rounded(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }

  /// What this process and all that it has started and seen the end of have used.
  public static var processorSeconds: Double {
    [RUSAGE_SELF.rawValue, RUSAGE_CHILDREN.rawValue].reduce(0) { sum, who in
      var usage = rusage()
      getrusage(__rusage_who_t(who), &usage)
      return sum + [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
  }
}
