// Where the bytes of an executable file come from. The loader reads through this seam, because a file
// may shrink or fail between two reads; a file that lies in memory as a whole is read by `SpanSource`.
//
// Invariant: a read either fills its whole destination or reports that it did not.

/// A file that is read in pieces.
public protocol ByteSource: ~Copyable, ~Escapable {
  /// The length of the file in bytes, as far as it is known before anything is read.
  var byteCount: UInt32 { get }
  /// Fills `destination` with the bytes from `offset` on. False where the file does not have them all
  /// (any more); what `destination` holds then is not specified.
  mutating func read(from offset: UInt32, into destination: inout MutableSpan<UInt8>) -> Bool
}

/// A file that lies in memory as a whole.
public struct SpanSource: ByteSource, ~Escapable {
  private let bytes: Span<UInt8>

  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  public var byteCount: UInt32 { UInt32(clamping: bytes.count) }

  public mutating func read(from offset: UInt32, into destination: inout MutableSpan<UInt8>) -> Bool {
    guard UInt64(offset) &+ UInt64(destination.count) <= UInt64(bytes.count) else { return false }
    let start = Int(offset)
    for index in destination.indices { destination[index] = bytes[start &+ index] }
    return true
  }
}

/// The little-endian number at `offset`. The caller has checked that it lies inside.
@inlinable
package func littleEndian16(_ bytes: Span<UInt8>, at offset: Int) -> UInt16 {
  UInt16(bytes[offset]) | UInt16(bytes[offset &+ 1]) &<< 8
}

/// The little-endian number at `offset`. The caller has checked that it lies inside.
@inlinable
package func littleEndian32(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
  UInt32(bytes[offset]) | UInt32(bytes[offset &+ 1]) &<< 8 | UInt32(bytes[offset &+ 2]) &<< 16
    | UInt32(bytes[offset &+ 3]) &<< 24
}
