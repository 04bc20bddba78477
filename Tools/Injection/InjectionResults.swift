// What a whole campaign came to: how the mutants of each kind of task ended, and each one that did more harm than that.

import Foundation
import Reports

/// The kinds of task that mutants run in.
public enum InjectionKind: String, Sendable, Codable, CaseIterable {
  case ring3, guarded, server, ring0, shared, module

  /// How many mutants a whole campaign makes.
  public var campaignCount: Int {
    switch self {
    case .ring3, .guarded, .server: 100_000
    case .ring0, .shared, .module: 20_000
    }
  }

  public var title: String {
    switch self {
    case .ring3: "Ring 3"
    case .guarded: "Ring 0, guarded"
    case .server: "Ring-3 server"
    case .ring0: "Ring 0, separate stack"
    case .shared: "Ring 0, shared stack"
    case .module: "linked module"
    }
  }
}

/// One mutant after which the machine, or something else in it, was not as before.
public struct InjectionFailure: Sendable, Codable, Equatable {
  public enum Cause: String, Sendable, Codable, CaseIterable {
    case panic, reset, hang
    case damage = "silent damage"
  }

  public let cause: Cause
  /// The mutant, or the first and the last of those that it may be.
  public let first: Int
  public let last: Int
  /// The panic's sentence, or what was damaged.
  public let what: String
  /// Whether the mutant does the same alone in a fresh machine.
  public let repeatsAlone: Bool
  /// The registers, as the emulator prints them, or the last that was on the console.
  public let details: String

  public init(cause: Cause, first: Int, last: Int, what: String, repeatsAlone: Bool, details: String) {
    (self.cause, self.first, self.last, self.what) = (cause, first, last, what)
    (self.repeatsAlone, self.details) = (repeatsAlone, details)
  }
}

/// The mutants of one kind of task.
public struct InjectionTally: Sendable, Codable, Equatable {
  public let kind: InjectionKind
  public let seed: UInt32
  /// How many ended in each way.
  public private(set) var outcomes: [String: Int] = [:]
  public private(set) var failures: [InjectionFailure] = []

  public init(kind: InjectionKind, seed: UInt32) {
    self.kind = kind
    self.seed = seed
  }

  public mutating func add(_ results: [MutantResult]) {
    for result in results { outcomes[Self.group(result.outcome), default: 0] += 1 }
  }

  public mutating func add(_ failure: InjectionFailure) { failures.append(failure) }

  public mutating func add(_ other: InjectionTally) {
    outcomes.merge(other.outcomes) { $0 + $1 }
    failures = (failures + other.failures).sorted { $0.first < $1.first }
  }

  /// All mutants that ran; one that took the machine with it is one of them.
  public var count: Int { outcomes.values.reduce(0, +) + failures.count { $0.cause != .damage } }

  public func count(of cause: InjectionFailure.Cause) -> Int { failures.count { $0.cause == cause } }

  /// Exit statuses and errors count together, exceptions by their vector.
  private static func group(_ outcome: String) -> String {
    switch outcome.first {
    case "f": outcome
    case let letter?: String(letter)
    case nil: ""
    }
  }

  fileprivate func faults(_ vectors: [Int]) -> Int { vectors.reduce(0) { $0 + (outcomes["f\($1)"] ?? 0) } }
  fileprivate var allFaults: Int { outcomes.filter { $0.key.hasPrefix("f") }.values.reduce(0, +) }
}

public struct InjectionResults: Sendable, Codable, Equatable {
  public var tallies: [InjectionTally]

  public init(tallies: [InjectionTally]) { self.tallies = tallies }

  /// Reads what `json` wrote.
  public init(json: Data) throws { self = try JSONDecoder().decode(Self.self, from: json) }

  /// Puts the counts of a kind in the place of those it has, kinds in their usual order.
  public mutating func replace(_ tally: InjectionTally) {
    tallies.removeAll { $0.kind == tally.kind }
    tallies.append(tally)
    let order = InjectionKind.allCases
    tallies.sort { order.firstIndex(of: $0.kind)! < order.firstIndex(of: $1.kind)! }
  }

  /// How many machines failed, or had something damaged without a word.
  public var failureCount: Int { tallies.reduce(0) { $0 + $1.failures.count } }

  /// A line for each way to end, a column for each kind of task.
  public var table: TextTable {
    let rows: [(String, (InjectionTally) -> Int)] = [
      ("mutants", { $0.count }),
      ("ended as the right one", { $0.outcomes["x"] ?? 0 }),
      ("ended with another result", { $0.outcomes["w"] ?? 0 }),
      ("page fault", { $0.faults([14]) }),
      ("general protection fault", { $0.faults([13]) }),
      ("invalid opcode", { $0.faults([6]) }),
      ("divide error", { $0.faults([0]) }),
      ("stack fault, double fault", { $0.faults([12, 8]) }),
      ("breakpoint, debug, overflow", { $0.faults([1, 3, 4]) }),
      ("other exceptions", { $0.allFaults - $0.faults([14, 13, 6, 0, 12, 8, 1, 3, 4]) }),
      ("took too long, killed", { $0.outcomes["k"] ?? 0 }),
      ("ended by the watchdog", { $0.outcomes["s"] ?? 0 }),
      ("failed call", { $0.outcomes["c"] ?? 0 }),
      ("out of memory", { $0.outcomes["m"] ?? 0 }),
      ("not started", { $0.outcomes["r"] ?? 0 }),
      ("panic", { $0.count(of: .panic) }),
      ("reset", { $0.count(of: .reset) }),
      ("hang", { $0.count(of: .hang) }),
      ("silent damage", { $0.count(of: .damage) }),
    ]
    return TextTable(
      titles: [""] + tallies.map { $0.kind.title },
      lines: [["seed"] + tallies.map { "\($0.seed)" }]
        + rows.map { title, value in [title] + tallies.map { grouped(value($0)) } })
  }

  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return try encoder.encode(self)
  }
}

extension InjectionResults {
  /// The page for docs/results.
  public var page: String {
    var text = """
      <!-- Written by `megha inject --write`. -->

      # Mistakes in code

      How mutants with one mistake in their code ended, by the kind of task that they ran in. What is counted and what the
      words mean is in [reliability.md](../reliability.md).

      \(table.markdown)
      """
    let failures = tallies.flatMap { tally in tally.failures.map { (tally, $0) } }
    guard !failures.isEmpty else { return text + "\nNo machine failed, and nothing but mutants came to harm.\n" }
    text += "\n## What did harm\n\n"
    text +=
      TextTable(
        titles: ["what", "kind", "mutant", "alone"],
        lines: failures.map { tally, failure in
          let mutants = failure.first == failure.last ? "\(failure.first)" : "\(failure.first)–\(failure.last)"
          return [
            "\(failure.cause.rawValue): \(failure.what)", tally.kind.title, mutants,
            failure.repeatsAlone ? "yes" : "no",
          ]
        }
      ).markdown
    return text
  }
}
