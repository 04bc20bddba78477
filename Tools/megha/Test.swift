// `megha test`: everything that can be checked. A line counts at the end, and a table says how long each stage took.

import ArgumentParser
import Checks
import Emulator
import Foundation
import MeghaBuild

struct Test: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tests Megha.",
    discussion: """
      Without a part all is tested: the layout of the sources, the generated files, the kernel's instructions and \
      size, the host suites, the guest suites in QEMU, the labs and their graders, and the examples of the documents.
      """)

  enum Part: String, ExpressibleByArgument, CaseIterable {
    case host
    case guest
    case documents
    case labs
    case sources
  }

  @Argument(help: "Test only this part: \(Part.allCases.map { $0.rawValue }.joined(separator: ", ")).")
  var part: Part?

  @Option(help: "Only the host tests, guest cases, labs and examples whose name matches this regular expression.")
  var filter: String?

  @Option(
    name: .customLong("ram"),
    help: "Run all guest cases with this much memory, but those that are about a size: 3G, 8G, ...")
  var memory: MemorySize?

  func run() async throws {
    let project = try Project.current()
    LiveRuns.endWithThisProcess()
    let run = TestRun(project: project, part: part, filter: filter, memory: memory)
    try await run.all()
    print(run.report.summary)
    if part == nil { print("\(run.times.table)\nprocessor time: \(Int(StageTimes.processorSeconds)) s") }
    if run.report.failed > 0 { throw ExitCode(1) }
  }
}

/// One run of tests. What needs nothing of each other goes on at the same time: most stages keep one processor busy at their ends.
private struct TestRun: Sendable {
  let project: Project
  let part: Test.Part?
  let filter: String?
  let memory: MemorySize?
  let report = Report()
  let times = StageTimes()

  /// A filter names single tests; the checks of the whole tree have no name to match.
  private var isWhole: Bool { part == nil && filter == nil }

  func all() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      if part == nil || part == .host {
        group.addTask {
          try await times.measure("host", budget: 420) { try await project.testHost(report, filter: filter) }
        }
      }
      group.addTask { try await system() }
      try await group.waitForAll()
    }
    guard part == nil || part == .guest else { return }
    try await times.measure("guest, one at a time", budget: 120) {
      try await project.testGuest(report, filter: filter, memory: memory, apart: true)
    }
  }

  /// All that is about the system as it is built for its own machine.
  private func system() async throws {
    if part == .sources || isWhole {
      try await times.measure("sources", budget: 240) { try await project.testSources(report) }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      if part == nil || part == .guest { group.addTask { try await guest() } }
      group.addTask { try await examples() }
      try await group.waitForAll()
    }
  }

  private func guest() async throws {
    try await times.measure("guest", budget: 420) {
      try await project.testGuest(report, filter: filter, memory: memory, apart: false)
    }
    guard memory == nil else { return }
    try await times.measure("debugger", budget: 60) { try await project.testDebugger(report, filter: filter) }
    guard filter == nil else { return }
    try await times.measure("budgets", budget: 60) { try await project.testBudgets(report) }
  }

  /// What users of the system begin with.
  private func examples() async throws {
    if part == nil || part == .labs {
      try await times.measure("labs", budget: 300) { try await project.testLabs(report, filter: filter) }
    }
    if part == .documents || isWhole {
      try await times.measure("documents", budget: 300) { try await project.testDocuments(report, filter: filter) }
    }
  }
}
