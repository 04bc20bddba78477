// Excerpts of commits in documents, so that what a page shows is what was done: a ```diff block whose first line goes on with
// `commit=HASH`. Its lines are found in that commit, in their order; `...` stands for any lines.

public struct DocumentDiff: Equatable, Sendable {
  public let commit: String
  /// Where the block begins, counted from 1.
  public let line: Int
  public let lines: [String]

  public static func parse(_ text: String) -> [DocumentDiff] {
    var diffs: [DocumentDiff] = []
    var current: (commit: String, line: Int, lines: [String])?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if let (commit, start, lines) = current {
        if line.hasPrefix("```") {
          diffs.append(DocumentDiff(commit: commit, line: start, lines: lines))
          current = nil
        } else {
          current?.lines.append(String(line))
        }
      } else if line.hasPrefix("```diff commit=") {
        current = (String(line.dropFirst("```diff commit=".count).prefix { !$0.isWhitespace }), index + 1, [])
      }
    }
    return diffs
  }

  /// The first line that the commit does not have in its place; nil where all are there.
  /// - Parameter text: the commit, as `git show` prints it.
  public func missing(from text: String) -> String? {
    var rest = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    var mayPass = true
    for line in lines where !line.isEmpty {
      if line == "..." {
        mayPass = true
        continue
      }
      // The name of a file stands apart from its changes.
      let isName = line.hasPrefix("+++ ") || line.hasPrefix("--- ")
      if mayPass || isName {
        guard let place = rest.firstIndex(where: { $0 == line }) else { return line }
        rest = rest[(place + 1)...]
      } else {
        guard rest.first.map({ $0 == line }) == true else { return line }
        rest = rest.dropFirst()
      }
      mayPass = isName
    }
    return nil
  }
}
