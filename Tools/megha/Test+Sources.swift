// The checks of the tree as a whole: layout, generated files, the linked kernel.

import Checks
import Foundation
import Generator
import MeghaBuild

extension Project {
  private static let sourceFolders = [
    "ABI", "Drivers", "FileSystems", "Image", "Kernel", "Labs", "Machine", "Modules", "Package.swift",
    "Personalities", "Services", "Tests", "Tools", "Userland", "docs",
  ]

  func testSources(_ report: Report) async throws {
    let folders = Self.sourceFolders.filter { FileManager.default.fileExists(atPath: file($0).path) }
    let format = try await ChildProcess.capture(
      "swift", ["format", "lint", "--strict", "--parallel", "-r"] + folders, in: root)
    report.judge("sources: layout", complaints: format.status == 0 ? [] : [format.output])

    let stale = GeneratedFile.all().filter {
      (try? Data(contentsOf: file($0.path))) != Data($0.text.utf8)
    }
    report.judge(
      "sources: generated files",
      complaints: stale.map { "\($0.path) is not what the table says. Run ./megha generate." })

    let shape = try sourceShape()
    report.judge("sources: the kernel's parts", complaints: shape.complaints(shape.rows) + shape.upwardImports)

    let pages = try documents()
    report.judge(
      "sources: files that documents name",
      complaints: pages.flatMap { page in
        DocumentPaths.mistakes(in: page.text, root: root).map { "\(page.path), \($0)" }
      })
    try await testDiffs(in: pages, report)

    do {
      try await build()
      report.pass("sources: kernel and programs build")
    } catch {
      report.fail("sources: kernel and programs build", ["\(error)"])
      return
    }
    let toolchain = try Toolchain.find()
    // grep leaves the few lines that can matter: the names of functions, F instructions, registers, and what takes stack.
    let disassembly = try await ChildProcess.capture(
      "bash",
      [
        "-o", "pipefail", "-c",
        "'\(toolchain.tools)/llvm-objdump' -d --no-show-raw-insn build/kernel.elf "
          + "| LC_ALL=C grep -E '>:$|\tf|%([xyz]?mm|st)|\t(pushl|calll|jmp|subl.*%esp)'",
      ], in: root)
    let foreign = KernelInstructions.foreign(in: disassembly.output)
    report.judge(
      "sources: no x87, MMX or SSE instruction in the kernel",
      complaints: disassembly.status == 0 ? Array(foreign.prefix(20)) : [disassembly.output])
    report.judge("sources: every call fits on a kernel stack", complaints: try stackComplaints(disassembly.output))
  }

  /// The calls that take more of the stack than a task with a shared one has left, a page fault of the call's copies included.
  private func stackComplaints(_ disassembly: String) throws -> [String] {
    let source = "Kernel/Scheduling/Scheduler+Switch.swift"
    let text = try String(contentsOf: file(source), encoding: .utf8)
    guard let reserve = text.firstMatch(of: /sharedStackReserve: UInt32 \{ (\d+) \* 1024 \}/).flatMap({ Int($0.1) })
    else { return ["\(source) does not say what is left of a shared stack"] }
    var depth = StackDepth(disassembly) { $0.hasPrefix("$e6Kernel5panic") }
    guard let resolve = depth.function(with: ["AddressSpace", "populate4page"]),
      let fault = depth.deepest(from: resolve)
    else { return ["the function that gives a page its memory is not in the kernel"] }
    // The trap's frame and what handles it stand above that.
    let room = reserve * 1024 - fault.bytes - 400
    let entries = [
      "general_system_call", "answer_call", "answer_reply_and_receive", "go_on_in_registers", "take_request_data",
      "begin_lending", "revoke_lease",
    ]
    return entries.compactMap { entry in
      guard let path = depth.deepest(from: entry) else { return "\(entry) is not in the kernel" }
      guard path.bytes > room else { return nil }
      return "\(entry) takes \(path.bytes) bytes and has \(room): \(path.functions.joined(separator: " > "))"
    }
  }

  /// Whether the excerpts of commits in documents are what was committed.
  private func testDiffs(in pages: [(path: String, text: String)], _ report: Report) async throws {
    let name = "sources: excerpts of commits in documents"
    var complaints: [String] = []
    for page in pages {
      for diff in DocumentDiff.parse(page.text) {
        let commit = try await ChildProcess.capture("git", ["show", "--no-renames", diff.commit], in: root)
        guard commit.status == 0 else {
          // A clone without its history, or an archive of the files.
          return report.skip(name, reason: "there is no commit \(diff.commit) here")
        }
        if let line = diff.missing(from: commit.output) {
          complaints.append(
            "\(page.path), line \(diff.line): commit \(diff.commit) does not have, in this place: \(line)")
        }
      }
    }
    report.judge(name, complaints: complaints)
  }
}
