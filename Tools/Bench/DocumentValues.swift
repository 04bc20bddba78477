// Numbers in the sentences of documents that stand for results: each lies between two comments, the first of which names its row,
// so that a sentence never says something else than docs/results.
//
//     <!-- cost: memory/first touch of a page, Ring 3 -->1,431<!-- end -->
//     <!-- budget: call/null call, Ring 3 -->60<!-- end -->
//
// A `*` at the end of a name stands for anything: then it is the lowest and the highest cost.

import Foundation
import Reports

public enum DocumentValues {
  /// The pages that have such numbers, relative to the root of the tree.
  public static let documents = ["docs/performance.md"]

  private nonisolated(unsafe) static let pattern = /<!-- (cost|budget): ([^>]+) -->([^<]*)<!-- end -->/

  /// The page with these numbers as the rows and budgets have them.
  public static func updated(
    _ page: String, rows: [BenchmarkRow], budgets: Budgets
  ) throws(DocumentTableMistake) -> String {
    var text = ""
    var rest = page[...]
    while let match = rest.firstMatch(of: pattern) {
      let name = String(match.2)
      let found = rows.filter { row in
        name.hasSuffix("*") ? row.fullName.hasPrefix(name.dropLast()) : row.fullName == name
      }
      let values = found.compactMap { match.1 == "cost" ? $0.median : budgets.limit(of: $0) }
      guard let low = values.min(), let high = values.max() else {
        throw DocumentTableMistake(description: "The results have no \(match.1) of \(name).")
      }
      text += rest[..<match.3.startIndex] + (low == high ? grouped(low) : "\(grouped(low)) to \(grouped(high))")
      rest = rest[match.3.endIndex...]
    }
    return text + rest
  }
}
