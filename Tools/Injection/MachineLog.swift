// What the program `inject` told the host through the emulator's debug port (Tests/Guest/Programs/inject/HostPort.swift).
//
// Invariant: the text may end anywhere, because the machine may; what is cut off counts as not told.

/// How one mutant ended.
public struct MutantResult: Sendable, Equatable {
  public let index: Int
  /// The number of the kind of mutation.
  public let mutation: Int
  /// A letter, and a number where it has one.
  public let outcome: String
}

/// Something that a mutant did to what is not its own, found by a look at the machine.
public struct Damage: Sendable, Equatable {
  public let mutants: ClosedRange<Int>
  public let what: String
}

public struct MachineLog: Sendable, Equatable {
  public private(set) var results: [MutantResult] = []
  /// The mutant that was started last and of whose end nothing was told.
  public private(set) var unfinished: Int?
  /// All was in order after this mutant.
  public private(set) var provenThrough: Int?
  public private(set) var damage: Damage?
  public private(set) var isOver = false

  public init(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      switch line.first {
      case "#": takeMutant(line.dropFirst())
      case "+": provenThrough = Int(line.dropFirst()) ?? provenThrough
      case "!": takeDamage(line.dropFirst())
      case ".": isOver = true
      default: break
      }
    }
  }

  private mutating func takeMutant(_ line: Substring) {
    let halves = line.split(separator: "=", maxSplits: 1)
    guard let first = halves.first else { return }
    let numbers = first.split(separator: ",")
    guard let word = numbers.first, let index = Int(word) else { return }
    guard numbers.count == 2, halves.count == 2, let mutation = Int(numbers[1]), !halves[1].isEmpty else {
      unfinished = index
      return
    }
    unfinished = nil
    results.append(MutantResult(index: index, mutation: mutation, outcome: String(halves[1])))
  }

  private mutating func takeDamage(_ line: Substring) {
    let words = line.split(separator: ",", maxSplits: 2)
    guard words.count == 3, let first = Int(words[0]), let last = Int(words[1]), first <= last else { return }
    damage = Damage(mutants: first...last, what: String(words[2]))
  }
}
