// From the words that the kernel returns to Swift errors.

import ABI
import Primitives
import Runtime

/// The result of a system call: its value, or the error that a negative word stands for.
@inline(__always)
func checked(_ result: Int32) throws(SystemError) -> UInt32 {
  if result >= 0 { return UInt32(bitPattern: result) }
  throw SystemError(rawValue: result) ?? .unknownCall
}

/// A process or thread that could not be started, or a module that could not be loaded: the error and, where the
/// kernel gave one, the sentence that says what exactly was wrong.
public struct Refusal: Error {
  public let error: SystemError
  /// Empty where the kernel gave none.
  public let explanation: [UInt8]

  /// Without an explanation of the kernel's.
  public init(_ error: SystemError) {
    self.error = error
    explanation = []
  }

  public init(error: SystemError, explanation: [UInt8]) {
    self.error = error
    self.explanation = explanation
  }

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    if explanation.isEmpty {
      error.describe(to: &output)
    } else {
      output.write(explanation)
    }
  }
}

extension LimitRefusal {
  /// The limit that refused something to the calling task, where it has not asked before; nil: none did.
  public static func take() -> LimitRefusal? {
    var refusal = LimitRefusal()
    return unsafe SystemCalls.limitRefusal(&refusal) == 0 ? refusal : nil
  }

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    if job == 0 {
      output.write("The machine has no more than ")
    } else {
      output.write("Job ")
      output.write(decimal: job)
      output.write(" has all that its limit allows: ")
    }
    output.write(decimal: limit)
    output.write(resource == 0 ? " pages of memory." : resource == 1 ? " bytes of the kernel's memory." : " tasks.")
  }
}

extension SystemError {
  /// Writes one sentence about what the calling task's latest call was refused for: where it was a limit, which one of whom.
  public func describe(to output: inout some TextOutput) {
    if self == .limitReached, let refusal = LimitRefusal.take() {
      refusal.describe(to: &output)
    } else {
      output.write(sentence)
    }
  }
}
