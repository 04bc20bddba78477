// Two measurements side by side: what became dearer, what cheaper, and what only one of them has.

import Foundation
import Reports

/// A file of rows that cannot be compared.
public struct ComparisonMistake: Error, Equatable, CustomStringConvertible {
  public let description: String
}

public struct Comparison: Sendable {
  /// A row of which any number differs.
  struct Change: Sendable {
    let before: BenchmarkRow
    let after: BenchmarkRow
  }

  let changes: [Change]
  public let equalCount: Int
  /// The names of rows that only the first, or only the second has, in their order.
  public let gone: [String]
  public let new: [String]

  public init(_ before: [BenchmarkRow], _ after: [BenchmarkRow]) {
    let second = Dictionary(after.map { ($0.fullName, $0) }, uniquingKeysWith: { first, _ in first })
    let first = Set(before.map { $0.fullName })
    let pairs = before.compactMap { row in second[row.fullName].map { Change(before: row, after: $0) } }
    changes = pairs.filter { $0.before != $0.after }
    equalCount = pairs.count - changes.count
    gone = before.map { $0.fullName }.filter { second[$0] == nil }
    new = after.map { $0.fullName }.filter { !first.contains($0) }
  }

  /// Reads what `bench --json` wrote.
  public static func rows(in data: Data?, file: String) throws(ComparisonMistake) -> [BenchmarkRow] {
    guard let data else { throw ComparisonMistake(description: "\(file) cannot be read.") }
    do { return try JSONDecoder().decode([BenchmarkRow].self, from: data) } catch {
      throw ComparisonMistake(description: "\(file) holds no rows as `megha bench --json` writes them.")
    }
  }

  public var text: String {
    var parts: [String] = []
    if !changes.isEmpty {
      let lines = changes.map { change in
        [change.before.fullName] + [change.before, change.after].map { $0.median.map(grouped) ?? "-" }
          + [Self.difference(change), Self.share(change), Self.others(change)]
      }
      parts.append(
        TextTable(titles: ["operation", "before", "after", "difference", "share", "also"], lines: lines).text)
    }
    parts += gone.map { "only before: \($0)" } + new.map { "only after: \($0)" }
    parts.append(
      "\(changes.count) \(changes.count == 1 ? "row differs" : "rows differ"), \(equalCount) agree in every number")
    return parts.joined(separator: "\n")
  }

  private static func difference(_ change: Change) -> String {
    guard let before = change.before.median, let after = change.after.median else { return "-" }
    let (value, overflows) = after.subtractingReportingOverflow(before)
    return overflows ? "-" : (value > 0 ? "+" : "") + grouped(value)
  }

  private static func share(_ change: Change) -> String {
    guard let before = change.before.median, let after = change.after.median, before > 0 else { return "-" }
    let share = (Double(after) - Double(before)) / Double(before) * 100
    return (share > 0 ? "+" : "") + String(format: "%.1f%%", share)
  }

  /// What else than the median differs.
  private static func others(_ change: Change) -> String {
    func value(_ name: String, _ key: KeyPath<BenchmarkRow, Int?>) -> String? {
      let (before, after) = (change.before[keyPath: key], change.after[keyPath: key])
      return before == after ? nil : "\(name) \(before.map(grouped) ?? "-")>\(after.map(grouped) ?? "-")"
    }
    return [
      value("min", \.minimum), value("p90", \.p90), value("max", \.maximum), value("faults", \.faults),
      value("spaces", \.spaceChanges), value("switches", \.switches), value("copied", \.bytesCopied),
    ].compactMap { $0 }.joined(separator: ", ")
  }
}
