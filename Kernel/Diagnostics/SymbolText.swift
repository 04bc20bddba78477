// Text that lives somewhere else and is only looked at: names in a symbol table, literals.
//
// Invariant: the bytes outlive the value. Symbol tables are part of the kernel image, of a loaded module or of
// the boot archive, and none of them moves while a fault is being explained.

import Primitives

/// A name or a file name in a symbol table.
@safe
public struct SymbolText {
  private let start: UnsafePointer<UInt8>?
  /// Bytes of UTF-8.
  public let count: Int

  /// - Safety: the bytes must outlive every copy of this value.
  @unsafe
  public init(start: UnsafePointer<UInt8>?, count: Int) {
    unsafe self.start = unsafe start
    self.count = unsafe start == nil ? 0 : max(count, 0)
  }

  public init(_ literal: StaticString) {
    unsafe self.init(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
  }

  public static var empty: SymbolText { unsafe SymbolText(start: nil, count: 0) }
  public var isEmpty: Bool { count == 0 }

  /// The byte at `index`, or nil past the end.
  public subscript(index: Int) -> UInt8? {
    guard let start = unsafe start, index >= 0, index < count else { return nil }
    return unsafe start[index]
  }

  /// Writes the text; control bytes, which a damaged table could hold, as `?`.
  public func write(to output: inout some TextOutput) {
    guard let start = unsafe start else { return }
    for index in 0..<count {
      let byte = unsafe start[index]
      output.write(byte: byte < 0x20 || byte == 0x7f ? 0x3f : byte)
    }
  }
}
