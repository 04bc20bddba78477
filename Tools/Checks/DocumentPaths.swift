// The files that documents name, so that a page does not outlive what it speaks of. A code span that is a path into the tree
// must be one; in a table whose first column is a file, each code span of the second column must occur in that file.

import Foundation

public enum DocumentPaths {
  /// Folders of the tree that a path begins with.
  private static let folders: Set<Substring> = [
    "ABI", "Drivers", "FileSystems", "Image", "Kernel", "Labs", "Machine", "Modules", "Personalities", "Services",
    "Tests", "Tools",
    "Userland",
    "bench",
  ]

  /// What a document says about files of the tree and is not so, as sentences.
  public static func mistakes(in text: String, root: URL) -> [String] {
    var mistakes: [String] = []
    var isCode = false
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") { isCode.toggle() }
      if isCode { continue }
      for path in spans(in: line) where isPath(path) && !exists(path, root) {
        mistakes.append("line \(index + 1): there is no \(path)")
      }
      // A first cell of nothing but a file; what is numbered has its number before that.
      let cells = line.hasPrefix("|") ? line.split(separator: "|") : []
      guard let column = cells.prefix(2).firstIndex(where: { isOnlyPath($0) }), cells.indices.contains(column + 1),
        let path = spans(in: cells[column]).first,
        let file = try? String(contentsOf: root.appending(path: String(path)), encoding: .utf8)
      else { continue }
      for name in spans(in: cells[column + 1]) where !isPath(name) && !file.contains(name) {
        mistakes.append("line \(index + 1): \(path) has no \(name)")
      }
    }
    return mistakes
  }

  /// What stands between single backquotes.
  static func spans(in line: Substring) -> [Substring] {
    line.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap { $0 % 2 == 1 ? $1 : nil }
  }

  /// Whether a span is a file or a folder of the tree: no pattern, and no place that is still to be made.
  static func isPath(_ span: Substring) -> Bool {
    guard let slash = span.firstIndex(of: "/"), folders.contains(span[..<slash]) else { return false }
    return span.allSatisfy { $0.isLetter || $0.isNumber || "/.+-_".contains($0) } && !span.contains("NAME")
  }

  private static func isOnlyPath(_ cell: Substring) -> Bool {
    guard let path = spans(in: cell).first, isPath(path) else { return false }
    return cell.filter { $0 != " " } == "`\(path)`"
  }

  private static func exists(_ path: Substring, _ root: URL) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: String(path)).path)
  }
}
