// What operations may cost: bench/budgets.json, an object from names to the most that the median may be. A name may
// hold `*` for any text, so that one budget can stand for all kinds of task.
//
// In place of a number an object may stand: `budget`, and for what is over it meanwhile `accepted`, the limit that is
// checked, with its `reason`. An object without `budget` accepts a cost for rows whose budget is under another name.
//
// Invariant: each row is judged once: by the smallest budget and by the longest name with an accepted limit that it is
// under. A row over its budget is always spoken of, as a complaint or as accepted.

import Foundation

public struct Budgets: Sendable {
  /// One entry of the file.
  public struct Entry: Decodable, Sendable, Equatable, ExpressibleByIntegerLiteral {
    public let budget: Int?
    public let accepted: Int?
    public let reason: String?

    public init(budget: Int? = nil, accepted: Int? = nil, reason: String? = nil) {
      self.budget = budget
      self.accepted = accepted
      self.reason = reason
    }

    public init(integerLiteral budget: Int) { self.init(budget: budget) }

    private enum Key: String, CodingKey, CaseIterable { case budget, accepted, reason }

    public init(from decoder: any Decoder) throws {
      if let budget = try? decoder.singleValueContainer().decode(Int.self) {
        self.init(budget: budget)
        return
      }
      let values = try decoder.container(keyedBy: Key.self)
      self.init(
        budget: try values.decodeIfPresent(Int.self, forKey: .budget),
        accepted: try values.decodeIfPresent(Int.self, forKey: .accepted),
        reason: try values.decodeIfPresent(String.self, forKey: .reason))
      guard (accepted == nil) == (reason == nil), budget != nil || accepted != nil else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "accepted and reason belong together"))
      }
    }
  }

  /// What a comparison of rows with budgets comes to.
  public struct Judgement: Sendable, Equatable {
    /// What must not be: sentences that name rows.
    public var complaints: [String] = []
    /// What is over budget and accepted, and what need not be accepted any more.
    public var notes: [String] = []
  }

  private let entries: [(pattern: String, entry: Entry)]

  public init(_ entries: [String: Entry]) {
    self.entries = entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  public init(json: Data) throws { self.init(try JSONDecoder().decode([String: Entry].self, from: json)) }

  /// Those of one group's rows; all where `group` is nil.
  public func limited(to group: String?) -> Budgets {
    guard let group else { return self }
    return Budgets(entries: entries.filter { $0.pattern.hasPrefix("\(group)/") })
  }

  private init(entries: [(pattern: String, entry: Entry)]) { self.entries = entries }

  /// The smallest budget that a row's name is under; nil where there is none.
  public func limit(of row: BenchmarkRow) -> Int? {
    entries(for: row.fullName).compactMap { $0.entry.budget }.min()
  }

  /// The most that passes for a row: what is accepted, else its budget; nil where there is neither.
  public func highestCost(of row: BenchmarkRow) -> Int? {
    guard let limit = limit(of: row) else { return nil }
    return max(limit, acceptance(for: row)?.entry.accepted ?? limit)
  }

  /// By how much a row may exceed what is accepted for it: two hundredths, as layout moves costs a little.
  static func allowed(_ accepted: Int) -> Int { accepted + accepted / 50 }

  public func judge(_ rows: [BenchmarkRow]) -> Judgement {
    var judgement = Judgement()
    for (pattern, _) in entries where !rows.contains(where: { Self.matches($0.fullName, pattern: pattern) }) {
      judgement.complaints.append("\(pattern) has a budget, but no such row was measured")
    }
    var needed: Set<String> = []
    for row in rows {
      guard let limit = limit(of: row) else { continue }
      guard let median = row.median else {
        judgement.complaints.append("\(row.fullName) was not measured: \(row.reason ?? "no reason was given")")
        continue
      }
      guard median > limit else { continue }
      let sentence = "\(row.fullName) takes \(median) \(row.unit ?? "instructions"); its budget is \(limit)"
      guard let acceptance = acceptance(for: row), let accepted = acceptance.entry.accepted else {
        judgement.complaints.append(sentence)
        continue
      }
      needed.insert(acceptance.pattern)
      if median > Self.allowed(accepted) {
        judgement.complaints.append("\(sentence), accepted is \(accepted)")
      } else {
        judgement.notes.append("over budget, accepted: \(sentence): \(acceptance.entry.reason ?? "")")
      }
    }
    for (pattern, entry) in entries where entry.accepted != nil && !needed.contains(pattern) {
      judgement.notes.append("within budget: what is accepted for \(pattern) can be taken out of the budgets")
    }
    return judgement
  }

  private func acceptance(for row: BenchmarkRow) -> (pattern: String, entry: Entry)? {
    entries(for: row.fullName).filter { $0.entry.accepted != nil }.max { $0.pattern.count < $1.pattern.count }
  }

  private func entries(for name: String) -> [(pattern: String, entry: Entry)] {
    entries.filter { Self.matches(name, pattern: $0.pattern) }
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
