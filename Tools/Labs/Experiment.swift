// What a grader has the guest do, and what it says of each step.
//
// A step is a line for the guest's shell, which the grader types when the step before it has ended: no file of the guest has the
// lines that are still to come. The program `grade` runs it and writes what came of it in lines that begin with a tag that is
// chosen anew for each run, so that no program can print them beforehand (Tests/Guest/Programs/grade).
//
// Invariants: a line that ends a step is the last of the script that names it; each step has one check, and each check one sentence or none; what the machine never came to is said once.

/// One line of a grader's report.
public struct Check: Equatable, Sendable {
  /// What was looked at.
  public let name: String
  /// What is wrong, where, and why it is; nil where nothing is.
  public let complaint: String?

  public init(_ name: String, _ complaint: String? = nil) {
    self.name = name
    self.complaint = complaint
  }
}

/// How a program is started.
public enum Mode: String, CaseIterable, Sendable {
  case ring3, ring0, shared, guarded

  public var name: String {
    switch self {
    case .ring3: "Ring 3"
    case .ring0: "Ring 0"
    case .shared: "Ring 0 with a shared stack"
    case .guarded: "guarded Ring 0"
    }
  }
}

/// Numbers that look random and are the same for the same seed (Steele and others, SplitMix64).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}

/// The steps of one boot, and what they are judged by.
public struct Experiment: Sendable {
  /// What a step is judged by: its result, and the results of all steps.
  public typealias Judge = @Sendable (StepResult, Transcript) -> String?

  private struct Step: Sendable {
    let name: String
    let isSilent: Bool
    let judge: Judge
  }

  /// The longest that one program may run, in milliseconds of the guest, of which each is a million instructions.
  public static let stepLimit = 100

  /// What the SDK says where a service answers `unknownOperation`, or a module `unsupported`.
  private static let unsupported = "This machine or this object cannot do it."

  /// A line for the shell.
  public struct Line: Sendable, Equatable {
    public let text: String
    /// The step that has ended when the next line may be typed; nil: it may be typed ahead.
    public let step: Int?
  }

  public let tag: String
  public private(set) var script: [Line] = []
  /// Devices that the machine has besides its own, as QEMU names them.
  public var devices: [String] = []
  private var steps: [Step] = []

  public init(random: inout SeededGenerator) {
    tag = "g" + String(random.next() & 0xffff_ffff, radix: 36)
  }

  public var stepCount: Int { steps.count }

  /// A line for the shell that nobody judges.
  public mutating func shell(_ line: String) { script.append(Line(text: line, step: nil)) }

  /// Runs a program of the guest to its end. A program that was ended, or was not at its limit, is judged no further.
  public mutating func run(
    _ name: String, _ mode: Mode, _ command: String, limit: Int = stepLimit, status: Int? = 0, judge: @escaping Judge
  ) {
    add(name, "run \(mode.rawValue) \(limit) \(command)") { result, all in
      switch result.ending {
      case .exited(let actual):
        if let complaint = judge(result, all) { return complaint }
        guard let status, status != actual else { return nil }
        return "`\(command)` in \(mode.name) returns \(actual) from run(); it is to be \(status)."
      case .ended(let how):
        return "`\(command)` in \(mode.name) \(how).\(result.fault)"
      case .limit:
        return "`\(command)` in \(mode.name) was still running after \(limit) million instructions."
          + " Does a loop of it never end, or does it wait for something that never comes?"
      default: return "`\(command)` was not started in \(mode.name): \(result.sentence)"
      }
    }
  }

  /// Calls a service. `judge` sees replies only, where `refusal` is not set: then it sees the sentence of a refusal.
  public mutating func call(
    _ name: String, _ service: String, _ operation: UInt32, _ words: [UInt32] = [], data: [UInt8] = [],
    expectsRefusal: Bool = false, judge: @escaping Judge
  ) {
    let bytes = data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let command = "call \(service) \(operation)" + words.map { " \($0)" }.joined() + (data.isEmpty ? "" : " : \(bytes)")
    let what =
      (operation == 0x7fff_ff02 ? "A restore" : "Operation \(operation)")
      + (words.isEmpty ? "" : " with \(words.map { "\($0)" }.joined(separator: ", "))")
    add(name, command) { result, all in
      switch result.ending {
      case .reply where expectsRefusal:
        return "\(what) was answered with \(result.words.map { "\($0)" }.joined(separator: " ")); it is to be refused."
      case .reply: return judge(result, all)
      case .refused where expectsRefusal: return judge(result, all)
      case .limit:
        return "\(what) was not answered by `\(service)` within \(Self.stepLimit) million instructions."
          + " Does a loop never end?"
      case .refused(Self.unsupported): return "\(what) is not known to the service `\(service)`."
      default: return "\(what) got no answer: \(result.sentence)\(result.fault)"
      }
    }
  }

  /// Another action of `grade` that ends with a number.
  public mutating func action(_ name: String, _ command: String, judge: @escaping Judge = { _, _ in nil }) {
    add(name, command) { result, all in
      if case .done = result.ending { return judge(result, all) }
      return "`\(command)` came to nothing: \(result.sentence)\(result.fault)"
    }
  }

  /// A command of the shell whose output is judged, between two lines of `grade`.
  public mutating func observe(_ name: String, _ line: String, judge: @escaping Judge) {
    let index = steps.count
    shell("echo \(tag).\(index) begin")
    shell(line)
    script.append(Line(text: "echo \(tag).\(index) done 0", step: index))
    steps.append(Step(name: name, isSilent: name.isEmpty, judge: judge))
  }

  private mutating func add(_ name: String, _ command: String, judge: @escaping Judge) {
    let words = command.split(separator: " ", maxSplits: 1)
    script.append(Line(text: "/extra/grade \(tag).\(steps.count) \(words[0]) \(words[1])", step: steps.count))
    steps.append(Step(name: name, isSilent: name.isEmpty, judge: judge))
  }

  /// Judges a run. Steps without a name belong to the check of the next one that has one.
  public func judge(_ transcript: Transcript) -> [Check] {
    var checks: [Check] = []
    var pending: String?
    var hasStopped = false
    for (index, step) in steps.enumerated() {
      let result = transcript[index]
      var complaint: String?
      if result.ending == .forged {
        complaint =
          "Something in the machine wrote lines that only the grader writes. What it says of this step is not believed."
      } else if result.ending == .never {
        complaint = hasStopped ? "The machine did not get here; see above." : transcript.whyItStopped(in: result)
        hasStopped = true
      } else {
        complaint = step.judge(result, transcript)
      }
      pending = pending ?? complaint
      guard !step.isSilent else { continue }
      checks.append(Check(step.name, pending))
      pending = nil
    }
    return checks
  }
}
