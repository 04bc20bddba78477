import Primitives
import SDK
import TestSupport
import Testing

@Suite struct ShellSyntaxTests {
  private func parse(_ line: String, status: Int32 = 0) throws(ShellSyntaxError) -> [ShellCommand] {
    try ShellSyntax.commands(in: Array(line.utf8), status: status)
  }

  @Test(
    arguments: [
      ("", []),
      ("   \t ", []),
      ("# a comment", []),
      ("ls /bin", [["ls", "/bin"]]),
      ("  ls   /bin  ", [["ls", "/bin"]]),
      ("a; b c ;d;", [["a"], ["b", "c"], ["d"]]),
      ("echo 'one two'  \"three  four\"", [["echo", "one two", "three  four"]]),
      ("echo ''", [["echo", ""]]),
      ("echo a'b'\"c\"d", [["echo", "abcd"]]),
      ("echo \"a\\\"b\\\\c\\d\"", [["echo", "a\"b\\c\\d"]]),
      ("echo 'a\\b;c#d&'", [["echo", "a\\b;c#d&"]]),
      ("echo a\\ b\\;c", [["echo", "a b;c"]]),
      ("echo a#b # c", [["echo", "a#b"]]),
      ("echo $? \"$?\" '$?' $x $", [["echo", "42", "42", "$?", "$x", "$"]]),
      ("rings; exit $?\r", [["rings"], ["exit", "42"]]),
    ] as [(String, [[String]])])
  func takesLinesApart(line: String, expected: [[String]]) throws {
    let commands = try parse(line, status: 42)
    let words = commands.map { $0.words.map { String(decoding: $0, as: UTF8.self) } }
    #expect(words == expected)
    #expect(commands.allSatisfy { !$0.isBackground })
  }

  @Test func backgroundCommands() throws {
    let commands = try parse("spin & ps; forever&")
    #expect(commands.map(\.isBackground) == [true, false, true])
    #expect(commands.map(\.words.count) == [1, 1, 1])
  }

  @Test func statusMayBeNegative() throws {
    #expect(try parse("echo $?", status: -3)[0].words[1] == Array("-3".utf8))
  }

  @Test(
    arguments: [
      ("echo 'abc", .unclosedQuote(position: 5), "the quote at column 6 is not closed"),
      ("echo \"abc'", .unclosedQuote(position: 5), "the quote at column 6 is not closed"),
      ("echo \"abc\\\"", .unclosedQuote(position: 5), "the quote at column 6 is not closed"),
      ("echo abc\\", .nothingAfterBackslash, "nothing follows the backslash at the end"),
      (";", .noCommand(position: 0), "there is no command in front of column 1"),
      ("a ; ; b", .noCommand(position: 4), "there is no command in front of column 5"),
      ("& a", .noCommand(position: 0), "there is no command in front of column 1"),
    ] as [(String, ShellSyntaxError, String)])
  func refusesWhatIsNoCommand(line: String, error: ShellSyntaxError, sentence: String) {
    #expect(throws: error) { try parse(line) }
    var collector = TextCollector()
    error.describe(to: &collector)
    #expect(collector.text == sentence)
  }

  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func randomLinesNeverTrapAndHaveNoEmptyCommands(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("ab $?;&'\"\\#\t\r".utf8) + [0, 0xff]
    for _ in 0..<200 {
      let length = Int.random(in: 0...24, using: &random)
      let line = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
      guard let commands = try? ShellSyntax.commands(in: line, status: 7) else { continue }
      #expect(commands.allSatisfy { !$0.words.isEmpty }, "seed \(seed), line \(line)")
    }
  }
}

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
