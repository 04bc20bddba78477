// The numbers of a report in Markdown, compared with what was measured.
//
// Invariant: a number may be off by a hundredth of the largest in the table, so that a kernel that became a few instructions
// longer leaves the report alone, and one that became another makes it wrong.

public enum ReportNumbers {
  /// What is wrong in a report.
  /// - Parameters:
  ///   - rows: the names of its table's rows and their cells.
  ///   - others: numbers that its sentences may have besides those, and besides their differences.
  public static func mistakes(in text: String, rows: [(String, [Int])], others: [Int]) -> [String] {
    let report = ReportTable(text)
    let table = rows.flatMap { $0.1 }
    let tolerance = (table.max() ?? 0) / 100
    func isNear(_ number: Int, _ measured: Int) -> Bool { abs(number - measured) <= tolerance }
    var mistakes: [String] = []
    for (name, cells) in rows {
      let said = [Mode.ring3, .ring0].map { report[name, $0].map { Int($0) } ?? 0 }
      if !zip(said, cells).allSatisfy(isNear) {
        mistakes.append("the row \(name) says \(said), and measured was \(cells)")
      }
    }
    let known = table + others + table.flatMap { first in table.map { abs(first - $0) } }
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("|") {
      for number in numbers(in: line) where number > 9 && !known.contains(where: { isNear(number, $0) }) {
        mistakes.append(
          "\(number) is none of what was measured, \(table + others), nor a difference, in the line: \(line)")
      }
    }
    return mistakes
  }

  /// The numbers of a text; a name such as `lab8` or CR3 is none.
  private static func numbers(in line: Substring) -> [Int] {
    line.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "," }).compactMap { word in
      Int(word.filter { $0 != "," })
    }
  }
}
