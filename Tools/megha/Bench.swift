// `megha bench`: what operations cost, in instructions, which is the same on every host.

import ArgumentParser
import Checks
import Emulator
import Foundation

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the system in instructions.",
    discussion: "The emulator counts instructions; two runs are made, and they must agree in every number.")

  @Flag(help: "Fail where an operation is over its budget in bench/budgets.json.")
  var check = false

  @Option(help: "Write the rows to this file.")
  var json: String?

  @Option(help: "Seconds for one run.")
  var timeout = 300

  func run() async throws {
    let project = try Project.current()
    try await project.build()
    LiveRuns.endWithThisProcess()
    async let first = measure(project)
    async let second = measure(project)
    let (rows, again) = try await (first, second)
    guard rows == again else {
      let differing = zip(rows, again).filter { $0 != $1 }.map { $0.0.fullName }
      throw Failure("Two runs differ: \(differing.joined(separator: ", ")).")
    }
    print(BenchmarkRow.table(rows))
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(rows).write(to: URL(fileURLWithPath: json))
    }
    guard check else { return }
    let budgets = try JSONDecoder().decode(
      [String: Int].self, from: Data(contentsOf: project.file("bench/budgets.json")))
    let complaints = BenchmarkRow.complaints(about: rows, budgets: budgets)
    guard complaints.isEmpty else { throw Failure(complaints.joined(separator: "\n")) }
  }

  private func measure(_ project: Project) async throws -> [BenchmarkRow] {
    let folder = try RunFolder()
    defer { folder.delete() }
    let arguments = try MachineArguments.parse(["--icount"])
    let options = try await project.machine(arguments, script: "bench --json", folder: folder)
    let console = Collector()
    let result = try await Emulator.run(
      options, root: project.root, folder: folder, timeout: timeout, console: console.append)
    guard result.outcome == .status(0) else {
      throw Failure("The measuring run ended with \(result.outcome):\n\(console.text)")
    }
    return try BenchmarkRow.rows(in: console.text)
  }
}
