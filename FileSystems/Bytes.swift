// Numbers in bytes as disks have them, the lowest byte first, and the copying of bytes.
//
// Invariant: whatever is read or written lies inside of the span; what does not, traps. So who calls checks what comes from a
// disk first.

extension Span where Element == UInt8 {
  @inline(__always)
  func half(_ offset: Int) -> UInt16 { UInt16(self[offset]) | UInt16(self[offset &+ 1]) &<< 8 }

  @inline(__always)
  func word(_ offset: Int) -> UInt32 { UInt32(half(offset)) | UInt32(half(offset &+ 2)) &<< 16 }

  @inline(__always)
  func long(_ offset: Int) -> UInt64 { UInt64(word(offset)) | UInt64(word(offset &+ 4)) &<< 32 }
}

extension MutableSpan where Element == UInt8 {
  @inline(__always)
  mutating func setHalf(_ offset: Int, _ value: UInt16) {
    self[offset] = UInt8(truncatingIfNeeded: value)
    self[offset &+ 1] = UInt8(truncatingIfNeeded: value &>> 8)
  }

  @inline(__always)
  mutating func setWord(_ offset: Int, _ value: UInt32) {
    setHalf(offset, UInt16(truncatingIfNeeded: value))
    setHalf(offset &+ 2, UInt16(truncatingIfNeeded: value &>> 16))
  }

  /// Copies all of `source` to `offset`.
  mutating func copy(_ source: Span<UInt8>, to offset: Int) {
    guard !source.isEmpty else { return }
    precondition(offset >= 0 && offset <= count && source.count <= count &- offset)
    unsafe withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { bytes in
        guard let from = bytes.baseAddress, let to = target.baseAddress else { return }
        // The range was checked above. What a span lends for reading does not overlap one that is written.
        unsafe (to + offset).copyMemory(from: from, byteCount: bytes.count)
      }
    }
  }

  mutating func clear(_ range: Range<Int>) {
    var part = _mutatingExtracting(range)
    part.update(repeating: 0)
  }
}
