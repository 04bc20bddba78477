// The path of a file, copied from a caller.

import ABI
import Platform
import Primitives
import VirtualMemory

/// A path of at most 255 bytes.
package struct ProgramPath {
  /// The longest path, in bytes.
  package static var limit: UInt32 { 255 }

  private var bytes = InlineArray<256, UInt8>(repeating: 0)
  private var count = 0

  /// Copies a path from the caller's memory.
  package init(_ text: TextSlice, in context: Context) throws(SystemError) {
    guard text.length > 0 else { throw .badArgument }
    guard text.length <= Self.limit else { throw .tooLarge }
    var failure: SystemError?
    var target = bytes.mutableSpan
    unsafe target.withUnsafeMutableBytes { bytes in
      do throws(SystemError) {
        try unsafe UserBuffer(address: text.address, length: text.length, in: context).copyIn(
          to: bytes.baseAddress.unsafelyUnwrapped, count: text.length)
      } catch { failure = error }
    }
    if let failure { throw failure }
    count = Int(text.length)
  }

  package init(_ text: StaticString) {
    count = min(Int(Self.limit), text.utf8CodeUnitCount)
    for index in 0..<count { bytes[index] = unsafe text.utf8Start[index] }
  }

  package var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(first: count) }
  }

  /// The part after the last slash, cut to 31 bytes.
  package var name: Name {
    var start = 0
    for index in 0..<count where bytes[index] == 0x2f { start = index + 1 }
    var name = Name()
    for index in 0..<min(31, count - start) { name.bytes[index] = bytes[start + index] }
    return name
  }
}
