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

  public init(copying other: borrowing AbsolutePath) {
    bytes = other.bytes
    length = other.length
  }

  public var isRoot: Bool { length == 1 }

  /// With the slash in front.
  public var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(first: length) }
  }

  /// What is behind the last slash; empty for the root.
  public var lastName: Span<UInt8> {
    @_lifetime(borrow self) get {
      var start = length
      while bytes[start &- 1] != 0x2f { start &-= 1 }
      return bytes.span.extracting(start..<length)
    }
  }

  /// Whether `directory` is this path or one above it.
  public func isInside(_ directory: Span<UInt8>) -> Bool {
    if directory.count == 1 { return true }
    guard length >= directory.count, length == directory.count || bytes[directory.count] == 0x2f else { return false }
    for index in directory.indices where bytes[index] != directory[index] { return false }
    return true
  }

  /// The path below a directory whose path has `count` bytes, and which it is inside of: `a/b`; empty for the directory itself.
  @_lifetime(borrow self)
  public func rest(below count: Int) -> Span<UInt8> {
    let start = count == 1 ? 1 : min(length, count &+ 1)
    return bytes.span.extracting(start..<length)
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
    guard isClean(count: count) else {
      bytes[0] = 0x2f
      length = 1
      return false
    }
    length = count
    return true
  }

  /// Whether the first bytes are a path without empty names, "." and "..".
  private func isClean(count: Int) -> Bool {
    guard bytes[0] == 0x2f else { return false }
    var isAtStart = true
    for index in 1..<max(count, 1) {
      let byte = bytes[index]
      // A name with a dot in front is looked at more closely elsewhere.
      if byte == 0 || (isAtStart && (byte == 0x2f || byte == 0x2e)) { return false }
      isAtStart = byte == 0x2f
    }
    return count == 1 || !isAtStart
  }

  /// Goes on by `path`, which begins here, or at the root where it begins with a slash.
  public mutating func append(_ path: Span<UInt8>) throws(Refusal) {
    guard !path.isEmpty else { throw .empty }
    var result = AbsolutePath()
    if path[0] != 0x2f { result = AbsolutePath(copying: self) }
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
