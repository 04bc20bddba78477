// What operations may cost: bench/budgets.json, an object from names to the most that the median may be. A name may
// hold `*` for any text, so that one budget can stand for all kinds of task.

import Foundation

public struct Budgets: Sendable {
  private let limits: [(pattern: String, limit: Int)]

  public init(_ limits: [String: Int]) {
    self.limits = limits.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  public init(json: Data) throws { self.init(try JSONDecoder().decode([String: Int].self, from: json)) }

  /// The smallest limit that a row's name is under; nil where there is none.
  public func limit(of row: BenchmarkRow) -> Int? {
    limits.filter { Self.matches(row.fullName, pattern: $0.pattern) }.map { $0.limit }.min()
  }

  /// What is over budget, or has a budget and was not measured, as sentences.
  public func complaints(about rows: [BenchmarkRow]) -> [String] {
    limits.flatMap { pattern, limit -> [String] in
      let matching = rows.filter { Self.matches($0.fullName, pattern: pattern) }
      if matching.isEmpty { return ["\(pattern) has a budget, but no such row was measured"] }
      return matching.compactMap { row in
        guard let median = row.median else {
          return "\(row.fullName) was not measured: \(row.reason ?? "no reason was given")"
        }
        guard median > limit else { return nil }
        return "\(row.fullName) takes \(median) \(row.unit ?? "instructions"); its budget is \(limit)"
      }
    }
  }

  /// Whether `name` is `pattern`, in which each `*` stands for any text.
  static func matches(_ name: String, pattern: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard let first = parts.first, let last = parts.last, parts.count > 1 else { return name == pattern }
    guard name.hasPrefix(first) else { return false }
    var rest = name.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() {
      guard let range = rest.range(of: part) else { return part.isEmpty ? true : false }
      rest = rest[range.upperBound...]
    }
    return rest.hasSuffix(last)
  }
}
