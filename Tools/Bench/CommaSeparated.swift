// Rows as comma-separated values, quoted as RFC 4180 says, for spreadsheets and statistics: a line of titles, then a line for
// each row. Lines end as Unix ends them, so that its tools read them too.
// What a row does not have is empty.

extension BenchmarkRow {
  /// The titles, and what a row has under each.
  private static let columns: [(title: String, value: @Sendable (BenchmarkRow) -> String?)] = [
    ("group", { $0.group }), ("name", { $0.name }), ("unit", { $0.unit }), ("samples", { $0.samples.map(String.init) }),
    ("minimum", { $0.minimum.map(String.init) }), ("median", { $0.median.map(String.init) }),
    ("p90", { $0.p90.map(String.init) }), ("maximum", { $0.maximum.map(String.init) }),
    ("faults", { $0.faults.map(String.init) }), ("spaceChanges", { $0.spaceChanges.map(String.init) }),
    ("flushes", { $0.flushes.map(String.init) }), ("switches", { $0.switches.map(String.init) }),
    ("bytesCopied", { $0.bytesCopied.map(String.init) }), ("reason", { $0.reason }),
  ]

  public static func commaSeparated(_ rows: [BenchmarkRow]) -> String {
    let lines = [columns.map { $0.title }] + rows.map { row in columns.map { $0.value(row) ?? "" } }
    return lines.map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
  }

  /// A value in quotation marks where it holds what separates values.
  private static func quoted(_ value: String) -> String {
    guard value.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return value }
    return "\"" + value.replacing("\"", with: "\"\"") + "\""
  }
}
