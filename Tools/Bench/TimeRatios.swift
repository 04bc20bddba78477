// Times, as ratios only: how many times as long as the null call of Ring 3 each operation takes.
//
// Seconds would tell about the host. A run is compared with itself, so that hosts, and what else a host is doing, cancel
// out as far as they can; beside the middle of several runs stand the lowest and the highest.

import Reports

public struct TimeRatios: Sendable {
  /// The full name of the row that all others are compared with, and its group.
  public static let reference = "call/null call, Ring 3"
  public static let referenceGroup = "call"

  public struct Row: Equatable, Sendable {
    public let name: String
    /// The ratio of instructions.
    public let instructions: Double
    /// The ratios of time, of all runs, lowest first.
    public let times: [Double]

    public var median: Double { times[times.count / 2] }
  }

  public let rows: [Row]

  /// - Parameters:
  ///   - instructions: rows that count instructions.
  ///   - runs: the same rows, measured in time; a row that a run does not have is left out.
  /// - Returns: nil where the reference was not measured everywhere.
  public init?(instructions: [BenchmarkRow], runs: [[BenchmarkRow]]) {
    let all = ([instructions] + runs).compactMap(Self.ratios)
    guard all.count == runs.count + 1, let own = all.first, !runs.isEmpty else { return nil }
    rows = instructions.compactMap { row in
      let times = all.dropFirst().compactMap { $0[row.fullName] }
      guard let ratio = own[row.fullName], times.count == runs.count else { return nil }
      return Row(name: row.fullName, instructions: ratio, times: times.sorted())
    }
  }

  /// The medians by name, in medians of the reference.
  private static func ratios(_ rows: [BenchmarkRow]) -> [String: Double]? {
    guard let unit = rows.first(where: { $0.fullName == reference })?.median, unit > 0 else { return nil }
    let measured = rows.filter { $0.unit != "bytes" }.compactMap { row in
      row.median.map { (row.fullName, Double($0) / Double(unit)) }
    }
    return Dictionary(measured, uniquingKeysWith: { first, _ in first })
  }

  public var table: TextTable {
    TextTable(
      titles: ["operation", "instructions", "time", "lowest", "highest"],
      lines: rows.map { row in
        [row.name] + [row.instructions, row.median, row.times[0], row.times[row.times.count - 1]].map(Self.text)
      })
  }

  /// A ratio with the digits that mean something: three where there are no more before the point.
  static func text(_ ratio: Double) -> String {
    let decimals = ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0
    let scale = [1, 10, 100][decimals]
    let scaled = Int((ratio * Double(scale)).rounded())
    guard decimals > 0 else { return grouped(scaled) }
    let fraction = String(scaled % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }
}
