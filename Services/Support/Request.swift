// One request as the service sees it: an operation, six words and bytes in; six words and bytes out.

@safe
public struct Request {
  /// What is asked for; the service says what its operations are.
  public let operation: UInt32
  public let words: InlineArray<6, UInt32>
  /// The process that asks.
  public let sender: UInt32
  /// Whether it holds the service's calls, to move it. Nobody else may ask for the state.
  public let isFromHolder: Bool
  /// The reply's words; zero unless the service sets them.
  public var reply = InlineArray<6, UInt32>(repeating: 0)

  private let lives: @convention(c) (UInt32) -> Bool
  private let dataStart: UnsafePointer<UInt8>?
  private let dataCount: Int
  private let replyStart: UnsafeMutablePointer<UInt8>?
  /// How many bytes the reply can carry.
  public let capacity: Int
  /// How many bytes the reply carries.
  public private(set) var replyCount = 0

  /// `sender` is the word that the kernel filled in: an identity of 31 bits, and whether that process holds the calls.
  /// The placement promises that both ranges stay until the request is answered, and that they do not overlap.
  @unsafe
  public init(
    operation: UInt32, words: InlineArray<6, UInt32>, sender: UInt32, data: UnsafePointer<UInt8>?, dataCount: Int,
    reply: UnsafeMutablePointer<UInt8>?, capacity: Int, lives: @convention(c) (UInt32) -> Bool
  ) {
    self.lives = lives
    self.operation = operation
    self.words = words
    self.sender = sender & 0x7fff_ffff
    isFromHolder = sender != self.sender
    unsafe dataStart = data
    self.dataCount = unsafe data == nil ? 0 : dataCount
    unsafe replyStart = reply
    self.capacity = unsafe reply == nil ? 0 : capacity
  }

  /// Whether a process, which was the sender of this or an earlier request, has not ended. Its identity is not used
  /// again, so what belonged to one that has can be given up.
  public func isAlive(_ process: UInt32) -> Bool { lives(process) }

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
    guard let dataStart = unsafe dataStart, let replyStart = unsafe replyStart else { return }
    let count = min(dataCount, capacity - replyCount)
    unsafe copyBytes(to: replyStart + replyCount, from: dataStart, count)
    replyCount += count
  }

  /// Adds bytes to the reply. Returns false, and adds none, where they do not fit.
  @discardableResult
  public mutating func write(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count <= capacity - replyCount, let replyStart = unsafe replyStart else { return bytes.isEmpty }
    unsafe bytes.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { unsafe copyBytes(to: replyStart + replyCount, from: start, source.count) }
    }
    replyCount += bytes.count
    return true
  }
}

/// As raw memory: a typed copy is a loop over single bytes where nothing is optimized for it.
@inline(__always) @unsafe
private func copyBytes(to target: UnsafeMutablePointer<UInt8>?, from source: UnsafePointer<UInt8>, _ count: Int) {
  guard let target = unsafe target else { return }
  unsafe UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count)
}
