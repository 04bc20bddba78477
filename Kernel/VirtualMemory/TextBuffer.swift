// A sentence that a call returns besides its result.

import ABI
import Platform
import Primitives

/// One line of text on its way to a caller; longer lines are cut.
package struct TextBuffer: TextOutput {
  private var bytes = InlineArray<256, UInt8>(repeating: 0)
  private var count = 0

  package init() {}

  @inline(never)
  package mutating func write(byte: UInt8) {
    guard count < 256 else { return }
    bytes[count] = byte
    count += 1
  }

  package var isEmpty: Bool { count == 0 }

  package var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(first: count) }
  }

  /// Copies the text, ended by a zero byte, to a caller's buffer. A bad buffer loses the text, nothing else.
  package mutating func deliver(to buffer: UserBuffer?) {
    guard let buffer, buffer.length > 0 else { return }
    // The length is the caller's word and may not fit into an Int.
    let length = Int(min(UInt32(count), buffer.length - 1, 255))
    bytes[length] = 0
    unsafe bytes.span.withUnsafeBytes { source in
      do throws(SystemError) {
        unsafe try buffer.copyOut(from: source.baseAddress.unsafelyUnwrapped, count: UInt32(length + 1))
      } catch {}
    }
  }
}
