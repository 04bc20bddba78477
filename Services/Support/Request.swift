// One request as the service sees it: an operation, six words and bytes in; six words and bytes out.

import ABI

/// How a placement writes bytes of a reply: to where its replies go, behind so many that are there. Returns 0, or 1 where there is
/// no room.
public typealias ReplyWriting =
  @convention(c) (
    _ place: UnsafeMutableRawPointer?, _ offset: UInt32, _ bytes: UnsafeRawPointer?, _ count: UInt32
  ) -> Int32

/// A request that was kept: by its number it is answered later, through `PlacedAnswers` of the placement.
public struct KeptRequest: Sendable {
  /// What it is to the placement.
  public let number: UInt64
  /// The process that waits for the answer.
  public let sender: UInt32
  /// How many bytes the reply can carry.
  public let capacity: Int
}

@safe
public struct Request {
  /// What is asked for; the service says what its operations are.
  public let operation: UInt32
  public var words: InlineArray<6, UInt32> {
    @inline(__always) unsafeAddress { unsafe wordsPlace }
  }
  private let wordsPlace: UnsafePointer<InlineArray<6, UInt32>>
  /// The word that the kernel filled in, an identity of 31 bits and whether that process holds the calls; 0: it has to be asked
  /// for, by the request's number.
  private let knownSender: UInt32
  private let asking: (@convention(c) (UInt64) -> UInt32)?
  private let askingRights: (@convention(c) (UInt64) -> UInt32)?
  private var senderWord: UInt32 { knownSender == 0 ? asking?(number) ?? 0 : knownSender }
  /// The process that asks.
  public var sender: UInt32 { senderWord & 0x7fff_ffff }
  /// The rights of that process, as the kernel tells them: what a service does for it is done with its authority. None once the
  /// request is kept.
  public var senderRights: Rights { Rights(rawValue: askingRights?(number) ?? 0) }
  /// Whether it holds the service's calls, to move it. Nobody else may ask for the state.
  public var isFromHolder: Bool { senderWord > 0x7fff_ffff }
  /// The reply's words; zero unless the service sets them.
  public var reply = InlineArray<6, UInt32>(repeating: 0)

  private let lives: @convention(c) (UInt32) -> Bool
  private let dataStart: UnsafePointer<UInt8>?
  private let dataCount: Int
  private let replyPlace: UnsafeMutableRawPointer?
  private let writing: ReplyWriting?
  /// How many bytes the reply can carry.
  public let capacity: Int
  /// How many bytes the reply carries.
  public private(set) var replyCount = 0
  /// Its number, and who gives it one where it is kept and has none yet.
  private let number: UInt64
  private let canBeKept: Bool
  private let keeping: (@convention(c) () -> UInt64)?
  /// Whether the service keeps it: there is no reply then.
  public private(set) var isKept = false

  /// The placement promises that words and data stay as they are until the request is answered.
  ///
  /// - Parameters:
  ///   - sender: the word that the kernel filled in; 0: `asking` tells it, by the request's `number`.
  ///   - reply: where the reply's bytes go; where there is `writing`, what means that to it.
  ///   - rights: tells the sender's rights, by the request's `number`; nil: it has none.
  @unsafe @inline(__always)
  public init(
    operation: UInt32, words: UnsafePointer<InlineArray<6, UInt32>>, sender: UInt32, data: UnsafePointer<UInt8>?,
    dataCount: Int, reply: UnsafeMutableRawPointer?, capacity: Int, writing: ReplyWriting? = nil,
    number: UInt64 = 0, canBeKept: Bool = true, keeping: (@convention(c) () -> UInt64)? = nil,
    asking: (@convention(c) (UInt64) -> UInt32)? = nil, rights: (@convention(c) (UInt64) -> UInt32)? = nil,
    lives: @convention(c) (UInt32) -> Bool
  ) {
    self.number = number
    self.canBeKept = canBeKept
    askingRights = rights
    self.keeping = keeping
    self.asking = asking
    self.lives = lives
    self.operation = operation
    unsafe wordsPlace = words
    knownSender = sender
    unsafe dataStart = data
    self.dataCount = unsafe data == nil ? 0 : dataCount
    unsafe replyPlace = reply
    unsafe self.writing = unsafe writing
    self.capacity = unsafe reply == nil ? 0 : capacity
  }

  /// Whether a process, which was the sender of this or an earlier request, has not ended. Its identity is not used
  /// again, so what belonged to one that has can be given up.
  public func isAlive(_ process: UInt32) -> Bool { lives(process) }

  /// Keeps the request, to answer it later: others have their turn meanwhile. Nothing may have changed for its sake, because
  /// where the service moves the request is sent again to the successor. Its words and data are gone when `handle` returns.
  ///
  /// - Returns: nil where that cannot be: it is to be answered now.
  public mutating func keep() -> KeptRequest? {
    guard canBeKept else { return nil }
    let number = keeping?() ?? self.number
    guard number != 0 else { return nil }
    isKept = true
    return KeptRequest(number: number, sender: sender, capacity: capacity)
  }

  /// A word as a number of things. Words come from anybody: what no Int holds is the largest there is.
  public func number(_ index: Int) -> Int { Int(clamping: words[index]) }

  /// The bytes that came with the request.
  public var data: Span<UInt8> {
    @_lifetime(borrow self) get {
      guard let dataStart = unsafe dataStart else { return Span() }
      return unsafe _overrideLifetime(Span(_unsafeStart: dataStart, count: dataCount), borrowing: self)
    }
  }

  /// Adds bytes to the reply. Returns false, and adds none, where they do not fit.
  @discardableResult
  public mutating func write(_ bytes: [UInt8]) -> Bool { write(bytes.span) }

  /// A copy of the bytes that came with the request.
  public var copiedData: [UInt8] {
    guard let dataStart = unsafe dataStart, dataCount > 0 else { return [] }
    return unsafe Array(unsafeUninitializedCapacity: dataCount) { target, count in
      unsafe copyBytes(to: target.baseAddress, from: dataStart, dataCount)
      count = dataCount
    }
  }

  /// Adds the request's own bytes to the reply, as far as they fit.
  public mutating func writeData() {
    let count = min(dataCount, capacity &- replyCount)
    if count > 0 { _ = unsafe write(dataStart, count) }
  }

  /// Adds bytes to the reply. Returns false, and adds none, where they do not fit.
  @discardableResult
  public mutating func write(_ bytes: Span<UInt8>) -> Bool {
    unsafe bytes.withUnsafeBufferPointer { unsafe $0.isEmpty || write($0.baseAddress, $0.count) }
  }

  private mutating func write(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
    guard count <= capacity &- replyCount else { return false }
    if let writing = unsafe writing {
      let (offset, length) = (UInt32(truncatingIfNeeded: replyCount), UInt32(truncatingIfNeeded: count))
      guard unsafe writing(replyPlace, offset, bytes, length) == 0 else { return false }
    } else if let bytes = unsafe bytes, let replyPlace = unsafe replyPlace {
      unsafe copyBytes(to: replyPlace + replyCount, from: bytes, count)
    }
    replyCount &+= count
    return true
  }
}

/// As raw memory: a typed copy is a loop over single bytes where nothing is optimized for it.
@inline(__always) @unsafe
private func copyBytes(to target: UnsafeMutableRawPointer?, from source: UnsafePointer<UInt8>, _ count: Int) {
  unsafe target?.copyMemory(from: source, byteCount: count)
}
