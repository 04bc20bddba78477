// A ring of bytes in memory that somebody else owns.
//
// Invariant: the memory has `capacity` bytes and stays as long as the queue; no byte outside of it is touched, whatever a caller
// asks for.

@safe
public struct ByteQueue: ~Copyable {
  private let storage: UnsafeMutablePointer<UInt8>
  public let capacity: Int
  private var start = 0
  public private(set) var count = 0

  /// - Parameter storage: `capacity` bytes, at least one.
  @unsafe
  public init(storage: UnsafeMutablePointer<UInt8>, capacity: Int) {
    unsafe self.storage = unsafe storage
    self.capacity = capacity
  }

  public var isEmpty: Bool { count == 0 }
  public var room: Int { capacity &- count }

  /// The byte so many places behind the first; nil where there is none.
  public func byte(at index: Int) -> UInt8? {
    guard index >= 0, index < count else { return nil }
    return unsafe storage[(start &+ index) % capacity]
  }

  public var last: UInt8? { byte(at: count &- 1) }

  /// Adds a byte. Returns false where there is no room.
  @discardableResult
  public mutating func append(_ byte: UInt8) -> Bool {
    guard room > 0 else { return false }
    unsafe storage[(start &+ count) % capacity] = byte
    count &+= 1
    return true
  }

  public mutating func removeFirst() -> UInt8? {
    guard let byte = byte(at: 0) else { return nil }
    removeFirst(1)
    return byte
  }

  /// Takes away as many bytes from the front, or all where there are fewer.
  public mutating func removeFirst(_ wanted: Int) {
    let removed = min(max(wanted, 0), count)
    start = (start &+ removed) % capacity
    count &-= removed
  }

  public mutating func removeLast() { count = max(count &- 1, 0) }

  public mutating func removeAll() {
    start = 0
    count = 0
  }

  /// Calls `body` with the bytes at the front that lie in one piece, at most `limit`; with none only where the queue is empty, or
  /// none are wanted. They hold for the call.
  public func withFirstPiece<Result, Failure: Error>(
    limit: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let length = min(min(count, capacity &- start), max(limit, 0))
    return try unsafe body(UnsafeRawBufferPointer(start: storage + start, count: length))
  }
}
