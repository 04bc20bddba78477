// Writes what was measured to a folder: as JSON, as a page of tables, and as charts.

import Foundation

public struct BenchmarkResults: Sendable {
  let rows: [BenchmarkRow]
  let budgets: Budgets

  public init(rows: [BenchmarkRow], budgets: Budgets) {
    self.rows = rows
    self.budgets = budgets
  }

  public static func encode(_ rows: [BenchmarkRow]) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(rows) + Data("\n".utf8)
  }

  public func write(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func write(_ text: String, _ name: String) throws {
      try Data(text.utf8).write(to: folder.appending(path: name))
    }
    try Self.encode(rows).write(to: folder.appending(path: "benchmarks.json"))
    try write(page, "benchmarks.md")
    for group in groups {
      let own = rows.filter { $0.group == group && $0.unit != "bytes" }
      if group == "growth" {
        for chart in GrowthChart.charts(of: own) { try write(chart.svg, "\(chart.fileName).svg") }
      } else if own.contains(where: { $0.median != nil }) {
        try write(BarChart(title: "\(group), in instructions", rows: own, budgets: budgets).svg, "\(group).svg")
      }
    }
  }

  /// The groups in the order of their first rows.
  private var groups: [String] {
    rows.reduce(into: []) { groups, row in if !groups.contains(row.group) { groups.append(row.group) } }
  }

  private var page: String {
    var text = """
      # Measurements

      Written by `./megha bench --write`. Numbers are instructions (bytes for memory) counted by the emulator; *spaces* and
      *flushes* are changes of the address space and other flushes of the translation cache in one operation.


      """
    text += Peer.table(rows, linux: [:]).markdown
    for group in groups {
      text += "\n## \(group)\n\n"
      text += BenchmarkRow.table(rows.filter { $0.group == group }, budgets: budgets).markdown
      let own = rows.filter { $0.group == group && $0.unit != "bytes" }
      let charts = group == "growth" ? GrowthChart.charts(of: own).map { $0.fileName } : own.isEmpty ? [] : [group]
      for chart in charts { text += "\n![\(chart)](\(chart).svg)\n" }
    }
    return text
  }
}
