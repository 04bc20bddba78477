// Runs the examples of README.md and of docs, and follows their links. Tests/Commands has pages of the same form that only tests
// read: what the command refuses, and in which words.

import Checks
import Emulator
import Foundation

extension Project {
  /// Seconds for one command of an example.
  private static let exampleTimeLimit = 600

  func testDocuments(_ report: Report, filter: String?) async throws {
    let regex = try filter.map { try Regex($0) }
    func isWanted(_ name: String) -> Bool { regex.map { name.contains($0) } ?? true }
    if isWanted("the picture of README.md") { try await testPicture(report) }
    for (path, text) in try documents() {
      let broken = DocumentLinks.broken(in: text, document: path, root: root)
      if !broken.isEmpty { report.fail("links of \(path)", broken.map { "there is no \($0)" }) }
      for block in DocumentBlock.parse(text, file: path) where isWanted("example \(block.file):\(block.line)") {
        try await run(block, report)
      }
    }
  }

  /// Makes the picture of README.md from a machine's screen, and looks at it: the rings are there, in their colours, and the
  /// picture of the tree shows the same but for numbers.
  func testPicture(_ report: Report) async throws {
    let name = "the picture of README.md"
    guard let keys = Keyboard.keys(for: "rings --colour\nrun --ring0 rings --colour\n") else { return }
    let folder = try RunFolder()
    defer { folder.delete() }
    let pictures = file("build/images")
    try FileManager.default.createDirectory(at: pictures, withIntermediateDirectories: true)
    let screen = Collector()
    let options = try await machine(try MachineArguments.parse(["--icount"]), script: nil, folder: folder)
    let result = try await Emulator.run(
      options, root: root, folder: folder, timeout: 60, console: { _ in },
      operating: { monitor in
        guard await monitor.wait(until: { monitor.screen()?.contains("megha>") == true }) else { return }
        await monitor.type(keys)
        let lastWords = "address space of their process"
        guard
          await monitor.wait(until: { (monitor.screen() ?? "").components(separatedBy: lastWords).count == 3 }),
          let cells = monitor.textCells()
        else { return }
        monitor.command("screendump picture -f png")
        screen.append(Array(ScreenText.marked(cells).utf8))
        monitor.end()
      })
    guard let picture = FileManager.default.contents(atPath: folder.path("picture")) else {
      return report.fail(name, ["there is none; the run ended with \(result.outcome)"])
    }
    try picture.write(to: pictures.appending(path: "prompt.png"))
    try Data(screen.text.utf8).write(to: pictures.appending(path: "prompt.txt"))
    var complaints: [String] = []
    for (text, count) in [("{green}Ring 3, CS 0x1b{}", 3), ("{red}Ring 0, CS 0x28{}", 3)]
    where screen.text.components(separatedBy: text).count != count + 1 {
      complaints.append("it does not show \(text) \(count) times:\n\(screen.text)")
    }
    let kept = (try? String(contentsOf: file("docs/images/prompt.txt"), encoding: .utf8)) ?? ""
    if ScreenText.withoutNumbers(kept) != ScreenText.withoutNumbers(screen.text) {
      complaints.append(
        "docs/images/prompt.png shows something else; copy build/images/prompt.png and prompt.txt to docs/images")
    }
    report.judge(name, complaints: complaints)
  }

  /// All pages, with their texts.
  func documents() throws -> [(path: String, text: String)] {
    let pages = ["docs", "Tests/Commands"].flatMap { folder in
      ((try? FileManager.default.subpathsOfDirectory(atPath: file(folder).path)) ?? []).sorted()
        .filter { $0.hasSuffix(".md") }.map { "\(folder)/\($0)" }
    }
    return try (["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] + pages).map {
      ($0, try String(contentsOf: file($0), encoding: .utf8))
    }
  }

  private func run(_ block: DocumentBlock, _ report: Report) async throws {
    let started = Date()
    let name = "example \(block.file):\(block.line)"
    if let reason = block.reasonToSkip {
      report.skip(name, reason: reason)
      return
    }
    for command in block.commands {
      // A typed line waits until there is somebody to read it.
      let typed = block.input.map { "{ sleep 5; printf '%s\\n' '\($0)'; } | " } ?? ""
      let result = try await Places.processors.use {
        try await ChildProcess.capture(
          "timeout", ["-k", "5", "\(Self.exampleTimeLimit)", "sh", "-c", typed + command.text], in: root)
      }
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
    report.pass(name, seconds: Date().timeIntervalSince(started))
  }
}
