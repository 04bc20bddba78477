// The cases of the debugger: GDB runs the commands of a file in a machine that counts instructions, so that each stop is the
// same in every run.

import Checks
import Emulator
import Foundation
import MeghaBuild

extension Project {
  /// Seconds after which a case is given up: GDB waits for ever for a breakpoint that is not met.
  private static let debuggerTimeLimit = 60

  func testDebugger(_ report: Report, filter: String?) async throws {
    let folder = file("Tests/Guest/Debugger")
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    var cases = try names.filter { $0.hasSuffix(".gdb") }.map { name in
      try DebuggerCase(
        String(contentsOf: folder.appending(path: name), encoding: .utf8), name: String(name.dropLast(4)))
    }
    if let filter {
      let regex = try Regex(filter)
      cases.removeAll { !"debugger: \($0.name)".contains(regex) }
    }
    guard !cases.isEmpty else { return }
    do {
      let images = try Set(cases.map { try MachineArguments.parse($0.machine).kernel.image })
      try await build(targets: TargetBuild.defaultTargets + images.sorted())
    } catch {
      report.fail("debugger: kernel and programs build", ["\(error)"])
      return
    }
    for debuggerCase in cases {
      let started = Date()
      let complaints = await Places.processors.use { await self.complaints(debuggerCase) }
      report.judge(
        "guest debugger: \(debuggerCase.name)", complaints: complaints, seconds: Date().timeIntervalSince(started))
    }
  }

  private func complaints(_ debuggerCase: DebuggerCase) async -> [String] {
    let output = Collector()
    do {
      let folder = try RunFolder()
      defer { folder.delete() }
      var machine = try MachineArguments.parse(debuggerCase.machine)
      machine.icount = true
      // A command that fails ends a file of commands, and does not end those that are given one by one.
      var request = DebugRequest(
        machine: machine, script: debuggerCase.script, commands: debuggerCase.commands + ["kill"])
      request.program = debuggerCase.program
      request.output = output
      request.log = folder.path("log")
      request.timeLimit = Self.debuggerTimeLimit
      _ = try await debug(request)
      let complaints = debuggerCase.judge(output.text)
      return complaints.isEmpty ? [] : complaints + ["GDB printed:", output.text]
    } catch {
      return ["\(error)", output.text]
    }
  }
}
