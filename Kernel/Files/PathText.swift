// A path in its clean form where it lies: what is asked of paths without copying them.
//
// Invariant: the memory stays as long as the value is used; whoever makes one sees to that.

import Primitives

@safe
public struct PathText {
  public let start: UnsafePointer<UInt8>
  public let count: Int

  @unsafe
  public init(_ start: UnsafePointer<UInt8>, count: Int) {
    unsafe self.start = unsafe start
    self.count = count
  }

  public var isRoot: Bool { count == 1 }

  @inline(__always)
  public var span: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe _overrideLifetime(Span(_unsafeStart: start, count: count), borrowing: self) }
  }

  /// Whether `directory` is this path or one above it.
  public func isInside(_ directory: PathText) -> Bool {
    if directory.count == 1 { return true }
    guard count >= directory.count else { return false }
    guard unsafe count == directory.count || start[directory.count] == 0x2f else { return false }
    for index in 0..<directory.count where unsafe start[index] != directory.start[index] { return false }
    return true
  }

  /// The path below a directory whose path has `length` bytes, and which it is inside of: `a/b`; empty for the directory itself.
  public func rest(below length: Int) -> PathText {
    let first = length == 1 ? 1 : min(count, length &+ 1)
    return unsafe PathText(start + first, count: count &- first)
  }

  /// Whether it is an absolute path without empty names, "." and "..": any other is looked at more closely elsewhere.
  var isClean: Bool {
    guard count > 0, unsafe start[0] == 0x2f else { return false }
    var isAtStart = true
    for index in 1..<max(count, 1) {
      let byte = unsafe start[index]
      if byte == 0 || (isAtStart && (byte == 0x2f || byte == 0x2e)) { return false }
      isAtStart = byte == 0x2f
    }
    return count == 1 || !isAtStart
  }
}
