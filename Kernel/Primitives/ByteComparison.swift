// Texts of the kernel are spans of bytes; this compares them.

extension Span where Element == UInt8 {
  /// Whether both hold the same bytes.
  public func hasSameBytes(as other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }

  /// Whether the bytes are those of `text`.
  public func hasSameBytes(as text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in indices { guard unsafe self[index] == text.utf8Start[index] else { return false } }
    return true
  }
}
