// What the kernel and a service say to each other about processes that have the service as their personality: whose system
// calls are another system's.
//
// The kernel asks the service what a call means, and the answer is a step: the value that the call gives back, or a native
// system call that the kernel makes for the process, with that process's handles, rights and memory. So the service never
// waits for what a call waits for, holds nothing of the process's, and can do nothing that the process could not.
//
// The exchange area lies in the process's own memory, at the same place in each: the bytes of every answer go to its start,
// and a native call finds there what its addresses name. Whoever writes there in between changes what the process itself asks for.

public enum PersonalityRequest {
  /// A system call: this plus its number, or plus `lastNumber` where that is larger. Words: the six arguments.
  @inlinable public static var call: UInt32 { 0x7ffd_0000 }
  @inlinable public static var lastNumber: UInt32 { 0xffff }
  /// The step that was answered last has been made. Word 0: its result, or the number of a `SystemError`. The data: the bytes that
  /// were to be brought, unless it failed.
  @inlinable public static var result: UInt32 { 0x7ffc_0000 }
}

/// Where the exchange area of a process lies.
public enum ExchangeArea {
  @inlinable public static var start: UInt32 { 0xbfff_0000 }
  @inlinable public static var length: UInt32 { 8192 }
  /// For what native calls write: the answers' bytes end before.
  @inlinable public static var resultsStart: UInt32 { start &+ 4096 }
  /// The most bytes of an answer.
  @inlinable public static var answerLimit: UInt32 { 4096 }
}

/// What is to be done next for a call. It is the first word of an answer, whose other words depend on it.
public struct PersonalityStep: BitwiseCopyable, Equatable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public enum Kind: UInt32, CaseIterable, Sendable {
    /// The call is over. Word 1: its value. Where the answer has bytes they go to the address in word 2 first; if that cannot be,
    /// the value is word 3.
    case answer = 1
    /// A native call, by its number, with the five words that follow.
    case native = 2
    /// The process's memory is to be brought: word 1 the address, word 2 how many bytes, `answerLimit` at the most.
    case bytes = 3
    /// The same, but no more than up to and without the first zero byte. Without one it is an error, `tooLarge`.
    case text = 4
  }

  /// What the kernel does with the result of a native call.
  public enum Ending: UInt32, CaseIterable, Sendable {
    /// The service gets it, with so many bytes from `resultsStart`.
    case result = 0
    /// It is the call's value; the service gets it only where it is an error.
    case value = 1
  }

  /// - Parameter count: how many bytes are to be brought, up to 4096.
  @inlinable public static func native(_ number: UInt32, _ ending: Ending = .result, count: UInt32 = 0)
    -> PersonalityStep
  {
    PersonalityStep(
      rawValue: Kind.native.rawValue | ending.rawValue << 3 | min(count, ExchangeArea.answerLimit) << 4 | number << 18)
  }
  @inlinable public static var answer: PersonalityStep { PersonalityStep(rawValue: Kind.answer.rawValue) }
  @inlinable public static var bytes: PersonalityStep { PersonalityStep(rawValue: Kind.bytes.rawValue) }
  @inlinable public static var text: PersonalityStep { PersonalityStep(rawValue: Kind.text.rawValue) }

  /// Nil: it is none of them.
  @inlinable public var kind: Kind? { Kind(rawValue: rawValue & 7) }
  @inlinable public var ending: Ending { rawValue & 8 == 0 ? .result : .value }
  @inlinable public var count: UInt32 { min(rawValue >> 4 & 0x3fff, ExchangeArea.answerLimit) }
  @inlinable public var number: UInt32 { rawValue >> 18 }
}
