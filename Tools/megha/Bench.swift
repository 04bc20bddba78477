// `megha bench`: what operations cost, in instructions, which is the same on every host.

import ArgumentParser
import Benchmarks
import Checks
import Emulator
import Foundation
import MeghaBuild

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the system in instructions.",
    discussion: """
      The group `size` is how large the kernel, programs and modules are; all others are measured in the machine. The \
      emulator counts instructions; two runs are made, and they must agree in every number. Nothing is written but what \
      an option names: --write puts all results into docs/results, tables and charts as SVG and PNG, and into the \
      tables of the documents. With --time, operations are measured in time too, and printed as multiples of the null \
      call of Ring 3. With --compare nothing is measured. --program and --service measure things of your own.
      """)

  @Argument(
    help: "Measure only this group of operations. With --program: the program's arguments; -- before the first -.")
  var words: [String] = []

  @Option(
    help: ArgumentHelp(
      "Measure a program, from its start to its end, in all four kinds of task: a folder, a file, or one of the tree.",
      valueName: "folder|file"))
  var program: String?

  @Option(
    help: ArgumentHelp(
      "Measure a service in its three placements, called from both rings, with what its file `load` says.",
      valueName: "folder"))
  var service: String?

  @Option(parsing: .unconditional, help: "How often a program is run, or a request is sent: 1 to 1024.")
  var runs: Int?

  @Option(
    parsing: .unconditional,
    help:
      "The most instructions that one run of a program, or one answer of a service, may take: up to 4 thousand million."
  )
  var limit = 200_000_000

  private var group: String? { program == nil ? words.first : nil }

  @Flag(help: "Fail where an operation is over its budget, or over what is accepted in its place.")
  var check = false

  @Option(help: "The file of the budgets.")
  var budgets = Project.budgetFile

  @Flag(help: "Measure Linux in the same emulator, and print all systems side by side.")
  var peers = false

  @Flag(help: "Measure time as well, without a count of instructions, and print ratios.")
  var time = false

  @Option(help: "Write the rows to this file, as JSON.")
  var json: String?

  @Option(help: "Write the rows to this file, as comma-separated values.")
  var csv: String?

  @Option(help: "Write a chart of the rows to this file, as SVG.")
  var chart: String?

  @Flag(help: "Write all results into the tree: docs/results, and the tables of the documents.")
  var write = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Compare two files that --json wrote, in place of measuring.", valueName: "before> <after"))
  var compare: [String] = []

  @Option(parsing: .unconditional, help: "Seconds for one run.")
  var timeout = 300

  func validate() throws {
    let isOwn = program != nil || service != nil
    guard program == nil || service == nil else {
      throw ValidationError("--program and --service are two measurements.")
    }
    if isOwn, write || check || peers || time || !compare.isEmpty {
      throw ValidationError(
        "--program and --service go with --runs, --limit, --json, --csv, --chart and --timeout only.")
    }
    guard program != nil || words.count <= (service == nil ? 1 : 0) else {
      throw ValidationError("\(words[service == nil ? 1 : 0]) is one word too many: only --program takes arguments.")
    }
    guard isOwn || runs == nil else { throw ValidationError("--runs is for --program and --service.") }
    try demand(runs ?? 1, in: 1...1024, of: "--runs")
    try demand(limit, in: 1...4_000_000_000, of: "--limit")
    try demand(timeout, in: secondsRange, of: "--timeout")
    let writes = write || json != nil || csv != nil || chart != nil
    if time, check || peers || writes {
      throw ValidationError("--time prints ratios only; it goes with no other option.")
    }
    if write, group != nil { throw ValidationError("--write writes all results; it takes no group.") }
    if !compare.isEmpty {
      guard compare.count == 2 else { throw ValidationError("--compare takes two files: before and after.") }
      guard group == nil, !time, !check, !peers, !writes else {
        throw ValidationError("--compare measures nothing; it goes with no other option.")
      }
    }
  }

  func run() async throws {
    if !compare.isEmpty {
      let rows = try compare.map { try Comparison.rows(in: FileManager.default.contents(atPath: $0), file: $0) }
      print(Comparison(rows[0], rows[1]).text)
      return
    }
    for path in [json, csv, chart] { try demandWritable(path) }
    let project = try Project.current()
    if program != nil || service != nil { return try await measureOwn(project) }
    try await project.build()
    LiveRuns.endWithThisProcess()
    if time {
      print(try await project.measureTime(group: group, timeout: timeout).table.text)
      return
    }
    let rows = try await project.measureTwice(groups: [group], timeout: timeout)
    let budgets = try project.budgets(budgets)
    print(BenchmarkRow.table(rows, budgets: budgets).text)
    try export(rows, budgets: budgets, title: "\(group ?? "all operations"), in instructions")
    if write {
      let results = project.file("docs/results")
      try BenchmarkResults(rows: rows, budgets: budgets).write(to: results)
      try DocumentTable.write(rows, budgets: budgets, root: project.root)
      try await project.drawPictures(in: results)
    }
    if peers {
      let linux = try await project.measureLinux(timeout: timeout)
      print("\n\(Peer.table(rows, linux: linux).text)")
      fflush(nil)
      let deviations = Peer.deviations(linux: linux)
      guard deviations.isEmpty else { throw Failure(deviations.joined(separator: "\n")) }
    }
    if check {
      let judgement = budgets.limited(to: group).judge(rows)
      if !judgement.notes.isEmpty { print("\n" + judgement.notes.joined(separator: "\n")) }
      // What is thrown goes to standard error, which would otherwise overtake the table.
      fflush(nil)
      guard judgement.complaints.isEmpty else { throw Failure(judgement.complaints.joined(separator: "\n")) }
    }
  }

  private func measureOwn(_ project: Project) async throws {
    try await project.build(targets: TargetBuild.defaultTargets + [TargetBuild.measuringProgram])
    LiveRuns.endWithThisProcess()
    let own: OwnMeasurement
    if let service {
      own = try await project.service(service)
    } else {
      own = try await project.program(program ?? "", arguments: words)
    }
    let (rows, end) = try await project.measure(
      own, runs: runs ?? (service == nil ? 20 : 100), limit: limit, timeout: timeout)
    print(BenchmarkRow.table(rows, budgets: Budgets([:])).text)
    try export(rows, budgets: Budgets([:]), title: "\(own.group) \(own.name), in instructions")
    fflush(nil)
    let missing = rows.filter { $0.reason != nil }
    let complaints = missing.map { "\($0.name) was not measured: \($0.reason ?? "")" } + (end.map { [$0] } ?? [])
    guard complaints.isEmpty else { throw Failure(complaints.joined(separator: "\n")) }
  }

  /// Writes the rows to the files that the options name.
  func export(_ rows: [BenchmarkRow], budgets: Budgets, title: String) throws {
    if let json { try writeFile(BenchmarkResults.encode(rows), to: json) }
    if let csv { try writeFile(Data(BenchmarkRow.commaSeparated(rows).utf8), to: csv) }
    if let chart {
      let own = rows.filter { $0.unit != "bytes" }
      try writeFile(Data(BarChart(title: title, rows: own, budgets: budgets).svg.utf8), to: chart)
    }
  }
}

extension Project {
  static let budgetFile = "bench/budgets.json"

  /// - Parameter path: relative to the root of the tree.
  func budgets(_ path: String = budgetFile) throws -> Budgets {
    guard let data = FileManager.default.contents(atPath: URL(fileURLWithPath: path, relativeTo: root).path) else {
      throw Failure("\(path) cannot be read.")
    }
    return try Budgets(json: data)
  }

  /// Measures in two machines at once, which must agree in every number.
  /// - Parameter groups: the groups that are measured, one after the other; nil stands for all.
  func measureTwice(groups: [String?], timeout: Int) async throws -> [BenchmarkRow] {
    if groups == [Self.sizeGroup] { return try measureSizes() }
    async let first = measure(groups: groups, countsInstructions: true, timeout: timeout)
    async let second = measure(groups: groups, countsInstructions: true, timeout: timeout)
    let (rows, again) = try await (first, second)
    let differing = BenchmarkRow.differences(rows, again)
    guard differing.isEmpty else { throw Failure("Two runs differ: \(differing.joined(separator: ", ")).") }
    return groups.contains(nil) ? rows + (try measureSizes()) : rows
  }

  /// Draws each chart of the folder as PNG beside the SVG.
  func drawPictures(in folder: URL) async throws {
    let charts = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    for chart in charts where chart.pathExtension == "svg" {
      let picture = chart.deletingPathExtension().appendingPathExtension("png")
      let drawn = try await ChildProcess.capture("rsvg-convert", ["--output", picture.path, chart.path], in: folder)
      guard drawn.status == 0 else { throw Failure("\(chart.lastPathComponent) was not drawn: \(drawn.output)") }
    }
  }

  /// Measures in one machine, in instructions or in the time that passes on the host.
  func measure(groups: [String?], countsInstructions: Bool, timeout: Int) async throws -> [BenchmarkRow] {
    let folder = try RunFolder()
    defer { folder.delete() }
    let arguments = try MachineArguments.parse(countsInstructions ? ["--icount"] : [])
    // What is in use after the start is counted before the program that measures is.
    let measuresBoot = countsInstructions && (groups.contains(nil) || groups.contains("boot"))
    let commands =
      (measuresBoot ? ["free"] : [])
      + groups.map { "bench \($0 ?? "") --json\(countsInstructions ? "" : " --time")" }
    let options = try await machine(arguments, script: commands.joined(separator: "\n"), folder: folder)
    let console = Collector()
    let result = try await Emulator.run(
      options, root: root, folder: folder, timeout: timeout, console: console.append)
    guard result.outcome == .status(0) else {
      throw Failure("The measuring run ended with \(result.outcome):\n\(console.text)")
    }
    let rows = try BenchmarkRow.rows(in: console.text)
    guard measuresBoot else { return rows }
    guard let memory = BenchmarkRow.memoryInUse(in: console.text) else {
      throw Failure("`free` did not say how much memory is in use:\n\(console.text)")
    }
    return memory + rows
  }
}

/// Part of `megha test`: nothing costs more than its budget.
extension Project {
  func testBudgets(_ report: Report) async throws {
    let started = Date()
    do {
      let rows = try await Places.processors.use { try await measureTwice(groups: [nil], timeout: 300) }
      let judgement = try budgets().judge(rows)
      for note in judgement.notes { report.write("       \(note)") }
      report.judge("guest budgets", complaints: judgement.complaints, seconds: Date().timeIntervalSince(started))
    } catch {
      report.fail("guest budgets", ["\(error)"])
    }
  }
}
