import Primitives
import SDK
import TestSupport
import Testing

/// A terminal of one line: understands what LineEditor draws with.
private struct LineTerminal: TextOutput {
  private(set) var characters: [Unicode.Scalar] = []
  private(set) var column = 0
  private(set) var bells = 0
  private(set) var linesFinished = 0
  /// What stood in the line that was finished last.
  private(set) var lastLine = ""
  private var escape: [UInt8]?
  private var pending: [UInt8] = []

  mutating func write(byte: UInt8) {
    if escape != nil {
      escape?.append(byte)
      if byte >= 0x40, byte != 0x5b { finishEscape() }
      return
    }
    switch byte {
    case 0x1b: escape = []
    case 0x07: bells += 1
    case 0x0d: column = 0
    case 0x0a:
      lastLine = text
      characters = []
      column = 0
      linesFinished += 1
    default:
      pending.append(byte)
      let text = String(decoding: pending, as: UTF8.self)
      guard let scalar = text.unicodeScalars.first, scalar != "\u{fffd}" else { return }
      pending = []
      if column < characters.count { characters[column] = scalar } else { characters.append(scalar) }
      column += 1
    }
  }

  private mutating func finishEscape() {
    let sequence = String(decoding: escape ?? [], as: UTF8.self)
    escape = nil
    switch sequence.last {
    case "K": characters.removeSubrange(column...)
    case "D": column -= Int(sequence.dropFirst().dropLast()) ?? 1
    case "J": characters = []
    case "H": column = 0
    default: Issue.record("unknown sequence \(sequence)")
    }
  }

  var text: String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: characters)
    return String(text)
  }
}

private struct Desk {
  var editor: LineEditor
  var terminal = LineTerminal()

  init(width: Int = 100_000, completes: Bool = false) {
    editor = LineEditor(prompt: "> ", width: width, completes: completes)
    editor.begin(output: &terminal)
  }

  /// Types `keys`; returns the events that are not `.editing`.
  @discardableResult
  mutating func type(_ keys: String) -> [LineEditor.Event] { type(bytes: Array(keys.utf8)) }

  @discardableResult
  mutating func type(bytes: [UInt8]) -> [LineEditor.Event] {
    var events: [LineEditor.Event] = []
    for byte in bytes {
      let event = editor.accept(byte, output: &terminal)
      guard event != .editing else { continue }
      events.append(event)
      if event != .endOfInput { editor.begin(output: &terminal) }
    }
    return events
  }

  var line: String { String(decoding: editor.line, as: UTF8.self) }
}

private let up = "\u{1b}[A"
private let down = "\u{1b}[B"
private let right = "\u{1b}[C"
private let left = "\u{1b}[D"

@Suite struct LineEditorTests {
  @Test(arguments: [
    ("abc", "abc", 3),
    ("abc\(left)\(left)X", "aXbc", 2),
    ("abc\u{7f}", "ab", 2),
    ("abc\(left)\u{08}", "ac", 1),
    ("\u{7f}\(left)\(right)", "", 0),
    ("abc\u{01}X", "Xabc", 1),
    ("abc\u{01}\u{05}X", "abcX", 4),
    ("abc\u{1b}[H\u{1b}[3~", "bc", 0),
    ("abc\u{1b}[1~\u{1b}[4~X", "abcX", 4),
    ("one two\u{17}", "one ", 4),
    ("one two  \u{17}\u{17}", "", 0),
    ("one two\u{15}", "", 0),
    ("one two\(left)\(left)\(left)\u{15}", "two", 0),
    ("one two\u{01}\u{0b}\u{19}\u{19}", "one twoone two", 14),
    ("one two\u{1b}[1;5DX", "one Xtwo", 5),
    ("one two\u{01}\u{1b}fX", "oneX two", 4),
    ("abc\u{04}", "abc", 3),
    ("abc\(left)\u{04}", "ab", 2),
    ("a\tb", "a b", 3),
    ("zwölf\(left)\(left)\(left)\u{7f}", "zölf", 1),
    ("zö\u{7f}", "z", 1),
    ("zö\(left)x", "zxö", 2),
  ])
  func editsAndShowsTheSame(keys: String, line: String, cursor: Int) {
    var desk = Desk()
    #expect(desk.type(keys).isEmpty)
    #expect(desk.line == line)
    #expect(desk.editor.cursor == cursor)
    #expect(desk.terminal.text == "> " + line)
  }

  @Test func enterGivesTheLineAndStartsAnew() {
    var desk = Desk()
    #expect(desk.type("ls /bin\r") == [.line(Array("ls /bin".utf8))])
    #expect(desk.line.isEmpty)
    #expect(desk.type("a\r\nb\n") == [.line([0x61]), .line([0x62])])
    #expect(desk.terminal.linesFinished == 3)
  }

  @Test func controlKeysEndOrCancel() {
    var desk = Desk()
    #expect(desk.type("abc\u{03}") == [.cancelled])
    #expect(desk.line.isEmpty)
    #expect(desk.type("\u{04}") == [.endOfInput])
  }

  @Test func historyGoesBackAndForthAndKeepsTheDraft() {
    var desk = Desk()
    desk.type("one\rtwo\rtwo\r\r")
    #expect(desk.editor.history == [Array("one".utf8), Array("two".utf8)])
    desk.type("draft\(up)")
    #expect(desk.line == "two")
    desk.type(up)
    #expect(desk.line == "one")
    desk.type(up)
    #expect(desk.line == "one")
    #expect(desk.terminal.text == "> one")
    desk.type("\(down)\(down)")
    #expect(desk.line == "draft")
    #expect(desk.terminal.text == "> draft")
  }

  @Test func historyIsBounded() {
    var desk = Desk()
    for number in 0..<300 { desk.type("\(number)\r") }
    #expect(desk.editor.history.count == LineEditor.historyCapacity)
    #expect(desk.editor.history.last == Array("299".utf8))
  }

  @Test func lineIsBounded() {
    var desk = Desk()
    desk.type(String(repeating: "x", count: LineEditor.lengthLimit + 3))
    #expect(desk.editor.line.count == LineEditor.lengthLimit)
    #expect(desk.terminal.bells == 3)
    let refused = desk.type("\r")
    #expect(refused == [.refused])
    let events = desk.type("a\r")
    #expect(events == [.line([0x61])])
  }

  @Test func aLineThatBecameShortAgainIsTaken() {
    var desk = Desk()
    desk.type(String(repeating: "x", count: LineEditor.lengthLimit + 1) + "\u{15}b\r")
    #expect(desk.editor.history == [[0x62]])
  }

  @Test func clearScreenDrawsTheLineAgain() {
    var desk = Desk()
    desk.type("abc\(left)\u{0c}")
    #expect(desk.terminal.text == "> abc")
    #expect(desk.terminal.column == 4)
  }

  @Test(arguments: ["\u{1b}[", "\u{1b}[12", "\u{1b}[99999999999999", "\u{1b}O", "\u{1b}", "\u{1b}[1;2;3"])
  func brokenSequencesCostAtMostOneKey(prefix: String) {
    var desk = Desk()
    desk.type(prefix + "~~ab\r")
    desk.type("ok")
    #expect(desk.line == "ok")
  }

  @Test(
    arguments: [
      ([0xff, 0x61], "a"), ([0x80, 0x61], "a"), ([0xc3, 0x61], "a"), ([0xc3, 0xb6], "ö"),
      ([0xe2, 0x82, 0xac], "€"),
      ([0xe2, 0x82, 0x61], "a"), ([0xc3, 0x7f, 0xb6, 0x61], "a"), ([0xc0, 0xaf, 0x61], "a"),
      ([0xf0, 0x9f, 0x98, 0x80, 0x02, 0x78], "x😀"),
    ] as [([UInt8], String)])
  func onlyWholeCharactersEnterTheLine(bytes: [UInt8], line: String) {
    var desk = Desk()
    desk.type(bytes: bytes)
    #expect(desk.line == line)
    #expect(desk.terminal.text == "> " + line)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func randomKeysKeepLineCursorAndScreenInStep(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let keys = [
      "a", "b", " ", "ö", left, right, up, down, "\u{7f}", "\u{1b}[3~", "\u{01}", "\u{05}", "\u{17}",
      "\u{0b}",
      "\u{15}", "\u{19}", "\u{1b}b", "\u{1b}f", "\r", "\u{0c}", "\u{1b}[24~", "\u{1b}\u{1b}[A",
    ]
    var desk = Desk()
    for step in 0..<400 {
      desk.type(keys[Int.random(in: 0..<keys.count, using: &random)])
      #expect(desk.terminal.text == "> " + desk.line, "seed \(seed), step \(step)")
      let before = String(decoding: desk.editor.line[..<desk.editor.cursor], as: UTF8.self)
      #expect(desk.terminal.column == 2 + before.unicodeScalars.count, "seed \(seed), step \(step)")
    }
  }
}

@Suite struct LongLineTests {
  @Test func aWindowFollowsTheCursor() {
    var desk = Desk(width: 20)  // 17 columns behind the prompt
    desk.type("abcdefghijklmnopq")
    #expect(desk.terminal.text == "> abcdefghijklmnopq")
    desk.type("r")
    #expect(desk.terminal.text == "> <lmnopqr")
    #expect(desk.terminal.column == 10)
    desk.type("\u{01}")
    #expect(desk.terminal.text == "> abcdefghijklmnop>")
    #expect(desk.terminal.column == 2)
    desk.type("\u{1b}[3~")
    #expect(desk.terminal.text == "> bcdefghijklmnopqr")
  }

  @Test func enterLeavesAllOfItOnTheTerminal() {
    var desk = Desk(width: 20)
    let line = "echo a line that is longer than the terminal"
    let events = desk.type(line + "\(left)\(left)\r")
    #expect(events == [.line(Array(line.utf8))])
    #expect(desk.terminal.lastLine == "> " + line)
  }

  /// Whatever is typed, the terminal shows the part of the line around the cursor, with the cursor in its place.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func randomKeysKeepTheCursorInTheWindow(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let keys = [
      "a", "bcd", "efgh ", "ö", "ijklmnop", left, left, right, up, down, "\u{7f}", "\u{1b}[3~", "\u{01}", "\u{05}",
      "\u{17}", "\u{0b}", "\u{15}", "\u{19}", "\u{1b}b", "\u{1b}f", "\r", "\u{0c}", "\u{12}", "\u{07}",
    ]
    var desk = Desk(width: 24)
    for step in 0..<400 {
      desk.type(keys[Int.random(in: 0..<keys.count, using: &random)])
      guard !desk.terminal.text.hasPrefix("search"), !desk.terminal.text.hasPrefix("no such line") else { continue }
      let shown = Array(desk.terminal.text.unicodeScalars.dropFirst(2))
      let line = Array(desk.line.unicodeScalars)
      let cursor = String(decoding: desk.editor.line[..<desk.editor.cursor], as: UTF8.self).unicodeScalars.count
      let column = desk.terminal.column - 2
      #expect(shown.count <= 21 && column >= 0 && column <= shown.count, "seed \(seed), step \(step)")
      // What is shown, but for the marks, is the line around the cursor.
      for (index, scalar) in shown.enumerated() where scalar != "<" && scalar != ">" {
        let place = cursor - column + index
        #expect(place >= 0 && place < line.count && line[place] == scalar, "seed \(seed), step \(step)")
      }
      if line.count <= 21 { #expect(shown == line, "seed \(seed), step \(step)") }
    }
  }
}

@Suite struct HistorySearchTests {
  private func searching(_ keys: String) -> Desk {
    var desk = Desk(width: 80)
    desk.type("ls /bin\rrings\rls /lib\rdraft\u{12}")
    desk.type(keys)
    return desk
  }

  @Test(arguments: [
    ("ls", "ls /lib"), ("ls\u{12}", "ls /bin"), ("ls\u{12}\u{12}", "ls /bin"), ("lsx", "ls /lib"), ("ri", "rings"),
    ("ls\u{12}\u{7f}", "ls /lib"), ("ls\u{07}", "draft"), ("ls\u{03}", "draft"), ("", "draft"),
  ])
  func findsEarlierLines(keys: String, line: String) {
    let desk = searching(keys)
    #expect(desk.line == line)
  }

  @Test func showsWhatItLooksFor() {
    #expect(searching("ls\u{12}").terminal.text == "search \"ls\": ls /bin")
    #expect(searching("xx").terminal.text == "no such line \"xx\": draft")
  }

  @Test func otherKeysTakeTheLine() {
    var desk = searching("rin")
    let events = desk.type("\r")
    #expect(events == [.line(Array("rings".utf8))])
    desk = searching("bin\u{01}X")
    #expect(desk.line == "Xls /bin")
    #expect(desk.terminal.text == "> Xls /bin")
    desk = searching("bin\(down)")
    #expect(desk.line == "rings")
  }
}

@Suite struct ReplacementTests {
  @Test func tabAsksAndTheOwnerReplaces() {
    var desk = Desk(width: 80, completes: true)
    let event = desk.editor.accept(0x09, output: &desk.terminal)
    #expect(event == .completion)
    desk.type("echo ring x\(left)\(left)")
    desk.editor.replace(from: 5, with: Array("rings".utf8), output: &desk.terminal)
    #expect(desk.line == "echo rings x")
    #expect(desk.editor.cursor == 10)
    #expect(desk.terminal.text == "> echo rings x")
    desk.editor.replace(from: 5, with: Array("ö".utf8), output: &desk.terminal)
    desk.editor.replace(from: 5, with: Array("ü".utf8), output: &desk.terminal)
    #expect(desk.line == "echo ü x")
    #expect(desk.terminal.text == "> echo ü x")
  }
}
