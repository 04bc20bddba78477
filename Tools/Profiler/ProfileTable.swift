// A profile for the terminal: functions by the instructions that they executed themselves.

import Reports

public enum ProfileTable {
  /// - Parameter top: how many functions are listed; the last line sums up the others.
  public static func text(_ tree: CallTree, top: Int) -> String {
    let total = tree.total
    let rows = tree.byFunction
    var lines = [line("instructions", "share", "in", "function")]
    for row in rows.prefix(top) {
      lines.append(
        line(grouped(row.instructions), share(row.instructions, of: total), row.function.image, row.function.name))
    }
    let others = rows.dropFirst(top)
    if !others.isEmpty {
      let sum = others.reduce(0) { $0 + $1.instructions }
      lines.append(line(grouped(sum), share(sum, of: total), "", "\(others.count) other functions"))
    }
    lines.append(line(grouped(total), share(total, of: total), "", "all"))
    return lines.joined(separator: "\n")
  }

  /// Hundredths, with one decimal.
  static func share(_ part: UInt64, of total: UInt64) -> String {
    let tenths = total == 0 ? 0 : (part * 2000 / total + 1) / 2
    return "\(tenths / 10).\(tenths % 10) %"
  }

  private static func line(_ instructions: String, _ share: String, _ image: String, _ function: String) -> String {
    "\(padded(instructions, 14, isRight: true))  \(padded(share, 7, isRight: true))  \(padded(image, 12))  \(function)"
  }

  private static func padded(_ text: String, _ width: Int, isRight: Bool = false) -> String {
    let padding = String(repeating: " ", count: max(0, width - text.count))
    return isRight ? padding + text : text + padding
  }
}
