// The links of README.md and of docs to files of the tree, so that none of them leads nowhere.

import Foundation

public enum DocumentLinks {
  /// The targets of the links and images in a document that are paths: no address of the web, no place on the page
  /// itself. Code blocks are passed over.
  public static func paths(in text: String) -> [String] {
    var paths: [String] = []
    var isCode = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") { isCode.toggle() }
      if isCode { continue }
      var rest = line[...]
      while let open = rest.firstRange(of: "](") {
        rest = rest[open.upperBound...]
        let target = rest.prefix { $0 != ")" && $0 != "#" }
        if !target.isEmpty && !target.contains("://") { paths.append(String(target)) }
      }
    }
    return paths
  }

  /// The links of a document that lead nowhere.
  /// - Parameter document: the document's path in the tree.
  public static func broken(in text: String, document: String, root: URL) -> [String] {
    let folder = root.appending(path: document).deletingLastPathComponent()
    return paths(in: text).filter { !FileManager.default.fileExists(atPath: folder.appending(path: $0).path) }
  }
}
