// Rows as tables: for the terminal, and as Markdown for docs/results.

import Reports

extension BenchmarkRow {
  /// The rows with their budgets.
  public static func table(_ rows: [BenchmarkRow], budgets: Budgets) -> TextTable {
    var table = TextTable(titles: [
      "operation", "minimum", "median", "p90", "maximum", "budget", "spaces", "flushes", "switches", "stacks",
      "copied",
    ])
    for row in rows {
      let limit = budgets.limit(of: row).map { grouped($0) } ?? ""
      let numbers = [row.minimum, row.median, row.p90, row.maximum].map { $0.map(grouped) ?? "-" }
      let counts = [row.spaceChanges, row.flushes, row.switches, row.stackSwitches, row.bytesCopied]
        .map { $0.map(String.init) ?? "-" }
      table.lines.append(["\(row.fullName)"] + numbers + [limit] + counts)
    }
    return table
  }
}
