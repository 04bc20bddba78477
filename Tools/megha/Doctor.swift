// `megha doctor`: is everything there that building and running Megha needs, and does it work together? The last
// check compiles a small kernel with all flags, links it and boots it.

import ArgumentParser
import Emulator
import Foundation
import MeghaBuild
import Synchronization

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks the tools that Megha is built and run with.")

  /// A tool, and the arguments that make it print its version.
  private static let tools: [(name: String, arguments: [String])] = [
    ("swift", ["--version"]), ("clang", ["--version"]), ("ld.lld", ["--version"]),
    ("llvm-objcopy", ["--version"]), ("ninja", ["--version"]), ("qemu-system-i386", ["--version"]),
    ("grub-mkrescue", ["--version"]), ("xorriso", ["-version"]), ("mformat", ["--version"]),
    ("gdb", ["--version"]), ("git", ["--version"]),
  ]

  func run() async throws {
    let project = try Project.current()
    var failures = 0
    func report(_ name: String, _ result: Result<String, Failure>) {
      switch result {
      case .success(let text): print("PASS \(name): \(text)")
      case .failure(let failure):
        failures += 1
        print("FAIL \(name): \(failure)")
      }
    }
    var toolchain: Toolchain?
    do {
      let found = try Toolchain.find()
      toolchain = found
      report("Embedded Swift for i686", .success(found.unicodeTables))
      report("libgcc for i386", .success(found.compilerLibrary))
    } catch {
      report("toolchain", .failure(Failure("\(error)")))
    }
    for (name, arguments) in Self.tools {
      let own = toolchain.map { "\($0.tools)/\(name)" }
      let path = own.flatMap { FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil } ?? name
      report(name, await version(path, arguments, in: project.root))
    }
    report("a kernel of ten lines", await probe(project))
    if failures > 0 { throw ExitCode(1) }
  }

  private func version(_ tool: String, _ arguments: [String], in folder: URL) async -> Result<String, Failure> {
    do {
      let result = try await ChildProcess.capture(tool, arguments, in: folder)
      let lines = result.output.split(separator: "\n").filter { $0.contains { $0.isNumber } }
      guard result.status == 0, let line = lines.first else {
        return .failure(Failure("it ended with status \(result.status)"))
      }
      return .success(line.trimmingCharacters(in: .whitespaces))
    } catch {
      return .failure(Failure("it cannot be started"))
    }
  }

  /// Builds the probe and boots it.
  private func probe(_ project: Project) async -> Result<String, Failure> {
    do {
      try await project.build(targets: [TargetBuild.probeTarget])
      LiveRuns.endWithThisProcess()
      let folder = try RunFolder()
      defer { folder.delete() }
      let console = Collector()
      let options = MachineOptions(boot: .kernel(path: TargetBuild.probeTarget, modules: []))
      let result = try await Emulator.run(options, root: project.root, folder: folder, timeout: 20) {
        console.append($0)
      }
      guard result.outcome == .status(0) else {
        return .failure(Failure("the run ended with \(result.outcome)"))
      }
      return .success(console.text.trimmingCharacters(in: .whitespacesAndNewlines))
    } catch {
      return .failure(Failure("\(error)"))
    }
  }
}

/// Console output, collected from whatever thread it comes on.
final class Collector: Sendable {
  private let bytes = Mutex<[UInt8]>([])
  func append(_ more: [UInt8]) { bytes.withLock { $0 += more } }
  var text: String {
    String(decoding: bytes.withLock { $0 }.filter { $0 != 0x0d }, as: UTF8.self)
  }
}
