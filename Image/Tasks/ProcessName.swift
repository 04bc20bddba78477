// The path and the short name of a program.

import ABI
import Primitives

/// A path of at most 255 bytes.
struct PathBytes {
  var bytes = InlineArray<256, UInt8>(repeating: 0)
  var count = 0

  var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(first: count) }
  }
}

struct ProcessName {
  var path = PathBytes()

  init() {}

  /// Copies a path from the caller's memory.
  init(_ text: TextSlice) throws(SystemError) {
    guard text.length > 0 else { throw .badArgument }
    guard text.length <= ProcessStart.pathLimit else { throw .tooLarge }
    var failure: SystemError?
    var target = path.bytes.mutableSpan
    target.withUnsafeMutableBytes { bytes in
      do throws(SystemError) {
        try UserBuffer(address: text.address, length: text.length).copyIn(
          to: bytes.baseAddress.unsafelyUnwrapped, count: text.length)
      } catch { failure = error }
    }
    if let failure { throw failure }
    path.count = Int(text.length)
  }

  mutating func set(_ text: StaticString) {
    path.count = min(255, text.utf8CodeUnitCount)
    for index in 0..<path.count { path.bytes[index] = text.utf8Start[index] }
  }

  /// The part after the last slash, cut to 31 bytes.
  var short: Name {
    var start = 0
    for index in 0..<path.count where path.bytes[index] == 0x2f { start = index + 1 }
    var name = Name()
    for index in 0..<min(31, path.count - start) { name.bytes[index] = path.bytes[start + index] }
    return name
  }
}

/// One line of text on its way to a caller; longer lines are cut.
struct TextBuffer: TextOutput {
  private var bytes = InlineArray<256, UInt8>(repeating: 0)
  private var count = 0

  @inline(never)
  mutating func write(byte: UInt8) {
    guard count < 256 else { return }
    bytes[count] = byte
    count += 1
  }

  var isEmpty: Bool { count == 0 }

  var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(first: count) }
  }

  /// Copies the text, ended by a zero byte, to a caller's buffer. A bad buffer loses the text, nothing else.
  mutating func deliver(to buffer: UserBuffer?) {
    guard let buffer, buffer.length > 0 else { return }
    // The length is the caller's word and may not fit into an Int.
    let length = Int(min(UInt32(count), buffer.length - 1, 255))
    bytes[length] = 0
    bytes.span.withUnsafeBytes { source in
      do throws(SystemError) {
        try buffer.copyOut(from: source.baseAddress.unsafelyUnwrapped, count: UInt32(length + 1))
      } catch {}
    }
  }
}
