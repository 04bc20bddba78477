// The bounded queue between an interrupt that receives bytes and a task that reads them.
//
// Invariants: it holds at most 1,024 bytes and never allocates; bytes come out in the order they went in;
// what does not fit is dropped and counted, never written over older input; a sequence goes in whole
// or not at all, so that a reader never sees half an escape sequence.

/// A first-in first-out queue of at most 1,024 bytes. It is not safe for use by an interrupt and a task at
/// once: the owner holds interrupts off around each call.
public struct ByteRing: ~Copyable {
  /// The most bytes a ring can hold.
  public static var capacity: Int { 1024 }

  private var storage = InlineArray<1024, UInt8>(repeating: 0)
  /// The position of the oldest byte, always below the capacity.
  private var oldest = 0
  /// The number of bytes waiting.
  public private(set) var count = 0
  /// The number of bytes that found no room since the ring was made; it stays at its greatest value
  /// rather than wrap.
  public private(set) var droppedCount: UInt32 = 0

  public init() {}

  public var isEmpty: Bool { count == 0 }
  /// The number of bytes that still fit.
  public var room: Int { Self.capacity &- count }

  /// Adds `byte` at the end. False where the ring is full: the byte is dropped and counted.
  @discardableResult
  public mutating func push(_ byte: UInt8) -> Bool {
    guard room >= 1 else {
      countDropped(1)
      return false
    }
    append(byte)
    return true
  }

  /// Adds all of `text` at the end, or none of it. False where it does not fit: all of its bytes are
  /// dropped and counted.
  @discardableResult
  public mutating func push(_ text: KeyText) -> Bool {
    guard room >= text.count else {
      countDropped(text.count)
      return false
    }
    for index in 0..<text.count { append(text[index]) }
    return true
  }

  /// Takes the oldest byte, or nil where none waits.
  public mutating func pop() -> UInt8? {
    guard count > 0 else { return nil }
    let byte = storage[oldest]
    oldest = (oldest &+ 1) % Self.capacity
    count &-= 1
    return byte
  }

  /// Forgets the bytes in front of the first for which `condition` holds. Returns false, and forgets none, where there is no such.
  public mutating func removeAll(before condition: (UInt8) -> Bool) -> Bool {
    for index in 0..<count where condition(storage[(oldest &+ index) % Self.capacity]) {
      oldest = (oldest &+ index) % Self.capacity
      count &-= index
      return true
    }
    return false
  }

  /// Forgets the bytes that wait. They do not count as dropped.
  public mutating func removeAll() {
    oldest = 0
    count = 0
  }

  private mutating func append(_ byte: UInt8) {
    storage[(oldest &+ count) % Self.capacity] = byte
    count &+= 1
  }

  private mutating func countDropped(_ bytes: Int) {
    let (sum, overflow) = droppedCount.addingReportingOverflow(UInt32(truncatingIfNeeded: bytes))
    droppedCount = overflow ? .max : sum
  }
}
