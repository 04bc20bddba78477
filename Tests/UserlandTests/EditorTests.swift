// The editor: keys, what they do to the text, and what a terminal shows then.

import Drivers
import Primitives
import SDK
import TestSupport
import Testing

@testable import Editing

/// The screen that the console has, as characters.
private final class Cells: CellMemory, @unchecked Sendable {
  var cells = [UInt16](repeating: 0x0720, count: 2_000)
  var cursor = 0
  func read(_ index: Int) -> UInt16 { cells[index] }
  func write(_ index: Int, _ cell: UInt16) { cells[index] = cell }
  func showCursor(at index: Int) { cursor = index }

  func row(_ row: Int) -> String {
    let bytes = cells[row * 80..<row * 80 + 80].map { UInt8($0 & 0xff) }
    return String(String(decoding: bytes, as: UTF8.self).reversed().drop { $0 == " " }.reversed())
  }
}

/// An editor at a terminal.
private struct Desk {
  var editor: TextEditor
  let cells = Cells()
  var console: TextConsole<Cells>
  var requests: [EditorRequest] = []

  init(_ text: String) {
    editor = TextEditor(Array(text.utf8), name: Array("/tmp/note".utf8))
    console = TextConsole(cells)
    editor.draw(to: &console)
  }

  mutating func type(_ keys: String) {
    for byte in keys.utf8 {
      let request = editor.accept(byte)
      if request != .nothing { requests.append(request) }
    }
    editor.draw(to: &console)
  }

  var text: String { String(decoding: Array(editor.buffer.lines.joined(separator: [0x0a])), as: UTF8.self) }
  var place: [Int] { [editor.cursor.line, editor.cursor.byte] }
}

private let up = "\u{1b}[A"
private let down = "\u{1b}[B"
private let right = "\u{1b}[C"
private let left = "\u{1b}[D"
private let home = "\u{1b}[H"
private let end = "\u{1b}[F"
private let delete = "\u{1b}[3~"
private let pageUp = "\u{1b}[5~"
private let pageDown = "\u{1b}[6~"

@Suite struct EditorTests {
  @Test(
    arguments: [
      ("", "ab\rc", "ab\nc"), ("one\ntwo", "\(down)\(end)\u{7f}x", "one\ntwx"), ("one\ntwo", "\(down)\u{7f}", "onetwo"),
      ("one\ntwo", "\(end)\(delete)", "onetwo"), ("one\ntwo", delete, "ne\ntwo"), ("a", "\u{7f}", "a"),
      ("a", "\(end)\(delete)", "a"), ("grün", "\(end)\(left)\u{7f}", "grn"), ("a b c", "\u{1b}f\u{1b}fX", "a bX c"),
      ("one two", "\(end)\u{1b}bX", "one Xtwo"), ("a\nb", "\(end)\u{1b}fX", "a\nXb"), ("a", "\t", "\ta"),
      ("one\ntwo\nthree", "\u{0b}\u{0b}\(end)\u{15}", "threeone\ntwo\n"),
      ("one\ntwo", "\u{0b}\(down)\u{0b}\u{15}\u{15}", "twotwo"),
      ("one\ntwo", "\u{0b}\(right)\u{19}", "tone\nwo"), ("", "\u{0b}\u{15}", ""), ("ab", "ßx", "ßxab"),
      ("1\n2\n3", "\u{07}3\rx\u{07}99\ry\u{07}1\rz\u{07}x\r!", "z!1\n2\nyx3"),
      ("one Two two", "\u{17}two\r1\u{17}\r2\u{17}\r3", "one 13Two 2two"), ("ab", "\u{17}x\r!", "!ab"),
      ("ab", "\u{17}x\u{03}!", "!ab"), ("öö x", "\u{17}öö\u{7f}\u{15}x\r!", "öö !x"),
    ])
  func keysChangeTheText(text: String, keys: String, result: String) {
    var desk = Desk(text)
    desk.type(keys)
    #expect(desk.text == result)
  }

  @Test func bytesThatAreNoCharacterAreDropped() {
    var desk = Desk("")
    for byte in [0xc3, 0x41, 0xff, 0x42, 0x80, 0xc3, 0x9f] as [UInt8] { _ = desk.editor.accept(byte) }
    #expect(desk.text == "ABß")
  }

  @Test func typingIsTakenBackTogetherAndChangesAreCounted() {
    var desk = Desk("one\ntwo\n")
    desk.type("abc")
    #expect(desk.cells.row(22).hasPrefix(" /tmp/note, changed  line 1 of 3, column 4"))
    desk.type("\(down)\u{0b}\u{1a}")
    #expect(desk.text == "abcone\ntwo\n" && desk.place == [2, 0])
    desk.type("\u{1a}")
    #expect(desk.text == "one\ntwo\n" && !desk.editor.buffer.isChanged)
    #expect(desk.cells.row(22).hasPrefix(" /tmp/note  line 1 of 3, column 1"))
    desk.type("\u{1a}")
    #expect(desk.cells.row(23) == "there is nothing to take back")
    desk.type("x\u{13}")
    #expect(desk.requests == [.save(name: Array("/tmp/note".utf8), isNew: false)])
    desk.editor.wasSaved(as: Array("/tmp/other".utf8))
    #expect(!desk.editor.buffer.isChanged)
    // What is typed after a save is not taken back with what was typed before it.
    desk.type("y\u{1a}")
    #expect(desk.text == "xone\ntwo\n" && !desk.editor.buffer.isChanged)
    desk.type("\u{1a}")
    #expect(desk.editor.buffer.isChanged)
  }

  @Test func leavingAsksWhereSomethingWasChanged() {
    var desk = Desk("a")
    desk.type("\u{11}")
    #expect(desk.requests == [.leave])
    desk = Desk("a")
    desk.type("x\u{18}")
    #expect(desk.requests.isEmpty && desk.cells.row(23).hasPrefix("save what was changed?"))
    desk.type("z\r\u{03}y")
    #expect(desk.requests.isEmpty && desk.text == "xya")
    desk.type("\u{18}y")
    #expect(desk.requests == [.saveAndLeave])
    desk.type("\u{18}n")
    #expect(desk.requests == [.saveAndLeave, .leave])
  }

  @Test func theNameCanBeAnotherOne() {
    var desk = Desk("a")
    desk.type("\u{0f}2\r\u{0f}\r\u{0f}\u{15}\r")
    #expect(
      desk.requests == [
        .save(name: Array("/tmp/note2".utf8), isNew: true), .save(name: Array("/tmp/note".utf8), isNew: false),
      ])
  }

  @Test(arguments: [("", ""), ("a", "a\n"), ("a\n", "a\n"), ("a\n\nb", "a\n\nb\n"), ("\n", "\n")])
  func aTextEndsWithALineEnd(text: String, saved: String) {
    #expect(TextBuffer(Array(text.utf8)).contents == Array(saved.utf8))
  }

  @Test func aTextHasAtMostSoMuch() {
    var buffer = TextBuffer([UInt8](repeating: 0x61, count: TextBuffer.byteLimit))
    let start = TextPlace(line: 0, byte: 0)
    #expect(buffer.replace(start, start, with: [0x62]) == nil)
    #expect(!buffer.isChanged && buffer.byteCount == TextBuffer.byteLimit)
    #expect(buffer.replace(start, TextPlace(line: 0, byte: 1), with: [0x62]) != nil)
  }

  @Test func whatIsKeptToTakeBackIsBounded() {
    var buffer = TextBuffer([])
    let start = TextPlace(line: 0, byte: 0)
    let (changes, bytes) = TextBuffer.historyLimit
    for _ in 0..<(changes + 10) { _ = buffer.replace(start, start, with: [0x61]) }
    var count = 0
    while buffer.undo() != nil { count += 1 }
    #expect(count == changes && buffer.byteCount == 10 && buffer.isChanged)
    buffer = TextBuffer([UInt8](repeating: 0x61, count: bytes + 1))
    _ = buffer.replace(start, buffer.end, with: [])
    #expect(buffer.undo() == nil && buffer.isChanged)
  }

  @Test(
    arguments: [
      ("plain\ttext\r\n", nil), ("ö\u{1b}[", nil), ("a\u{00}", 1), ("ab\u{07}", 2), ("\u{7f}", nil),
    ] as [(String, Int?)])
  func textsAreTold(text: String, place: Int?) {
    #expect(CharacterText.firstThatIsNone(in: Array(text.utf8)) == place)
  }

  @Test(arguments: [[0xff], [0xc3], [0xc3, 0x41], [0xe0, 0x80], [0x80]] as [[UInt8]])
  func brokenCharactersAreNoText(bytes: [UInt8]) {
    #expect(CharacterText.firstThatIsNone(in: [0x41] + bytes) == 1)
  }

  @Test func linesMoveToTheSideAndColumnsStayColumns() {
    let long = String(repeating: "0123456789", count: 12)
    var desk = Desk("\(long)\n\ta\u{01}b\n")
    #expect(desk.cells.row(0) == String(long.prefix(78)) + ">")
    #expect(desk.cells.row(1) == "        a?b")
    desk.type("\(down)\(right)\(right)\(up)x")
    #expect(desk.text.hasPrefix("012345678x9"))
    desk.type(end)
    let column = desk.editor.column(of: desk.editor.cursor)
    #expect(column == 121 && desk.cells.cursor == column - desk.editor.left)
    #expect(desk.cells.row(0).first == "<" && desk.cells.row(0).last == "9" && desk.cells.row(1) == "")
    desk.type(home)
    #expect(desk.editor.left == 0 && desk.cells.row(1) == "        a?b")
  }

  @Test func pagesAndWantedColumns() {
    var desk = Desk((1...60).map { $0 == 22 ? "" : "line \($0)" }.joined(separator: "\n"))
    desk.type("\(right)\(right)\(right)\(pageDown)")
    #expect(desk.place == [21, 0])
    desk.type(down)
    #expect(desk.place == [22, 3] && desk.cells.row(21) == "line 23")
    desk.type("\(pageDown)\(pageDown)\(pageDown)")
    #expect(desk.place == [59, 3])
    desk.type("\(pageUp)\(pageUp)\(pageUp)\(pageUp)")
    #expect(desk.place == [0, 3] && desk.cells.row(0) == "line 1")
  }

  /// Whatever is typed: the cursor is in the text and on the screen, what was drawn row by row is what is drawn anew, and taking
  /// all back leads to the text that was there.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func anyKeys(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pieces = [
      "a", "b", "ö", "漢", "\t", "\r", "\r", " ", up, down, left, right, home, end, delete, pageUp, pageDown, "\u{7f}",
      "\u{0b}",
      "\u{15}", "\u{17}a\r", "\u{07}2\r", "\u{1a}", "\u{1b}b", "\u{1b}f", "\u{0c}", "\u{0f}x\u{03}", "\u{18}\u{07}",
      String(repeating: "long ", count: 30), "\u{1b}[", "\u{03}",
    ]
    let first = (0..<Int.random(in: 0...50, using: &random)).map { "line\t\($0)" }.joined(separator: "\n")
    var desk = Desk(first)
    for _ in 0..<200 {
      desk.type(pieces.randomElement(using: &random)!)
      let buffer = desk.editor.buffer
      let cursor = desk.editor.cursor
      #expect(buffer.lines.indices.contains(cursor.line) && cursor.byte <= buffer.lines[cursor.line].count)
      #expect(!CharacterText.isInside(buffer.lines[cursor.line], cursor.byte))
      #expect(buffer.byteCount == desk.text.utf8.count)
      #expect(CharacterText.firstThatIsNone(in: buffer.contents) == nil)
      let cells = Cells()
      var console = TextConsole(cells)
      desk.editor.shown = []
      var again = desk.editor
      again.draw(to: &console)
      #expect(cells.cells == desk.cells.cells && cells.cursor == desk.cells.cursor)
      desk.editor.shown = again.shown
      if desk.editor.question == nil {
        #expect(cells.cursor == (cursor.line - again.top) * 80 + again.column(of: cursor) - again.left)
      }
    }
    while desk.editor.buffer.isChanged {
      let before = desk.text
      desk.type("\u{03}\u{1a}")
      guard desk.text != before || desk.editor.buffer.isChanged else { break }
      guard desk.cells.row(23) != "there is nothing to take back" else { break }
    }
    #expect(desk.text == first)
  }
}
