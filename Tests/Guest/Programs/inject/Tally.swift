// How mutants ended, and how often each way.

import ABI
import Primitives
import SDK

/// What became of one mutant.
enum TrialOutcome: Equatable {
  /// It did as if nothing were wrong with it: it exited as the right one does, or all calls were answered.
  case ended(status: UInt32)
  /// It exited with another status than the right one.
  case endedOtherwise(status: UInt32)
  case faulted(vector: UInt32)
  /// It went on for longer than any right one and was killed.
  case killed
  /// The watchdog ended it.
  case stuck
  case outOfMemory
  /// A call of the server or module failed, with the error's number without its sign.
  case failedCall(error: UInt32)
  /// The kernel did not start or load it.
  case refused

  init(_ outcome: Outcome) {
    switch outcome {
    case .exited(let status): self = .ended(status: UInt32(bitPattern: status))
    case .killed: self = .killed
    case .faulted(let vector): self = .faulted(vector: vector)
    case .checkFailed: self = .faulted(vector: 6)
    case .outOfMemory: self = .outOfMemory
    case .stuck: self = .stuck
    }
  }

  init(failed error: SystemError) { self = .failedCall(error: UInt32(bitPattern: 0 &- error.rawValue)) }

  /// A letter and, where there is one, a number.
  func write(to output: inout some TextOutput) {
    switch self {
    case .ended(let status): write("x", status, to: &output)
    case .endedOtherwise(let status): write("w", status, to: &output)
    case .faulted(let vector): write("f", vector, to: &output)
    case .killed: output.write("k")
    case .stuck: output.write("s")
    case .outOfMemory: output.write("m")
    case .failedCall(let error): write("c", error, to: &output)
    case .refused: output.write("r")
    }
  }

  /// The same, where the right program ends with `expected`.
  func judged(against expected: TrialOutcome) -> TrialOutcome {
    guard case .ended(let status) = self, self != expected else { return self }
    return .endedOtherwise(status: status)
  }

  private func write(_ letter: StaticString, _ number: UInt32, to output: inout some TextOutput) {
    output.write(letter)
    output.write(decimal: number)
  }
}

struct Tally {
  private var ended: UInt32 = 0
  private var faulted: UInt32 = 0
  private var killed: UInt32 = 0
  private var failedCalls: UInt32 = 0
  private var others: UInt32 = 0

  mutating func count(_ outcome: TrialOutcome) {
    switch outcome {
    case .ended, .endedOtherwise: ended += 1
    case .faulted: faulted += 1
    case .killed, .stuck: killed += 1
    case .failedCall: failedCalls += 1
    case .outOfMemory, .refused: others += 1
    }
  }

  func conclude(_ options: CampaignOptions, milliseconds: UInt32) {
    Console.write {
      $0.write("inject: ")
      $0.write(decimal: options.count)
      $0.write(" mutants, ")
      $0.write(options.kind.name)
      $0.write(", seed ")
      $0.write(decimal: options.seed)
      $0.write(": ")
      $0.write(decimal: ended)
      $0.write(" ended by themselves, ")
      $0.write(decimal: faulted)
      $0.write(" by faults, ")
      $0.write(decimal: killed)
      $0.write(" were stopped, ")
      $0.write(decimal: failedCalls)
      $0.write(" failed calls, ")
      $0.write(decimal: others)
      $0.write(" others; ")
      $0.write(decimal: milliseconds)
      $0.write(" ms\ninject: nothing else came to harm\n")
    }
  }
}
