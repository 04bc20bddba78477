// `megha inject`: makes mistakes in the code of programs, servers and modules, thousands of them, and counts what comes of it.

import ArgumentParser
import Emulator
import Foundation
import Injections
import MeghaBuild

extension InjectionKind: ExpressibleByArgument {}

struct Inject: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Counts what mistakes in code do to the system.",
    discussion: """
      Each mutant is a program, server or module with one mistake in its code: a flipped bit, another operand, a number \
      that is off by one, an instruction that is missing, a branch that goes the wrong way. It runs in the kind of task \
      that is asked for. Where the machine does not survive, or anything but the mutant came to harm, its number is told, \
      and --only repeats it. The exit status is 0 where all machines survived unharmed.
      """)

  @Option(
    help: "The kind of task: \(InjectionKind.allCases.map { $0.rawValue }.joined(separator: ", ")); all without it.")
  var kind: InjectionKind?

  @Option(parsing: .unconditional, help: "How many mutants of each kind; without it 1,000.")
  var count: Int?

  @Flag(help: "As many as a campaign has: 100,000 in Ring 3, guarded Ring 0 and as server, 20,000 of each other kind.")
  var campaign = false

  @Option(parsing: .unconditional, help: "How much of a campaign, in percent.")
  var percent = 100

  @Option(parsing: .unconditional, help: "What the mutants follow from.")
  var seed: UInt32 = 1

  @Option(
    parsing: .unconditional, help: "Only the mutant with this number, with the machine's console on standard output.")
  var only: Int?

  @Option(help: "Write the counts and every failure to this file.")
  var json: String?

  @Flag(
    help: "Write the counts of each kind to docs/results once all of its mutants have run; those of other kinds stay.")
  var write = false

  @Option(parsing: .unconditional, help: "How many machines run at once.")
  var machines = 2

  func validate() throws {
    if only != nil, kind == nil { throw ValidationError("--only needs --kind.") }
    if count != nil, campaign { throw ValidationError("--count and --campaign are two answers to one question.") }
    try demand(percent, in: 1...100, of: "--percent")
    try demand(machines, in: 1...1000, of: "--machines")
    try demand(count ?? 1, in: 1...1_000_000_000, of: "--count")
    try demand(only ?? 0, in: 0...1_000_000_000, of: "--only")
  }

  func run() async throws {
    try demandWritable(json)
    let project = try Project.current()
    try await project.build(
      targets: TargetBuild.defaultTargets + TargetBuild.testTargets(root: project.root))
    LiveRuns.endWithThisProcess()
    if let only, let kind {
      let end = try await InjectionMachine(project: project, kind: kind, seed: seed, console: writeConsole)
        .run(only..<only + 1, interval: 1)
      print(end.sentence(about: only))
      if end.isFailure { throw ExitCode(1) }
      return
    }
    var results = InjectionResults(tallies: [])
    for kind in self.kind.map({ [$0] }) ?? InjectionKind.allCases {
      let count = campaign ? kind.campaignCount * percent / 100 : self.count ?? 1000
      let campaign = InjectionCampaign(project: project, kind: kind, seed: seed)
      let tally = try await campaign.run(count: count, machines: machines)
      results.tallies.append(tally)
      if write { try project.write(tally) }
    }
    print("\n\(results.table.text)")
    fflush(nil)
    if let json { try writeFile(results.json(), to: json) }
    if results.failureCount > 0 { throw ExitCode(1) }
  }
}

extension Project {
  /// Puts the counts of a kind in the place of what docs/results has of it.
  func write(_ tally: InjectionTally) throws {
    let file = file("docs/results/injection.json")
    var results = InjectionResults(tallies: [])
    if FileManager.default.fileExists(atPath: file.path) {
      do { results = try InjectionResults(json: Data(contentsOf: file)) } catch {
        throw Failure("docs/results/injection.json cannot be read, and would be lost: \(error)")
      }
    }
    results.replace(tally)
    try Data(results.page.utf8).write(to: self.file("docs/results/injection.md"))
    try results.json().write(to: file)
  }
}
