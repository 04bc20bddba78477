// A name in a symbol table, which is only looked at: it is unpacked while it is written.
//
// Invariants: the bytes outlive the value. Symbol tables are part of the kernel image, of a loaded module or of the boot
// archive, and none of them moves while a fault is being explained. No byte behind the text is read, whatever its bytes are.

import Primitives

/// A name or a file name in a symbol table.
@safe
public struct SymbolText {
  private let start: UnsafePointer<UInt8>?
  /// Bytes of the packed text.
  private let packedCount: Int

  /// - Safety: the bytes must outlive every copy of this value.
  @unsafe
  init(start: UnsafePointer<UInt8>?, packedCount: Int) {
    unsafe self.start = unsafe start
    self.packedCount = unsafe start == nil ? 0 : max(packedCount, 0)
  }

  static var empty: SymbolText { unsafe SymbolText(start: nil, packedCount: 0) }
  public var isEmpty: Bool { packedCount == 0 }

  /// Writes the text; control bytes, which a damaged table could hold, as `?`.
  public func write(to output: inout some TextOutput) {
    typealias Format = SymbolTableFormat
    guard let start = unsafe start else { return }
    var index = 0
    while index < packedCount {
      let byte = unsafe start[index]
      index &+= 1
      if byte >= Format.firstShortCode && byte < Format.firstLongCode {
        CommonTexts.write(UInt32(byte &- Format.firstShortCode), to: &output)
        continue
      }
      guard byte == Format.quote || byte >= Format.firstLongCode else {
        output.write(byte: byte < 0x20 || byte == 0x7f ? 0x3f : byte)
        continue
      }
      guard index < packedCount else { return }
      let second = unsafe start[index]
      index &+= 1
      if byte == Format.quote {
        output.write(byte: second < 0x80 ? 0x3f : second)
      } else {
        CommonTexts.write(Format.longCode(byte, second), to: &output)
      }
    }
  }
}
