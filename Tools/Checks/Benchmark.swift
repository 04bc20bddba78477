// Reads what the program `bench --json` prints and compares it with the budgets in bench/budgets.json.

import Foundation

/// One measured operation.
public struct BenchmarkRow: Codable, Sendable, Equatable {
  public let group: String
  public let name: String
  /// Instructions: the middle of all samples, and what nine of ten stay within.
  public let minimum: Int
  public let median: Int
  public let p90: Int
  public let maximum: Int

  public var fullName: String { "\(group)/\(name)" }

  public init(group: String, name: String, minimum: Int, median: Int, p90: Int, maximum: Int) {
    self.group = group
    self.name = name
    self.minimum = minimum
    self.median = median
    self.p90 = p90
    self.maximum = maximum
  }

  /// The rows in a console's output: each line that is a JSON object. Other lines are passed over.
  public static func rows(in console: String) throws -> [BenchmarkRow] {
    let decoder = JSONDecoder()
    return try console.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("{") }
      .map { try decoder.decode(BenchmarkRow.self, from: Data($0.utf8)) }
  }

  /// What is over budget or has no row, as sentences.
  /// - Parameter budgets: the most instructions that the median may be, by full name.
  public static func complaints(about rows: [BenchmarkRow], budgets: [String: Int]) -> [String] {
    let byName = Dictionary(rows.map { ($0.fullName, $0) }, uniquingKeysWith: { first, _ in first })
    return budgets.sorted { $0.key < $1.key }.compactMap { name, budget in
      guard let row = byName[name] else { return "\(name) has a budget but was not measured" }
      guard row.median > budget else { return nil }
      return "\(name) takes \(row.median) instructions; its budget is \(budget)"
    }
  }

  /// The rows as a table for people.
  public static func table(_ rows: [BenchmarkRow]) -> String {
    let titles = ["operation", "minimum", "median", "p90", "maximum"]
    let cells = rows.map { [$0.fullName, "\($0.minimum)", "\($0.median)", "\($0.p90)", "\($0.maximum)"] }
    let widths = titles.indices.map { column in ([titles] + cells).map { $0[column].count }.max() ?? 0 }
    return ([titles] + cells).map { line in
      zip(line, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
