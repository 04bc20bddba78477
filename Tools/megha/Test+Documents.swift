// Runs the examples of README.md and of docs, and follows their links.

import Checks
import Foundation

extension Project {
  /// Seconds for one command of an example.
  private static let exampleTimeLimit = 180

  func testDocuments(_ report: Report) async throws {
    let manager = FileManager.default
    let pages = ((try? manager.subpathsOfDirectory(atPath: file("docs").path)) ?? []).sorted()
      .filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
    for path in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] + pages {
      guard let text = try? String(contentsOf: file(path), encoding: .utf8) else { continue }
      let broken = DocumentLinks.broken(in: text, document: path, root: root)
      if !broken.isEmpty { report.fail("links of \(path)", broken.map { "there is no \($0)" }) }
      for block in DocumentBlock.parse(text, file: path) { try await run(block, report) }
    }
  }

  private func run(_ block: DocumentBlock, _ report: Report) async throws {
    let name = "example \(block.file):\(block.line)"
    if let reason = block.reasonToSkip {
      report.skip(name, reason: reason)
      return
    }
    for command in block.commands {
      // A typed line waits until there is somebody to read it.
      let typed = block.input.map { "{ sleep 5; printf '%s\\n' '\($0)'; } | " } ?? ""
      let result = try await ChildProcess.capture(
        "timeout", ["-k", "5", "\(Self.exampleTimeLimit)", "sh", "-c", typed + command.text], in: root)
      var complaints: [String] = []
      if result.status != block.status {
        complaints.append("`\(command.text)` ended with status \(result.status), not \(block.status)")
      }
      if let missing = DocumentBlock.missing(from: result.output, expected: command.expected) {
        complaints.append("`\(command.text)` does not print: \(missing)")
      }
      if !complaints.isEmpty {
        report.fail(name, complaints + [result.output])
        return
      }
    }
    report.pass(name)
  }
}
