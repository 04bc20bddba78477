import Checks
import Foundation
import Testing

@Suite struct DocumentDiffTests {
  private let commit = """
    commit 1
    --- a/One.swift
    +++ b/One.swift
     kept
    -old
    +new
    +newer
    --- a/Two.swift
    +++ b/Two.swift
    +new
    """

  private func missing(_ lines: [String]) -> String? {
    let text = "```diff commit=abc\n\(lines.joined(separator: "\n"))\n```\n"
    return DocumentDiff.parse(text).first?.missing(from: commit)
  }

  @Test func findsExcerpts() {
    #expect(missing(["+++ b/One.swift", "-old", "+new"]) == nil)
    #expect(missing(["+++ b/One.swift", " kept", "...", "+newer"]) == nil)
    #expect(missing(["+++ b/Two.swift", "+new"]) == nil)
    #expect(missing(["+newer"]) == nil)
  }

  @Test func namesWhatIsNotThere() {
    #expect(missing(["+++ b/One.swift", "+newest"]) == "+newest")
    // A line between them is left out, and nothing says so.
    #expect(missing([" kept", "+new"]) == "+new")
    #expect(missing(["+++ b/Two.swift", "-old"]) == "-old")
  }

  @Test func onlyBlocksThatNameACommitAreExcerpts() {
    #expect(DocumentDiff.parse("```diff\n+x\n```\n```console\n$ y\n```\n").isEmpty)
    #expect(DocumentDiff.parse("a\n```diff commit=12 more\n+x\n```\n").map { $0.commit } == ["12"])
  }
}

@Suite struct DocumentPathsTests {
  private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

  private func mistakes(_ text: String) -> [String] { DocumentPaths.mistakes(in: text, root: root) }

  @Test func filesThatAreThere() {
    #expect(mistakes("see `Tools/Checks/DocumentPaths.swift`, `Tools/Checks` and `Tools/`").isEmpty)
    #expect(mistakes("| `Tools/Checks/DocumentPaths.swift` | `mistakes`, `isPath` | `nowhere` |").isEmpty)
    #expect(mistakes("| 1 | `Tools/Checks/DocumentPaths.swift` | `mistakes` |").isEmpty)
  }

  @Test func filesAndNamesThatAreNot() {
    #expect(mistakes("a\n`Tools/Checks/None.swift`") == ["line 2: there is no Tools/Checks/None.swift"])
    let row = mistakes("| `Tools/Checks/DocumentPaths.swift` | `neverWrittenThere2` |")
    #expect(row == ["line 1: Tools/Checks/DocumentPaths.swift has no neverWrittenThere2"])
  }

  @Test func whatIsNoPath() {
    #expect(mistakes("`Tools/*/x`, `docs/specs/edu.txt`, `/bin/sh`, `a/b`, `Services/NAME`, Tools/None").isEmpty)
    #expect(mistakes("```\n`Tools/None`\n```").isEmpty)
  }
}

/// What docs/troubleshooting.md says that one sees: said somewhere in the tree, or by the compilers.
@Suite struct TroubleshootingTests {
  private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
  private let ofCompilers = ["cannot find ", "undefined symbol"]

  /// All texts that the command, the kernel and programs are made of.
  private func sources() throws -> String {
    var texts = [try String(contentsOf: root.appending(path: "megha"), encoding: .utf8)]
    let manager = FileManager.default
    for folder in try manager.contentsOfDirectory(atPath: root.path).sorted()
    where !folder.hasPrefix(".") && !["Tests", "build", "docs"].contains(folder) {
      for path in manager.subpaths(atPath: root.appending(path: folder).path) ?? [] where path.hasSuffix(".swift") {
        texts.append(try String(contentsOf: root.appending(path: folder).appending(path: path), encoding: .utf8))
      }
    }
    return texts.joined(separator: "\n")
  }

  @Test func whatIsQuotedIsSaid() throws {
    let page = try String(contentsOf: root.appending(path: "docs/troubleshooting.md"), encoding: .utf8)
    let sources = try sources()
    var quotes = 0
    for row in page.split(separator: "\n") where row.hasPrefix("| ") {
      guard let cell = row.split(separator: "|").first else { continue }
      for span in cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter({
        $0.offset % 2 == 1
      }) {
        if ofCompilers.contains(where: { span.element.hasPrefix($0) }) { continue }
        quotes += 1
        for piece in span.element.split(separator: "...") {
          // Ends of sentences and single words between names prove nothing.
          let piece = piece.trimmingCharacters(in: CharacterSet(charactersIn: " .,:;"))
          #expect(piece.count < 4 || sources.contains(piece), "nothing says: \(piece)")
        }
      }
    }
    #expect(quotes > 15)
  }
}
