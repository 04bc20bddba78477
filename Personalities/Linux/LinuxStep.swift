// What the layer says to a call, or to what came of its last step. The kernel makes the step (ABI/Interface/Personality.swift).

import ABI

public enum LinuxStep: Equatable {
  /// The call is over.
  case answer(Int32)
  /// The same, with bytes that go to the process's memory first; the call fails where they cannot.
  case give([UInt8], at: UInt32, Int32)
  /// A native call for the process.
  case native(NativeStep)
  /// So many bytes of the process's memory are needed.
  case bytes(at: UInt32, count: UInt32)
  /// A text of the process's memory is needed, up to its zero byte.
  case text(at: UInt32)
  /// Of a notice: the process goes on elsewhere.
  case enter(EnterStep)

  static func fail(_ error: LinuxError) -> LinuxStep { .answer(error.value) }
}

/// Where a process goes on, with bytes that go to its stack first.
public struct EnterStep: Equatable {
  public let registers: NoticedRegisters
  public let bytes: [UInt8]
  public let at: UInt32
  /// Where its x87 and SSE registers go, and come from; 0: nowhere.
  public let floatTo: UInt32
  public let floatFrom: UInt32

  /// As the kernel wants it: the registers that can be set, and the bytes for the stack.
  public var data: [UInt8] {
    var data: [UInt8] = []
    for index in 0..<NoticedRegisters.settable { data.append(word: registers.words[index]) }
    return data + bytes
  }
}

public struct NativeStep: Equatable {
  public let call: SystemCall
  public let words: StepWords
  /// Bytes that lie at the start of the exchange area when the call is made.
  public let input: [UInt8]
  public let ending: PersonalityStep.Ending
  /// How many bytes of what the call wrote come back.
  public let count: UInt32
}

/// The words of a native call, those behind the last one that matters being 0: in place, since an array would take memory for each
/// step.
public struct StepWords: Equatable, Sendable {
  public let first, second, third, fourth, fifth: UInt32
}

extension LinuxStep {
  /// A call whose result the layer gets.
  static func make(
    _ call: SystemCall, _ first: UInt32 = 0, _ second: UInt32 = 0, _ third: UInt32 = 0, _ fourth: UInt32 = 0,
    _ fifth: UInt32 = 0, input: [UInt8] = [], count: Int = 0
  ) -> LinuxStep {
    let words = StepWords(first: first, second: second, third: third, fourth: fourth, fifth: fifth)
    return .native(NativeStep(call: call, words: words, input: input, ending: .result, count: UInt32(count)))
  }

  /// A call on a path, whose place and length are its first words.
  static func make(
    _ call: SystemCall, onPath path: [UInt8], _ third: UInt32 = 0, _ fourth: UInt32 = 0, count: Int = 0
  ) -> LinuxStep {
    make(call, ExchangeArea.start, UInt32(path.count), third, fourth, input: path, count: count)
  }

  /// A call on two paths, whose places and lengths are its first words.
  static func make(
    _ call: SystemCall, onPaths first: [UInt8], _ second: [UInt8], _ fifth: UInt32 = 0
  ) -> LinuxStep {
    let length = UInt32(first.count)
    return make(
      call, ExchangeArea.start, length, ExchangeArea.start + length, UInt32(second.count), fifth, input: first + second)
  }

  /// A call whose result is the answer, unless it is an error.
  static func finish(
    _ call: SystemCall, _ first: UInt32 = 0, _ second: UInt32 = 0, _ third: UInt32 = 0, _ fourth: UInt32 = 0,
    input: [UInt8] = []
  ) -> LinuxStep {
    let words = StepWords(first: first, second: second, third: third, fourth: fourth, fifth: 0)
    return .native(NativeStep(call: call, words: words, input: input, ending: .value, count: 0))
  }

  /// The same on a path.
  static func finish(
    _ call: SystemCall, onPath path: [UInt8], _ third: UInt32 = 0, _ fourth: UInt32 = 0
  ) -> LinuxStep {
    finish(call, ExchangeArea.start, UInt32(path.count), third, fourth, input: path)
  }
}

/// What came of the last step.
public struct StepResult {
  public let value: Int32
  public let data: [UInt8]

  public init(value: Int32, data: [UInt8] = []) {
    self.value = value
    self.data = data
  }

  /// The result, where it is no error.
  ///
  /// - Parameter isPath: whether the call was one on a path.
  func checked(isPath: Bool = false) throws(LinuxError) -> Int32 {
    guard value >= 0 else { throw isPath ? LinuxError(ofPath: value) : LinuxError(value) }
    return value
  }

  func word(_ index: Int) -> UInt32 { data.littleEndianWord(at: index * 4) }
}

extension [UInt8] {
  /// A word of a structure; 0 behind its end.
  func littleEndianWord(at offset: Int) -> UInt32 {
    guard offset >= 0, offset <= count - 4 else { return 0 }
    var word: UInt32 = 0
    for index in 0..<4 { word |= UInt32(self[offset + index]) << UInt32(index * 8) }
    return word
  }

  mutating func put(_ word: UInt32, at offset: Int) {
    for index in 0..<4 { self[offset + index] = UInt8(truncatingIfNeeded: word >> UInt32(index * 8)) }
  }

  mutating func put(_ word: UInt64, at offset: Int) {
    put(UInt32(truncatingIfNeeded: word), at: offset)
    put(UInt32(truncatingIfNeeded: word >> 32), at: offset + 4)
  }

  mutating func append(word: UInt32) {
    for index in 0..<4 { append(UInt8(truncatingIfNeeded: word >> UInt32(index * 8))) }
  }
}
