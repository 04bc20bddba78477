// Texts in columns: for the terminal, and as Markdown.

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
