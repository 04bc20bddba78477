// The labs: their names, what their graders look at, and the folders that they begin with.
//
// A lab is a folder in Labs/ with `start`, which a student begins with, and `solution`, which passes; what both have alike is in
// `given`. Where the work is in the system itself there is no `start`, and the solution is a patch; the grader works in the
// student's tree.

public struct Lab: Sendable {
  public enum Work: Sendable {
    /// In a folder of the student's own; what is built of it goes to the guest.
    case folder
    /// A kernel in a folder of the student's own, which boots by itself.
    case kernel
    /// In the tree itself.
    case tree
  }

  public let number: Int
  /// The folder in Labs, and the page in docs/labs.
  public let name: String
  public let title: String
  public let work: Work

  public var page: String { "docs/labs/\(name).md" }
  public var folder: String { "Labs/\(name)" }
  /// The folders whose files together are what a student begins with, `start`, or the `solution`.
  public func folders(of kind: String) -> [String] { ["\(folder)/given", "\(folder)/\(kind)"] }
  /// The folder that a student works in, beside the tree's own.
  public var ownFolder: String { "lab\(number)" }

  public static let all = [
    Lab(number: 1, name: "1-both-rings", title: "A program in both rings", work: .folder),
    Lab(number: 2, name: "2-stack-overflow", title: "Why a stack overflow in Ring 0 resets a machine", work: .kernel),
    Lab(number: 3, name: "3-system-call", title: "A system call", work: .tree),
    Lab(number: 4, name: "4-scheduling-policy", title: "A scheduling policy", work: .tree),
    Lab(number: 5, name: "5-three-placements", title: "A service and its three placements", work: .folder),
    Lab(number: 6, name: "6-module", title: "A module", work: .folder),
    Lab(number: 7, name: "7-driver", title: "A driver", work: .folder),
    Lab(number: 8, name: "8-measuring-isolation", title: "Measuring isolation", work: .folder),
  ]

  public static func numbered(_ number: Int) -> Lab? { all.first { $0.number == number } }
}

/// What a grader must know that is not the same everywhere.
public struct Facts: Sendable {
  /// Words of the kernel's code, by address.
  public var kernelWords: [(address: UInt32, word: UInt32)] = []
  /// The report of a lab that asks for one; nil where there is none.
  public var report: String?

  public init() {}
}

extension Lab {
  /// What the lab's grader does and looks at, with inputs that `random` chooses.
  public func experiment(_ facts: Facts, random: inout SeededGenerator) -> Experiment {
    switch number {
    case 1: Experiment.bothRings(facts, &random)
    case 3: Experiment.systemCall(&random)
    case 4: Experiment.schedulingPolicy(&random)
    case 5: Experiment.threePlacements(&random)
    case 6: Experiment.module(&random)
    case 7: Experiment.driver(&random)
    case 8: Experiment.measuringIsolation(facts, &random)
    default: Experiment(random: &random)
    }
  }
}

func hexadecimal(_ word: UInt32) -> String {
  let digits = String(word, radix: 16)
  return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
