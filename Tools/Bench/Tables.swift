// Rows as tables: for the terminal, and as Markdown for docs/results.

/// A table of texts; the first column is aligned to the left, the others to the right.
public struct TextTable: Sendable {
  public let titles: [String]
  public var lines: [[String]]

  public init(titles: [String], lines: [[String]] = []) {
    self.titles = titles
    self.lines = lines
  }

  public var text: String {
    let all = [titles] + lines
    let widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { line in
      zip(line, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  public var markdown: String {
    let rule = titles.indices.map { $0 == 0 ? "---" : "---:" }
    return ([titles, rule] + lines).map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
      + "\n"
  }
}

extension BenchmarkRow {
  /// The rows with their budgets.
  public static func table(_ rows: [BenchmarkRow], budgets: Budgets) -> TextTable {
    var table = TextTable(titles: [
      "operation", "minimum", "median", "p90", "maximum", "budget", "spaces", "flushes", "switches", "stacks",
      "copied",
    ])
    for row in rows {
      let limit = budgets.limit(of: row).map { Self.grouped($0) } ?? ""
      let numbers = [row.minimum, row.median, row.p90, row.maximum].map { $0.map(Self.grouped) ?? "-" }
      let counts = [row.spaceChanges, row.flushes, row.switches, row.stackSwitches, row.bytesCopied]
        .map { $0.map(String.init) ?? "-" }
      table.lines.append(["\(row.fullName)"] + numbers + [limit] + counts)
    }
    return table
  }

  /// A number with a comma between thousands.
  public static func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (number < 0 ? "-" : "") + text
  }
}
