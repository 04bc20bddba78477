// All mutants of one kind of task, on several machines at once, each failure traced to its mutant.
//
// Invariant: a machine that failed or was damaged is given up; what is left of its mutants runs on a fresh one.

import Emulator
import Foundation
import Injections

struct InjectionCampaign: Sendable {
  /// How many mutants a machine gets.
  private static let share = 2000
  /// After how many the machine is looked at.
  private static let interval = 32

  let project: Project
  let kind: InjectionKind
  let seed: UInt32

  func run(count: Int, machines: Int) async throws -> InjectionTally {
    let shares = stride(from: 0, to: count, by: Self.share).map { $0..<min($0 + Self.share, count) }
    return try await withThrowingTaskGroup(of: InjectionTally.self) { group in
      var total = InjectionTally(kind: kind, seed: seed)
      for (index, share) in shares.enumerated() {
        if index >= machines, let part = try await group.next() { total.add(part) }
        group.addTask { try await run(share) }
      }
      while let part = try await group.next() { total.add(part) }
      return total
    }
  }

  private func run(_ mutants: Range<Int>) async throws -> InjectionTally {
    var tally = InjectionTally(kind: kind, seed: seed)
    var first = mutants.lowerBound
    while first < mutants.upperBound {
      let end = try await machine.run(first..<mutants.upperBound, interval: Self.interval)
      tally.add(end.log.results)
      guard end.isFailure else { break }
      guard let last = end.lastMutant else {
        throw Failure("No mutant ran on a machine; it ended with \(end.outcome):\n\(end.console)")
      }
      let failure = try await trace(end, from: end.log.provenThrough.map { $0 + 1 } ?? first, through: last)
      tally.add(failure)
      report(failure)
      first = last + 1
    }
    report(tally, mutants)
    return tally
  }

  private var machine: InjectionMachine {
    InjectionMachine(project: project, kind: kind, seed: seed, console: nil)
  }

  /// Finds the mutant that did it: the last, or one of those since the machine was found in order.
  private func trace(_ end: InjectionEnd, from first: Int, through last: Int) async throws -> InjectionFailure {
    var found = end
    var range = first...last
    var repeatsAlone = false
    if end.cause != .damage {
      let alone = try await machine.run(last..<last + 1, interval: 1)
      if alone.isFailure { (found, range, repeatsAlone) = (alone, last...last, true) }
    }
    if !repeatsAlone {
      let again = try await machine.run(first..<last + 1, interval: 1)
      if again.isFailure, let mutant = again.lastMutant {
        let alone = try await machine.run(mutant..<mutant + 1, interval: 1)
        (found, range, repeatsAlone) = (alone.isFailure ? alone : again, mutant...mutant, alone.isFailure)
      }
    }
    return InjectionFailure(
      cause: found.cause ?? .reset, first: range.lowerBound, last: range.upperBound, what: found.what,
      repeatsAlone: repeatsAlone, details: found.details)
  }

  private func report(_ failure: InjectionFailure) {
    let mutants =
      failure.first == failure.last ? "mutant \(failure.first)" : "mutants \(failure.first) to \(failure.last)"
    let alone = failure.repeatsAlone ? "" : " (not when it runs alone)"
    print("\(failure.cause.rawValue): \(failure.what), after \(mutants)\(alone):")
    print("  ./megha inject --kind \(kind.rawValue) --seed \(seed) --only \(failure.last)")
    print(failure.details.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
    fflush(nil)
  }

  private func report(_ tally: InjectionTally, _ mutants: Range<Int>) {
    print(
      "\(kind.rawValue): mutants \(mutants.lowerBound) to \(mutants.upperBound - 1), \(tally.failures.count) failures")
    fflush(nil)
  }
}

extension InjectionEnd {
  /// The mutant that ran when the machine failed.
  fileprivate var lastMutant: Int? { log.damage?.mutants.upperBound ?? log.unfinished ?? log.results.last?.index }
}
