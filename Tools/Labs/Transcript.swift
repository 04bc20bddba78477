// What the console of an experiment says of each step.
//
// Invariant: a step has one beginning and one end. What has more was written by somebody else than the grader, and counts as wrong.

/// How a step ended.
public enum StepEnding: Equatable, Sendable {
  case exited(Int)
  /// The rest of a sentence: `was ended by a page fault`.
  case ended(String)
  /// It was at its limit of instructions.
  case limit
  case reply
  case refused(String)
  case done(UInt64)
  /// It began or ended twice: a line of the grader's was written by somebody else.
  case forged
  /// The machine never came to the end of it.
  case never
}

public struct StepResult: Equatable, Sendable {
  public internal(set) var ending = StepEnding.never
  /// What was written meanwhile, by the program and by the kernel.
  public internal(set) var lines: [String] = []
  /// Of a reply.
  public internal(set) var words: [UInt32] = []
  public internal(set) var data: [UInt8] = []

  /// The number of `done`; 0 for any other ending.
  public var number: UInt64 {
    if case .done(let number) = ending { number } else { 0 }
  }

  /// The ending in words.
  public var sentence: String {
    switch ending {
    case .exited(let status): "it returned \(status)."
    case .ended(let how): "it \(how)."
    case .limit: "nobody came in time."
    case .reply, .done: "it was answered."
    case .refused(let sentence): sentence.hasSuffix(".") ? sentence : sentence + "."
    case .forged: "its lines were written twice."
    case .never: "the machine did not get to its end."
    }
  }

  /// What the kernel reported, as a sentence to add; empty where it reported nothing.
  public var fault: String {
    guard let first = lines.firstIndex(where: { $0.hasPrefix("fault: ") }) else { return "" }
    var text = " The kernel says: " + lines[first].dropFirst("fault: ".count)
    if let place = lines[first...].first(where: { $0.hasPrefix("at  0x") || $0.hasPrefix("checked by ") }) {
      let words = place.split(separator: " ")
      text += words.last.map { ", at \($0)" } ?? ""
    }
    return text + "."
  }

  /// What the program itself wrote.
  public var output: String { lines.joined(separator: "\n") }
}

/// All that an experiment wrote.
public struct Transcript: Sendable {
  /// Why there was no more to read.
  public enum End: Equatable, Sendable {
    case off
    case panic(String)
    case reset
    /// So many instructions were executed, and no more were allowed.
    case limit(UInt64)
    /// The machine stood still: nothing was left that could have happened.
    case stillness
    case emulator(String)
  }

  private var results: [Int: StepResult] = [:]
  private let end: End

  public init(console: String, tag: String, end: End) {
    self.end = end
    var current: Int?
    let prefix = tag + "."
    for line in console.split(separator: "\n") {
      let line = line.drop { $0 == " " }
      guard line.hasPrefix(prefix) else {
        if let current { results[current]?.lines.append(String(line)) }
        continue
      }
      let words = line.dropFirst(prefix.count).split(separator: " ", maxSplits: 2)
      guard words.count > 1, let index = Int(words[0]) else { continue }
      if words[1] == "begin" {
        current = index
        // The program `grade` begins each step once; so does whoever else begins it.
        if results[index] == nil { results[index] = StepResult() } else { results[index]?.ending = .forged }
      } else if let ending = Self.ending(words) {
        guard current == index else {
          results[index]?.ending = .forged
          continue
        }
        current = nil
        if results[index]?.ending == .forged { continue }
        results[index]?.ending = ending
        if ending == .reply { results[index]?.take(reply: words.count > 2 ? words[2] : "") }
      }
    }
  }

  /// Whether a step has ended, or has been said to.
  public func hasEnded(_ step: Int) -> Bool { self[step].ending != .never }

  private static func ending(_ words: [Substring]) -> StepEnding? {
    let rest = words.count > 2 ? String(words[2]).trimmingBlanks : ""
    switch words[1] {
    case "exited": return Int(rest).map { .exited($0) }
    case "ended": return .ended(rest)
    case "limit": return .limit
    case "reply": return .reply
    case "refused": return .refused(rest)
    case "done": return .done(UInt64(rest) ?? 0)
    default: return nil
    }
  }

  public subscript(step: Int) -> StepResult { results[step] ?? StepResult() }

  /// Why a step has no end.
  func whyItStopped(in result: StepResult) -> String {
    let why =
      switch end {
      case .off: "The machine was switched off, or its shell ended, before this step did."
      case .panic(let text): "The kernel panicked: \(text)"
      case .reset:
        "The machine reset itself: an exception could not be delivered, and neither could the double fault after it."
      case .limit(let count):
        "The machine was stopped after \(count / 1_000_000) million instructions, which is the limit of a grading run."
          + " A loop never ends, in what was started or in the kernel."
      case .stillness: "The machine stands still: all tasks wait, and no timer is set that would wake one."
      case .emulator(let text): text
      }
    return why + result.fault
  }
}

extension StepResult {
  /// `WORDS : BYTES`
  fileprivate mutating func take(reply text: Substring) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    words = parts[0].split(separator: " ").compactMap { UInt32($0) }
    guard parts.count > 1 else { return }
    let digits = Array(parts[1].utf8.filter { $0 != 0x20 })
    data = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    var text = self[...]
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }
}
