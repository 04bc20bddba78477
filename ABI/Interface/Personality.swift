// What the kernel and a service say to each other about processes that have the service as their personality: whose system
// calls are another system's.
//
// The kernel asks the service what a call means, and the answer is a step: the value that the call gives back, or a native
// system call that the kernel makes for the process, with that process's handles, rights and memory. So the service never
// waits for what a call waits for, holds nothing of the process's, and can do nothing that the process could not.
//
// Before the process's own code goes on the service is told of what happened to it, a *notice*, and may have it go on elsewhere: with
// other registers, and bytes on its stack.
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
  /// A notice. Word 0: its `NoticeKinds`. Words 1 and 2: the set of 64 that others told it of. Word 3: the `TerminalSignals` that they
  /// told it of. Word 4: the highest address below which its stack is free. The data: `NoticedRegisters`.
  @inlinable public static var notice: UInt32 { 0x7ffb_0000 }
}

/// What a process with a personality is told of. Those that are events have the bits that they have in `EventKinds`.
public struct NoticeKinds: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public static var childEnded: NoticeKinds { .init(rawValue: 1) }
  @inlinable public static var timer: NoticeKinds { .init(rawValue: 8) }
  /// By another process, or itself, with `eventSend`. It need not ask to be told of it.
  @inlinable public static var told: NoticeKinds { .init(rawValue: 16) }
  /// Its own code raised an exception. Where the answer does not have it go on elsewhere it ends, as if nobody had been told.
  @inlinable public static var fault: NoticeKinds { .init(rawValue: 32) }
}

/// The registers of a process that is told of something.
public struct NoticedRegisters: BitwiseCopyable, Equatable, Sendable {
  public var edi: UInt32 = 0
  public var esi: UInt32 = 0
  public var ebp: UInt32 = 0
  public var ebx: UInt32 = 0
  public var edx: UInt32 = 0
  public var ecx: UInt32 = 0
  public var eax: UInt32 = 0
  public var eip: UInt32 = 0
  public var esp: UInt32 = 0
  public var eflags: UInt32 = 0
  /// Of an exception: its vector, its error code, and the address of a page fault.
  public var vector: UInt32 = 0
  public var error: UInt32 = 0
  public var address: UInt32 = 0
  @inlinable public init() {}

  /// In the order in which they lie in memory; words that are not there are 0.
  @inlinable public init(words: some Collection<UInt32>) {
    self.init()
    var rest = words.makeIterator()
    edi = rest.next() ?? 0
    esi = rest.next() ?? 0
    ebp = rest.next() ?? 0
    ebx = rest.next() ?? 0
    edx = rest.next() ?? 0
    ecx = rest.next() ?? 0
    eax = rest.next() ?? 0
    eip = rest.next() ?? 0
    esp = rest.next() ?? 0
    eflags = rest.next() ?? 0
    vector = rest.next() ?? 0
    error = rest.next() ?? 0
    address = rest.next() ?? 0
  }

  @inlinable public var words: InlineArray<13, UInt32> {
    [edi, esi, ebp, ebx, edx, ecx, eax, eip, esp, eflags, vector, error, address]
  }

  /// How many words there are, and how many of them are set when it goes on elsewhere: those before `vector`.
  @inlinable public static var count: Int { 13 }
  @inlinable public static var settable: Int { 10 }

  /// Flags that are set: those of arithmetic, and the direction of strings. The others stay as they are.
  @inlinable public static var settableFlags: UInt32 { 0xcd5 }
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
    /// Only of a notice: the process goes on elsewhere. The answer's bytes are the settable words of `NoticedRegisters`, and others that
    /// go to the address in word 1. Word 2: where its x87 and SSE registers are put first, 512 bytes; word 3: where they come from
    /// afterwards; 0: nowhere. What cannot be ends the process.
    case enter = 5
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
  /// - Parameters:
  ///   - kinds: what the process is to be told of from now on.
  ///   - isNoticed: whether there is to be a notice before its own code goes on, though nothing happened.
  @inlinable public static func answer(_ kinds: NoticeKinds = [], isNoticed: Bool = false) -> PersonalityStep {
    PersonalityStep(rawValue: Kind.answer.rawValue | (isNoticed ? 8 : 0) | (kinds.rawValue & 0x3fff) << 4)
  }
  @inlinable public static func enter(_ kinds: NoticeKinds = [], isNoticed: Bool = false) -> PersonalityStep {
    PersonalityStep(rawValue: Kind.enter.rawValue | (isNoticed ? 8 : 0) | (kinds.rawValue & 0x3fff) << 4)
  }
  @inlinable public static var bytes: PersonalityStep { PersonalityStep(rawValue: Kind.bytes.rawValue) }
  @inlinable public static var text: PersonalityStep { PersonalityStep(rawValue: Kind.text.rawValue) }

  /// Nil: it is none of them.
  @inlinable public var kind: Kind? { Kind(rawValue: rawValue & 7) }
  @inlinable public var ending: Ending { rawValue & 8 == 0 ? .result : .value }
  @inlinable public var count: UInt32 { min(rawValue >> 4 & 0x3fff, ExchangeArea.answerLimit) }
  @inlinable public var number: UInt32 { rawValue >> 18 }
  @inlinable public var kinds: NoticeKinds { NoticeKinds(rawValue: rawValue >> 4 & 0x3fff) }
  @inlinable public var isNoticed: Bool { rawValue & 8 != 0 }
}
