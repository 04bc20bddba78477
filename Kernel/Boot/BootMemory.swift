// How the boot parser sees physical memory: one window of it that is mapped. The kernel gives the direct
// map of the first 512 MiB, a test an array.
//
// Invariant: no address, size or pointer in what the loader left is followed without passing through
// `bytes(at:count:)`, which refuses everything that is not wholly inside the window.

import Primitives

/// A window of physical memory that can be read at some place in the address space.
@safe
public struct BootMemory {
  private let base: UnsafeRawPointer
  /// The physical addresses that the window shows.
  public let mapped: PhysicalRange

  /// - Parameters:
  ///   - mapped: the physical range of the window.
  ///   - base: where its first byte is mapped. All of the range must stay mapped there as long as the
  ///     value or anything made from it is used.
  @unsafe
  public init(mapping mapped: PhysicalRange, at base: UnsafeRawPointer) {
    unsafe self.base = base
    self.mapped = mapped
  }

  /// The `count` bytes at `address`, or nil where they are not all in the window.
  @_lifetime(borrow self)
  public func bytes(at address: PhysicalAddress, count: UInt64) -> Span<UInt8>? {
    guard let range = PhysicalRange(start: address, length: count),
      range.start >= mapped.start, range.end <= mapped.end
    else { return nil }
    let offset = Int(truncatingIfNeeded: address.value &- mapped.start.value)
    let start = unsafe (base + offset).assumingMemoryBound(to: UInt8.self)
    let span = unsafe Span(_unsafeStart: start, count: Int(truncatingIfNeeded: count))
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The bytes of `range`, or nil where they are not all in the window.
  @_lifetime(borrow self)
  public func bytes(of range: PhysicalRange) -> Span<UInt8>? {
    bytes(at: range.start, count: range.length)
  }

  /// The bytes of a range that was read before with success; no bytes for nil.
  @_lifetime(borrow self)
  func checkedBytes(of range: PhysicalRange?) -> Span<UInt8> {
    guard let range, let bytes = bytes(of: range) else { return Span() }
    return bytes
  }

  /// As `bytes(at:count:)`, with the error that says what was to be read.
  @_lifetime(borrow self)
  func require(
    _ part: BootPart, at address: PhysicalAddress, count: UInt64
  ) throws(BootError) -> Span<UInt8> {
    guard let span = bytes(at: address, count: count) else {
      throw .unreachable(part, address: address.value, length: count, mapped: mapped)
    }
    return span
  }

  /// The text at `address` without the NUL that ends it.
  /// - Parameter limit: how many bytes it may take, NUL included.
  /// - Throws: `unreachable`, or `unterminated` where no NUL comes within `limit`.
  func text(
    _ part: BootPart, at address: PhysicalAddress, limit: UInt64
  ) throws(BootError) -> PhysicalRange {
    _ = try require(part, at: address, count: 1)
    let available = min(limit, mapped.end.value &- address.value)
    let bytes = try require(part, at: address, count: available)
    for index in bytes.indices where bytes[index] == 0 {
      return PhysicalRange(address.value, address.value &+ UInt64(index))
    }
    throw .unterminated(part, address: address.value, limit: limit)
  }
}

extension Span<UInt8> {
  /// The little-endian 32-bit word at `offset`; the caller has checked that it is inside.
  func word32(at offset: Int) -> UInt32 {
    var word: UInt32 = 0
    for index in 0..<4 { word |= UInt32(self[offset &+ index]) &<< UInt32(index &* 8) }
    return word
  }

  /// The little-endian 64-bit word at `offset`; the caller has checked that it is inside.
  func word64(at offset: Int) -> UInt64 {
    UInt64(word32(at: offset)) | UInt64(word32(at: offset &+ 4)) &<< 32
  }
}
