import Primitives
import SDK
import TestSupport
import Testing

@Suite struct BytesTests {
  @Test(
    arguments: [
      ("0", 0), ("42", 42), ("4294967295", 4_294_967_295), ("0x10", 16), ("0XfF", 255),
      ("0xffffffff", 4_294_967_295),
      ("", nil), ("x", nil), ("-1", nil), ("1 ", nil), ("0x", nil), ("4294967296", nil), ("0x100000000", nil),
      ("1a", nil),
      ("0xg", nil), ("99999999999999999999", nil),
    ] as [(String, UInt32?)])
  func numbers(text: String, expected: UInt32?) {
    let bytes = Array(text.utf8)
    let number = bytes.withUnsafeBufferPointer { buffer in
      buffer.isEmpty ? Bytes("").number : Bytes(start: buffer.baseAddress!, count: buffer.count).number
    }
    #expect(number == expected)
  }

  @Test func comparisons() {
    let bytes = Bytes("--ring0")
    #expect(bytes == "--ring0")
    #expect(!(bytes == "--ring"))
    #expect(!(bytes == "--ring3"))
    #expect(bytes.hasPrefix("--"))
    #expect(bytes.hasPrefix(""))
    #expect(!bytes.hasPrefix("--ring0x"))
    #expect(bytes.dropFirst(2) == "ring0")
    #expect(bytes.dropFirst(7).count == 0)
  }

  @Test func padding() {
    var collector = TextCollector()
    collector.write("ab", width: 4)
    collector.write("abcd", width: 2)
    collector.pad(-1)
    collector.write("|")
    #expect(collector.text == "ab  abcd|")
  }
}
