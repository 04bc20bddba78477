// The vocabulary in which the system-call table is written. The table itself is SystemCallTable.swift.
//
// From one table come: the numbers the kernel dispatches on, the Swift and C stubs that programs call,
// the reference page docs/system-calls.md, and the description of every argument by which `fuzz` invents calls and
// `strace` prints them. `megha generate` writes them and `megha generate --check` fails when one of them is stale.

/// What an argument word means. The kernel checks it accordingly; the fuzzer breaks it accordingly.
public enum ArgumentKind: Sendable, Equatable {
  /// A plain number.
  case number
  /// A set of bits; `allowed` names the type in ABI that lists them.
  case flags(type: String)
  /// The identity of a task.
  case task
  /// A handle of the calling process.
  case handle
  /// The address of bytes that the kernel reads; the next argument is their number.
  case bytesIn
  /// The address of bytes that the kernel writes; the next argument is their number.
  case bytesOut
  /// The number of bytes at the address in the argument before.
  case length
  /// The address of a structure of ABI that the kernel reads.
  case structureIn(type: String)
  /// The address of a structure of ABI that the kernel writes; 0 where the caller does not want it.
  case structureOut(type: String)
  /// The address of a structure of ABI that the kernel reads and then writes.
  case structureInOut(type: String)
  /// An address of the caller's that the kernel does not copy from or to.
  case address
  /// The low half of a time in nanoseconds; the next argument is the high half.
  case timeLow
  /// The high half of the time whose low half is the argument before.
  case timeHigh
}

public struct Argument: Sendable {
  public let name: String
  public let kind: ArgumentKind
  public let text: String
  public init(_ name: String, _ kind: ArgumentKind, _ text: String) {
    self.name = name
    self.kind = kind
    self.text = text
  }
}

/// A register besides EAX in which a call gives a word back.
public struct RegisterWord: Sendable {
  public let register: String
  public let name: String
  public let text: String
  public init(_ register: String, _ name: String, _ text: String) {
    self.register = register
    self.name = name
    self.text = text
  }
}

public struct SystemCallDeclaration: Sendable {
  public let number: Int
  /// lowerCamelCase; the C stub is `megha_` and the same in snake_case.
  public let name: String
  public let arguments: [Argument]
  /// What a result of zero or more means.
  public let result: String
  public let errors: [String]
  public let text: String
  /// True where the call does not come back to its caller.
  public let neverReturns: Bool
  /// The words that come back in registers beside the result. Such a call keeps neither EBX, ECX, EDX, ESI nor EDI.
  public let words: [RegisterWord]

  public init(
    _ number: Int, _ name: String, _ arguments: [Argument], result: String = "0",
    errors: [String] = [], neverReturns: Bool = false, words: [RegisterWord] = [], _ text: String
  ) {
    self.number = number
    self.name = name
    self.arguments = arguments
    self.result = result
    self.errors = errors
    self.neverReturns = neverReturns
    self.words = words
    self.text = text
  }
}

public struct ErrorDeclaration: Sendable {
  /// Negative; what EAX holds.
  public let code: Int
  public let name: String
  public let text: String
  public init(_ code: Int, _ name: String, _ text: String) {
    self.code = code
    self.name = name
    self.text = text
  }
}
