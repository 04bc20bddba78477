import Drivers
import Primitives
import TestSupport
import Testing

/// The 2,000 cells and the cursor registers of a screen.
private final class Screen: @unchecked Sendable {
  @TaskLocal static var current = Screen()
  var cells = [UInt16](repeating: 0xdead, count: 2_000)

  func row(_ row: Int) -> String {
    let bytes = cells[row * 80..<row * 80 + 80].map { UInt8($0 & 0xff) }
    let text = String(decoding: bytes, as: UTF8.self)
    return String(text.reversed().drop { $0 == " " }.reversed())
  }
  func attribute(_ row: Int, _ column: Int) -> UInt16 { cells[row * 80 + column] >> 8 }
}

/// An index outside the screen ends the test run, so that no test can miss it.
private struct FakeCells: CellMemory {
  func read(_ index: Int) -> UInt16 { Screen.current.cells[index] }
  func write(_ index: Int, _ cell: UInt16) { Screen.current.cells[index] = cell }
  func showCursor(at index: Int) { TextModeCursor<FakePorts>.show(at: index) }
}

private typealias Console = TextConsole<FakeCells>

extension TextOutput {
  fileprivate mutating func send(_ text: String) { for byte in text.utf8 { write(byte: byte) } }
}

@Suite struct TextConsoleTests {
  /// Runs `body` with a cleared screen.
  private func withConsole<Result>(_ body: (inout Console, Screen, Recorder) throws -> Result) rethrows
    -> Result
  {
    try Recorder().run { recorder in
      let screen = Screen()
      return try Screen.$current.withValue(screen) {
        var console = Console(FakeCells())
        console.clear()
        _ = recorder.takeTrace()
        return try body(&console, screen, recorder)
      }
    }
  }

  @Test func clearingFillsTheScreenWithBlanks() {
    withConsole { console, screen, _ in
      #expect(screen.cells == [UInt16](repeating: 0x0720, count: 2_000))
      #expect(console.row == 0 && console.column == 0)
    }
  }

  @Test func everyByteMovesTheHardwareCursor() {
    withConsole { console, _, recorder in
      console.write(byte: 0x41)
      #expect(recorder.takeTrace() == ["out 3d4 e", "out 3d5 0", "out 3d4 f", "out 3d5 1"])
      console.send("\u{1b}[25;80H")
      _ = recorder.takeTrace()
      console.write("")
      #expect(recorder.takeTrace() == ["out 3d4 e", "out 3d5 7", "out 3d4 f", "out 3d5 cf"])
    }
  }

  @Test func aTextMovesTheHardwareCursorOnce() {
    withConsole { console, screen, recorder in
      console.write("hello")
      #expect(recorder.takeTrace().count == 4)
      let bytes: [UInt8] = [0x20, 0x79, 0x6f, 0x75]
      console.write(bytes.span)
      #expect(recorder.takeTrace().count == 4)
      #expect(screen.row(0) == "hello you")
    }
  }

  @Test(arguments: [
    ("ab\ncd", "ab|cd", 1, 2), ("ab\rc", "cb", 0, 1), ("ab\u{8}c", "ac", 0, 2), ("\u{8}\u{8}a", "a", 0, 1),
    ("a\tb", "a       b", 0, 9), ("12345678\tb", "12345678        b", 0, 17), ("a\u{7}\u{0}b", "ab", 0, 2),
    ("a\u{7f}b", "ab", 0, 2), ("é→", "??", 0, 2), ("a\r\nb", "a|b", 1, 1), ("a\u{b}b\u{c}c", "a|b|c", 2, 1),
  ])
  func controlCharactersAreObeyed(text: String, rows: String, row: Int, column: Int) {
    withConsole { console, screen, _ in
      console.send(text)
      for (index, expected) in rows.split(separator: "|").enumerated() {
        #expect(screen.row(index) == expected)
      }
      #expect(console.row == row && console.column == column)
    }
  }

  @Test func aLineFeedAloneKeepsTheColumnWhenAsked() {
    withConsole { console, screen, _ in
      console.returnsAtLineFeed = false
      console.send("ab\ncd\u{1b}c")
      #expect(!console.returnsAtLineFeed)
      console.send("ab\ncd")
      #expect(screen.row(1) == "  cd")
    }
  }

  @Test func aFullLineWrapsOnlyWhenMoreComes() {
    withConsole { console, screen, _ in
      let line = String(repeating: "x", count: 80)
      console.send(line)
      #expect(console.row == 0 && console.column == 79)
      console.send("\n" + line)
      #expect(console.row == 1)
      console.send("y")
      #expect(screen.row(1) == line)
      #expect(screen.row(2) == "y")
      #expect(console.row == 2 && console.column == 1)
    }
  }

  @Test func theLastRowScrolls() {
    withConsole { console, screen, _ in
      for number in 0..<30 { console.send("line \(number)\n") }
      #expect(screen.row(0) == "line 6")
      #expect(screen.row(23) == "line 29")
      #expect(screen.row(24) == "")
      console.send(String(repeating: "z", count: 81))
      #expect(screen.row(24) == "z")
      #expect(screen.row(23) == String(repeating: "z", count: 80))
    }
  }

  @Test(arguments: [
    ("[H", 0, 0), ("[5;7H", 4, 6), ("[5;7f", 4, 6), ("[5H", 4, 0), ("[;9H", 0, 8), ("[0;0H", 0, 0),
    ("[99;999H", 24, 79), ("[9999999999999999;1H", 24, 0), ("[65537;65538H", 24, 79), ("[A", 9, 10),
    ("[3A", 7, 10), ("[99A", 0, 10),
    ("[B", 11, 10), ("[99B", 24, 10), ("[C", 10, 11), ("[4C", 10, 14), ("[999C", 10, 79), ("[D", 10, 9),
    ("[4D", 10, 6), ("[0D", 10, 9), ("[999D", 10, 0), ("[33G", 10, 32), ("[5z", 10, 10), ("[?25l", 10, 10),
    ("(B", 10, 10), ("=", 10, 10), ("[1;2;3;4;5;6;7;8;9;10;11H", 0, 1),
  ])
  func cursorSequencesMoveInsideTheGrid(sequence: String, row: Int, column: Int) {
    withConsole { console, screen, _ in
      console.send("\u{1b}[11;11H\u{1b}" + sequence)
      #expect(console.row == row && console.column == column)
      #expect(screen.cells == [UInt16](repeating: 0x0720, count: 2_000))
    }
  }

  @Test func theCursorIsSavedAndRestored() {
    withConsole { console, _, _ in
      console.send("\u{1b}[5;6H\u{1b}[s\u{1b}[20;20H\u{1b}[u")
      #expect(console.row == 4 && console.column == 5)
      console.send("\u{1b}7\u{1b}[20;20H\u{1b}8")
      #expect(console.row == 4 && console.column == 5)
    }
  }

  @Test(arguments: [
    ("[K", 4, 12 * 80 + 40..<13 * 80), ("[0K", 4, 12 * 80 + 40..<13 * 80), ("[1K", 4, 12 * 80..<12 * 80 + 41),
    ("[2K", 4, 12 * 80..<13 * 80), ("[J", 4, 12 * 80 + 40..<2_000), ("[1J", 4, 0..<12 * 80 + 41),
    ("[2J", 4, 0..<2_000), ("[3J", 4, 0..<2_000), ("[7J", 4, 0..<0), ("[7K", 4, 0..<0),
  ])
  func erasingTakesExactlyTheseCells(sequence: String, background: Int, erased: Range<Int>) {
    withConsole { console, screen, _ in
      screen.cells = [UInt16](repeating: 0x0758, count: 2_000)
      console.send("\u{1b}[13;41H\u{1b}[4\(background)m\u{1b}" + sequence)
      for index in 0..<2_000 {
        #expect(screen.cells[index] == (erased.contains(index) ? 0x1720 : 0x0758))
      }
      #expect(console.row == 12 && console.column == 40)
    }
  }

  @Test(arguments: [
    ("", UInt16(0x07)), ("31", 0x04), ("32", 0x02), ("33", 0x06), ("34", 0x01), ("37", 0x07), ("30;47", 0x70),
    ("1;31", 0x0c), ("1;31;22", 0x04), ("91", 0x0c), ("97;44", 0x1f), ("41;39", 0x47), ("7", 0x70),
    ("7;27", 0x07), ("31;0", 0x07), ("31;", 0x07), ("31;49;42", 0x24), ("103", 0x67), ("38", 0x07),
    ("31;9999", 0x04), ("1;34;41;7", 0x1c),
  ])
  func coloursBecomeAttributes(parameters: String, attribute: UInt16) {
    withConsole { console, screen, _ in
      console.send("\u{1b}[\(parameters)mA")
      #expect(screen.attribute(0, 0) == attribute)
      #expect(screen.row(0) == "A")
    }
  }

  @Test(arguments: [
    "\u{1b}", "\u{1b}[", "\u{1b}[1", "\u{1b}[1;", "\u{1b}[?", "\u{1b}[?12", "\u{1b}[ ", "\u{1b}(", "\u{1b}#",
    "\u{1b}[" + String(repeating: "1;", count: 100), "\u{1b}[" + String(repeating: "9", count: 500),
    "\u{1b}" + String(repeating: " ", count: 100), "\u{1b}[1\u{1b}[2",
  ])
  func anyBrokenSequenceIsLeftAgain(garbage: String) {
    withConsole { console, screen, _ in
      for abort in ["\u{18}", "\u{1a}", "\u{1b}[1m\u{1b}[0m", "\u{7f}"] {
        console.send(garbage + abort + "\r\u{1b}[2J\u{1b}[Hok")
        #expect(screen.row(0) == "ok")
      }
      // Without any abort at most 32 bytes are lost.
      console.send(garbage + String(repeating: " ", count: 33) + "\u{1b}[2J\u{1b}[Hstill ok")
      #expect(screen.row(0) == "still ok")
    }
  }

  @Test func aSequenceEndsAfterThirtyTwoBytes() {
    withConsole { console, screen, _ in
      console.send("\u{1b}[" + String(repeating: "1", count: 32) + "text")
      #expect(screen.row(0) == "text")
      console.send("\r\u{1b}[" + String(repeating: "1", count: 30) + "mlonger")
      #expect(screen.row(0) == "longer")
    }
  }

  @Test func erasingBackwardsFromAFullLineTakesItsLastCharacter() {
    withConsole { console, screen, _ in
      console.send(String(repeating: "x", count: 80) + "\u{8} \u{8}")
      #expect(screen.row(0) == String(repeating: "x", count: 79))
      #expect(console.row == 0 && console.column == 79)
      console.send("y\u{8} \u{8}\u{8} \u{8}")
      #expect(screen.row(0) == String(repeating: "x", count: 78))
      #expect(console.column == 78)
    }
  }

  @Test func controlCharactersWorkInsideASequence() {
    withConsole { console, screen, _ in
      console.send("ab\u{1b}[3\n1mc")
      #expect(screen.row(1) == "c")
      #expect(screen.attribute(1, 0) == 0x04)
    }
  }

  @Test(arguments: 1...12)
  func randomBytesKeepTheCursorInsideTheGrid(seed: Int) {
    withConsole { console, screen, recorder in
      var generator = SeededGenerator(seed: UInt64(seed))
      let likely = Array("\u{1b}\u{1b}\u{1b}[[[0123456789;;;ABCDGHJKfmsu?c78\n\t\r\u{8}".utf8)
      for _ in 0..<30_000 {
        let byte =
          Bool.random(using: &generator)
          ? likely.randomElement(using: &generator)! : UInt8.random(in: 0...255, using: &generator)
        console.write(byte: byte)
        #expect((0..<25).contains(console.row) && (0..<80).contains(console.column))
      }
      let position = UInt32(console.row * 80 + console.column)
      _ = recorder.takeTrace()
      console.write("")
      #expect(recorder.writes(to: 0x3d5) == [position >> 8, position & 0xff])
      console.send("\u{18}\u{1b}cfine")
      #expect(screen.row(0) == "fine")
      #expect(screen.attribute(0, 0) == 0x07)
    }
  }
}
