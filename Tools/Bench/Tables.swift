// Rows as tables: for the terminal, and as Markdown for docs/results.

import Reports

extension BenchmarkRow {
  /// The rows with their budgets. A column that no row has anything for is left out.
  public static func table(_ rows: [BenchmarkRow], budgets: Budgets) -> TextTable {
    func column(_ title: String, _ values: [Int?], _ text: (Int) -> String) -> (title: String, cells: [String])? {
      guard values.contains(where: { $0 != nil }) else { return nil }
      return (title, values.map { $0.map(text) ?? "-" })
    }
    let limits = rows.map { budgets.limit(of: $0).map(grouped) ?? "" }
    let columns: [(title: String, cells: [String])?] = [
      ("operation", rows.map { $0.fullName }),
      ("minimum", rows.map { $0.minimum.map(grouped) ?? "-" }),
      ("median", rows.map { $0.median.map(grouped) ?? "-" }),
      ("p90", rows.map { $0.p90.map(grouped) ?? "-" }),
      ("maximum", rows.map { $0.maximum.map(grouped) ?? "-" }),
      limits.contains { !$0.isEmpty } ? ("budget", limits) : nil,
      column("faults", rows.map { $0.faults }, grouped),
      column("spaces", rows.map { $0.spaceChanges }, grouped),
      column("flushes", rows.map { $0.flushes }, String.init),
      column("switches", rows.map { $0.switches }, grouped),
      column("copied", rows.map { $0.bytesCopied }, String.init),
      rows.contains { $0.reason != nil } ? ("not measured", rows.map { $0.reason ?? "" }) : nil,
    ]
    let present = columns.compactMap { $0 }
    return TextTable(
      titles: present.map { $0.title }, lines: rows.indices.map { row in present.map { $0.cells[row] } })
  }
}
