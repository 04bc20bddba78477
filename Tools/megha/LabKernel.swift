// The kernel of lab 2: builds it, boots it by itself, and lets the grader compare what it writes with what QEMU saw.

import Emulator
import Foundation
import Labs
import MeghaBuild

extension Project {
  /// Boots it for somebody to look at.
  func boot(kernelIn folder: URL, words: String) async throws {
    guard FileManager.default.fileExists(atPath: folder.path) else {
      throw Failure("There is no folder \(folder.path).")
    }
    try await build(targets: [TargetBuild.counterPlugin])
    try await build(external: folder.path)
    let boot = try await boot(kernel: image(of: folder), words: words)
    writeConsole(Array(boot.console.utf8))
    if boot.end == .off { return }
    let vectors = boot.vectors.map { "\($0)" }.joined(separator: ", ")
    throw Failure("The machine ended: \(boot.end). Exceptions that the processor raised: \(vectors)")
  }

  private func image(of folder: URL) -> String {
    folder.appending(path: "build/\(folder.lastPathComponent).elf").path
  }

  private func boot(kernel: String, words: String) async throws -> StackOverflow.Boot {
    let run = try RunFolder()
    defer { run.delete() }
    var options = MachineOptions(boot: .kernel(path: kernel, modules: []))
    options.commandLine = words
    options.extraArguments = ["-d", "int", "-D", "exceptions"]
    let console = Collector()
    let end = try await count(&options, in: run, console: console)
    let log = (try? String(contentsOf: run.url.appending(path: "exceptions"), encoding: .utf8)) ?? ""
    return StackOverflow.Boot(console: console.text, end: end, log: log)
  }

  func judgeKernel(_ lab: Lab, _ folder: URL, _ random: inout SeededGenerator) async throws -> [Labs.Check] {
    let kernel = image(of: folder)
    guard let stack = try await stack(of: kernel) else {
      return [
        Check(
          "boot.S is as it was",
          "It has no symbols stack_start and stack_end any more; take the one in \(lab.folder)/given.")
      ]
    }
    let grader = StackOverflow(random: &random)
    var checks: [Labs.Check] = []
    for trial in grader.trials {
      checks.append(grader.judge(trial, try await boot(kernel: kernel, words: trial.words), stack: stack))
    }
    return checks
  }

  private func stack(of kernel: String) async throws -> (start: UInt32, size: UInt32)? {
    let names = try await ChildProcess.capture("\(try Toolchain.find().tools)/llvm-nm", [kernel], in: root)
    var symbols: [Substring: UInt32] = [:]
    for line in names.output.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 3 { symbols[words[2]] = UInt32(words[0], radix: 16) }
    }
    guard let start = symbols["stack_start"], let end = symbols["stack_end"], end > start else { return nil }
    return (start, end - start)
  }
}
