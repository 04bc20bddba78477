// The labs in which a student changes the system itself: looks at the tree, compiles what can be tested on the host, and builds
// and boots the kernel that came of it.
//
// Invariant: whatever is wrong in the tree is said before the minutes are spent that building it takes.

import Emulator
import Foundation
import Labs
import MeghaBuild

extension Project {
  func gradeTree(_ lab: Lab, _ random: inout SeededGenerator) async throws -> [Labs.Check] {
    var checks = lab.number == 3 ? lookForSystemCall() : try await testPolicy(lab, seed: random.next() % 10_000)
    guard checks.allSatisfy({ $0.complaint == nil }) else { return checks }
    let probe = file("build/labs/\(lab.number == 3 ? "checksum" : "shares")")
    do {
      try await build(targets: Self.graderTargets)
      // Built beside what is tracked.
      try? FileManager.default.removeItem(at: probe)
      try FileManager.default.createDirectory(
        at: probe.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: file("\(lab.folder)/probe"), to: probe)
      try await build(external: probe.path)
    } catch { return checks + [Check("the system is built", Self.firstErrors("\(error)"))] }
    let run = try RunFolder()
    defer { run.delete() }
    let experiment = lab.experiment(Facts(), random: &random)
    let program = probe.appending(path: "build/\(probe.lastPathComponent)").path
    let transcript = try await boot(experiment, added: [file("build/tests/grade").path, program], in: run)
    checks.append(Check("the system is built"))
    return checks + experiment.judge(transcript)
  }

  private func lookForSystemCall() -> [Labs.Check] {
    func has(_ path: String, _ text: String) -> Bool {
      ((try? String(contentsOf: file(path), encoding: .utf8)) ?? "").contains(text)
    }
    let table = "ABI/Definition/SystemCallTable.swift"
    guard has(table, "\"checksum\"") else {
      return [Check("the call is declared", "\(table) has no row with the name \"checksum\". Add one at its end.")]
    }
    let generated = ["ABI/Interface/Generated/SystemCall.swift", "Userland/Runtime/Generated/SystemCalls.swift"]
    for path in generated where !has(path, "checksum") {
      return [Check("the call is declared", "\(path) does not know the call yet. Run ./megha generate.")]
    }
    return [Check("the call is declared")]
  }

  /// What the run queue is compiled with on the host, in the order of Package.swift.
  private static let hostLibraries: [(name: String, folder: String)] = [
    ("Primitives", "Kernel/Primitives"), ("Drivers", "Drivers"), ("MachineSupport", "Tests/HostedMachine"),
    ("Platform", "Machine/Platform"), ("Scheduling", "Kernel/Scheduling"),
  ]

  /// Compiles the run queue of this tree with the tests of the lab, and runs them.
  private func testPolicy(_ lab: Lab, seed: UInt64) async throws -> [Labs.Check] {
    let output = file("build/labs/policy")
    try? FileManager.default.removeItem(at: output)
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    let compiler = "\(try Toolchain.find().tools)/swiftc"
    let layout = file("Tests/HostedMachine/Layout").path
    let common = [
      "-Onone", "-parse-as-library", "-swift-version", "6", "-package-name", "megha", "-enable-experimental-feature",
      "Lifetimes",
    ]
    for (name, folder) in Self.hostLibraries + [("policy", "\(lab.folder)/host")] {
      let isProgram = name == "policy"
      let sources = Sources.find(in: folder, root: root).swift.map { file($0).path }
      let kind =
        isProgram
        ? Self.hostLibraries.map { "\($0.name).o" } + ["-o", "policy"]
        : ["-module-name", name, "-emit-module", "-wmo", "-c", "-o", "\(name).o"]
      let result = try await ChildProcess.capture(
        "timeout", ["-k", "5", "300", compiler] + common + ["-I", output.path, "-I", layout] + sources + kind,
        in: output)
      guard result.status == 0 else {
        return [Check("\(folder) compiles on the host", Self.firstErrors(result.output))]
      }
    }
    // What hangs there hangs on the host: the policy itself loops.
    let result = try await ChildProcess.capture(
      "timeout", ["-k", "2", "20", output.appending(path: "policy").path, "\(seed)"], in: output)
    var checks = result.output.split(separator: "\n").compactMap { line -> Labs.Check? in
      if line.hasPrefix("RIGHT: ") { return Check("host: \(line.dropFirst(7))") }
      guard line.hasPrefix("WRONG: "), let colon = line.dropFirst(7).firstIndex(of: ":") else { return nil }
      let rest = line[line.index(after: colon)...]
      return Check("host: \(line.dropFirst(7)[..<colon])", "\(rest.drop { $0 == " " }).")
    }
    if result.status != 0 {
      let how = result.status == 124 ? "did not come to an end" : "ended with status \(result.status)"
      checks.append(
        Check("host: all tests end", "The host tests of the run queue \(how): \(result.output.suffix(300))"))
    }
    return checks
  }
}
