// One machine in which mutants run, watched from outside: it may stand still, reset itself or panic.

import Emulator
import Foundation
import Injections
import MeghaBuild
import Synchronization

/// How one machine of a campaign ended.
struct InjectionEnd: Sendable {
  let log: MachineLog
  let outcome: Outcome
  /// The machine was alive and got nowhere.
  let isHung: Bool
  let registers: String?
  let console: String

  var isFailure: Bool { !log.isOver }

  /// What took the machine; nil where nothing did.
  var cause: InjectionFailure.Cause? {
    if log.isOver { return nil }
    if log.damage != nil { return .damage }
    if case .panic = outcome { return .panic }
    return isHung ? .hang : .reset
  }

  var what: String {
    if let damage = log.damage { return damage.what }
    if cause == .hang { return "it got nowhere" }
    switch outcome {
    case .panic(let text): return text
    case .reset(let status): return status == 0 ? "the processor reset itself" : "the emulator ended with \(status)"
    case .status(let status): return "the machine was switched off with status \(status)"
    case .timedOut: return "it got nowhere"
    }
  }

  /// The registers, or the last lines of the console.
  var details: String {
    if let registers { return registers }
    return console.split(separator: "\n").suffix(30).joined(separator: "\n")
  }

  func sentence(about index: Int) -> String {
    if let cause { return "mutant \(index): \(cause.rawValue): \(what)\n\(details)" }
    return "mutant \(index): \(log.results.last?.outcome ?? "did not run"); nothing else came to harm"
  }
}

struct InjectionMachine: Sendable {
  /// How many seconds of a processor a machine may use without starting another mutant. The slowest are those that the
  /// watchdog ends, 200 million instructions: the emulator takes up to half a minute for them where a loop writes to a page
  /// that code was translated from once.
  private static let processorPatience = 120.0
  /// The same in seconds, for a machine that has come to rest: long, as others may be using the host's processors.
  private static let patience = 600.0

  let project: Project
  let kind: InjectionKind
  let seed: UInt32
  let console: (@Sendable ([UInt8]) -> Void)?

  /// Runs these mutants, and looks at the machine after each `interval`.
  func run(_ mutants: Range<Int>, interval: Int) async throws -> InjectionEnd {
    let folder = try RunFolder()
    defer { folder.delete() }
    let command =
      "run --ring0 /extra/inject --kind \(kind.rawValue) --seed \(seed) --first \(mutants.lowerBound) "
      + "--count \(mutants.count) --interval \(interval); exit $?"
    var arguments = try MachineArguments.parse(["--icount", "--ram", "64M"])
    arguments.added = TargetBuild.testTargets(root: project.root).map { project.file($0).path }
    var options = try await project.machine(arguments, script: command, folder: folder)
    let path = folder.path("mutants")
    options.extraArguments += ["-debugcon", "file:\(path)"]
    let collector = Collector()
    let output = console ?? { collector.append($0) }
    let standstill = Standstill()
    let result = try await Emulator.run(
      options, root: project.root, folder: folder, timeout: nil, console: output
    ) { machine in
      guard await Self.waitForStandstill(machine, path: path) else { return }
      standstill.registers.withLock { $0 = machine.answer(to: "info registers") ?? "The emulator does not answer." }
      machine.end()
    }
    let log = MachineLog((try? String(contentsOfFile: path, encoding: .utf8)) ?? "")
    let registers = standstill.registers.withLock { $0 }
    return InjectionEnd(
      log: log, outcome: result.outcome, isHung: registers != nil, registers: registers ?? result.registers,
      console: collector.text)
  }

  /// Waits until the machine has used its patience without a word; false when it ended before.
  private static func waitForStandstill(_ machine: Operator, path: String) async -> Bool {
    var size = -1
    var began = Date()
    var used = 0.0
    while let seconds = machine.processorSeconds {
      let now = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      if now != size { (size, began, used) = (now, Date(), seconds) }
      if seconds - used > processorPatience || -began.timeIntervalSinceNow > patience { return true }
      try? await Task.sleep(for: .milliseconds(500))
    }
    return false
  }
}

/// What the registers of a machine that stands still were.
private final class Standstill: Sendable {
  let registers = Mutex<String?>(nil)
}
