// From the words that the kernel returns to Swift errors.

import ABI
import Primitives

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

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    if explanation.isEmpty {
      output.write(error.sentence)
    } else {
      output.write(explanation)
    }
  }
}
