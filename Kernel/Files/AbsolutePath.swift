// Paths from the root in their one clean form: `/`, or `/a/b` without `.`, `..`, double slashes and a slash at the end.
//
// `..` takes away the name before it, whatever that leads to: a path means the same before and after it was made clean, and nobody
// is asked about it. Where the name before is a symbolic link, the way up leads to the directory that the link is in.

import Primitives

/// It is large, and so not copied by accident.
public struct AbsolutePath: ~Copyable {
  /// The longest, in bytes.
  public static var limit: Int { 255 }

  /// Why a path was refused.
  public enum Refusal: Error, Equatable, Sendable {
    case empty
    case tooLong
    /// A zero byte.
    case badByte
  }

  private var bytes = InlineArray<256, UInt8>(repeating: 0)
  private var length = 1

  /// The root.
  public init() { bytes[0] = 0x2f }

  public init(copying other: PathText) {
    length = other.count
    unsafe withUnsafeMutablePointer(to: &bytes) {
      unsafe UnsafeMutableRawPointer($0).copyMemory(from: other.start, byteCount: other.count)
    }
  }

  /// Calls `body` with the path where it lies.
  @inline(__always)
  public mutating func withText<Result: ~Copyable, Failure>(
    _ body: (PathText) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withText(count: length, body)
  }

  @inline(__always)
  private mutating func withText<Result: ~Copyable, Failure>(
    count: Int, _ body: (PathText) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafeMutablePointer(to: &bytes) { place throws(Failure) in
      try unsafe body(PathText(UnsafeRawPointer(place).assumingMemoryBound(to: UInt8.self), count: count))
    }
  }

  /// Takes over a path of `count` bytes that `body` writes, where it is in its clean form already. Returns false, and is the root,
  /// where it is not.
  public mutating func take<Failure>(
    count: Int, _ body: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    guard count > 0, count <= Self.limit else { return false }
    try unsafe withUnsafeMutablePointer(to: &bytes) { place throws(Failure) in
      try unsafe place.withMemoryRebound(to: UInt8.self, capacity: 256) { start throws(Failure) in
        try unsafe body(start)
      }
    }
    guard withText(count: count, { $0.isClean }) else {
      bytes[0] = 0x2f
      length = 1
      return false
    }
    length = count
    return true
  }

  /// Goes on by `path`, which begins here, or at the root where it begins with a slash.
  public mutating func append(_ path: Span<UInt8>) throws(Refusal) {
    guard !path.isEmpty else { throw .empty }
    var result = AbsolutePath()
    if path[0] != 0x2f { result = withText { AbsolutePath(copying: $0) } }
    var position = 0
    while let range = path.nextComponent(from: &position) {
      let component = path.extracting(range)
      if component.hasSameBytes(as: "..") { result.removeLast() } else { try result.add(component) }
    }
    self = result
  }

  private mutating func removeLast() {
    while length > 1, bytes[length &- 1] != 0x2f { length &-= 1 }
    if length > 1 { length &-= 1 }
  }

  private mutating func add(_ name: Span<UInt8>) throws(Refusal) {
    var end = length
    if end > 1 { end &+= 1 }
    guard name.count <= Self.limit &- end else { throw .tooLong }
    if end > 1 { bytes[end &- 1] = 0x2f }
    for index in name.indices {
      guard name[index] != 0 else { throw .badByte }
      bytes[end &+ index] = name[index]
    }
    length = end &+ name.count
  }
}
