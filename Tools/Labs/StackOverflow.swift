// Lab 2: a kernel that overflows its stack. It is booted with command lines that are chosen anew; what it writes is compared with
// what the emulator saw the processor raise, so a line that only says so is found out.

public struct StackOverflow: Sendable {
  /// What one boot left behind.
  public struct Boot: Sendable {
    public let console: String
    public let end: Transcript.End
    /// The exceptions that the processor raised, in order.
    public let vectors: [Int]

    /// - Parameter log: what QEMU writes with `-d int`.
    public init(console: String, end: Transcript.End, log: String) {
      self.console = console
      self.end = end
      vectors = log.split(separator: "\n").compactMap { line in
        guard let range = line.firstRange(of: " v=") else { return nil }
        return Int(line[range.upperBound...].prefix(2), radix: 16)
      }
    }
  }

  /// One command line and what is to come of it.
  public struct Trial: Sendable {
    public let name: String
    public let words: String
    fileprivate let lines: [Line]
    /// How many double faults are survived.
    fileprivate let doubleFaults: Int
  }

  fileprivate enum Line: Sendable {
    case exactly(String)
    /// What begins so goes on with an address just below the stack.
    case overflow(String)
    /// What begins so goes on with a depth that the stack can have had.
    case depth(String)
  }

  public let trials: [Trial]

  public init(random: inout SeededGenerator) {
    func sum() -> (String, Line) {
      let number = UInt32.random(in: 10...100, using: &random)
      return ("sum \(number)", .exactly("sum \(number) is \(number * (number + 1) / 2)"))
    }
    func small(_ word: String) -> (String, Line) {
      let number = UInt32.random(in: 10...100, using: &random)
      return ("\(word) \(number)", .exactly("\(word) \(number) is \(number * (number + 1) / 2)"))
    }
    func deep(_ word: String) -> (String, Line) {
      let number = UInt32.random(in: 10_000...90_000, using: &random)
      return (
        "\(word) \(number)",
        word == "gate" ? .overflow("gate \(number): overflow at ") : .depth("ask \(number): no room at depth ")
      )
    }
    func trial(_ name: String, _ parts: [(String, Line)], doubleFaults: Int = 0) -> Trial {
      Trial(
        name: name, words: parts.map(\.0).joined(separator: " "), lines: parts.map(\.1), doubleFaults: doubleFaults)
    }
    trials = [
      trial("a recursion that fits", [sum(), sum()]),
      trial("cure 1: what fits is not disturbed", [small("gate"), sum()]),
      trial("cure 1: an overflow is reported, and the kernel goes on", [deep("gate"), sum()], doubleFaults: 1),
      trial("cure 1: so is a second one", [deep("gate"), sum(), deep("gate"), sum()], doubleFaults: 2),
      trial("cure 2: what fits is added up", [small("ask"), sum()]),
      trial("cure 2: what does not fit is refused, without an exception", [deep("ask"), sum(), deep("ask")]),
    ]
  }

  /// - Parameter stack: where the stack begins, above the page that is not mapped, and its size.
  public func judge(_ trial: Trial, _ boot: Boot, stack: (start: UInt32, size: UInt32)) -> Check {
    Check(trial.name, complaint(trial, boot, stack).map { "With the words `\(trial.words)`: \($0)" })
  }

  private func complaint(_ trial: Trial, _ boot: Boot, _ stack: (start: UInt32, size: UInt32)) -> String? {
    let seen = boot.vectors.isEmpty ? "none" : boot.vectors.map { "\($0)" }.joined(separator: ", then ")
    switch boot.end {
    case .off: break
    case .reset:
      return
        "the machine reset itself. The exceptions that the processor raised: \(seen). The last could not be delivered"
        + " either: on which stack would its frame have gone?"
    case .limit(let count):
      return
        "the kernel still ran after \(count / 1_000_000) million instructions. After an overflow the interrupted task must"
        + " not go on where it was."
    case .stillness:
      return
        "the kernel stopped and never said that it is done. Exceptions: \(seen); it wrote: \(boot.console.suffix(80))"
    case .panic(let text): return text
    case .emulator(let text): return text
    }
    var lines = boot.console.split(separator: "\n")[...]
    for line in trial.lines {
      guard let written = lines.popFirst() else { return "it writes nothing where `\(line.beginning)` is expected." }
      guard written.hasPrefix(line.beginning) else {
        return "it writes `\(written)` where `\(line.beginning)` is expected."
      }
      let rest = written.dropFirst(line.beginning.count)
      switch line {
      case .exactly:
        if !rest.isEmpty { return "it writes `\(written)` where `\(line.beginning)` is expected." }
      case .overflow:
        // The push that failed may have been the first below the stack, or a frame that reached into the page.
        guard let pointer = UInt32(rest.dropFirst(2), radix: 16), pointer <= stack.start + 64,
          pointer >= stack.start - 4096
        else {
          return
            "it says that the stack pointer was at \(rest), and the stack ends at \(hexadecimal(stack.start)): is it the"
            + " pointer of the task that was interrupted?"
        }
      case .depth:
        // A step takes at least a return address and at most some hundred bytes.
        guard let depth = UInt32(rest), depth >= stack.size / 512, depth <= stack.size / 8 else {
          return
            "it stops at depth \(rest), and a stack of \(stack.size) bytes has room for \(stack.size / 512) steps or more."
        }
      }
    }
    let doubleFaults = boot.vectors.count { $0 == 8 }
    guard doubleFaults == trial.doubleFaults else {
      return trial.doubleFaults == 0
        ? "the processor raised exceptions: \(seen). Cure 2 asks before there is one."
        : "the processor raised \(doubleFaults) double faults, not \(trial.doubleFaults): was the overflow only said?"
    }
    return nil
  }
}

extension StackOverflow.Line {
  fileprivate var beginning: String {
    switch self {
    case .exactly(let text), .overflow(let text), .depth(let text): text
    }
  }
}
