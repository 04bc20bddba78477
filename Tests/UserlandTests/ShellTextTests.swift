// The commands for texts, and the pager.

import SDK
import TestSupport
import Testing

@testable import ShellLanguage

@Suite struct ShellTextTests {
  private func lines(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    return TextTools.lines(of: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test func textsHaveLines() {
    #expect(lines("") == [])
    #expect(lines("a\nb") == ["a", "b"])
    #expect(lines("a\n\nb\n") == ["a", "", "b"])
    #expect(lines("\n") == [""])
  }

  @Test(
    arguments: [("", 0, 0, 0), ("a b\nc", 1, 3, 5), ("  one\ttwo \r\n", 1, 2, 12)] as [(String, Int, Int, Int)])
  func counts(text: String, lines: Int, words: Int, bytes: Int) {
    #expect(TextTools.counts(of: Array(text.utf8)) == TextTools.Counts(lines: lines, words: words, bytes: bytes))
  }

  @Test(
    arguments: [
      ("ing", "rings", false, false, true), ("ING", "rings", false, false, false), ("ING", "rings", true, false, true),
      ("x", "rings", false, true, true), ("r*s", "a rings b", false, false, true),
      ("r?ng[st]", "rings", false, false, true),
      ("", "", false, false, true),
    ] as [(String, String, Bool, Bool, Bool)])
  func searches(text: String, line: String, ignoresCase: Bool, isInverted: Bool, fits: Bool) {
    let search = TextTools.Search(Array(text.utf8), ignoresCase: ignoresCase, isInverted: isInverted)
    #expect(search.fits(Array(line.utf8)) == fits)
  }

  @Test func sorts() {
    func sorted(_ lines: [String], _ n: Bool = false, _ r: Bool = false, _ u: Bool = false) -> [String] {
      TextTools.sorted(lines.map { Array($0.utf8) }, isNumeric: n, isReversed: r, isUnique: u)
        .map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(sorted(["b", "a", "10", "9", "a"]) == ["10", "9", "a", "a", "b"])
    #expect(sorted(["b", "a", "a"], false, true, true) == ["b", "a"])
    #expect(
      sorted(["10 x", "9", "-3", "99999999999999999999", ""], true) == ["-3", "", "9", "10 x", "99999999999999999999"])
  }

  @Test func showsBytesAsNumbers() {
    var text = TextCollector()
    TextTools.writeHexRow(Array("Megha\n".utf8) + [0xff], at: 32, to: &text)
    #expect(text.text == "0x00000020  4d 65 67 68 61 0a ff                              |Megha..|\n")
  }

  @Test func namesStandInColumns() {
    var text = TextCollector()
    TextTools.writeColumns(["a", "bb", "c", "dddd", "e"].map { Array($0.utf8) }, width: 12, to: &text)
    #expect(text.text == "a     dddd\nbb    e\nc\n")
    var narrow = TextCollector()
    TextTools.writeColumns([Array("abcdef".utf8), [0x67]], width: 3, to: &narrow)
    #expect(narrow.text == "abcdef\ng\n")
  }

  @Test func thePagerMovesWithinTheText() {
    let text = (1...30).map { "line \($0)\n" }.joined() + String(repeating: "x", count: 25)
    var pager = Pager(Array(text.utf8), name: Array("f".utf8), width: 10, height: 11)
    #expect(!pager.isShort)
    func type(_ keys: [TerminalKey]) -> Int {
      for key in keys { _ = pager.accept(key) }
      return pager.top
    }
    #expect(type([.up]) == 0)
    #expect(type([.text(0x20)]) == 10)
    #expect(type([.down, .enter]) == 12)
    #expect(type([.text(0x62)]) == 2)
    #expect(type([.text(0x47)]) == 23)  // 33 rows: the last line takes three
    #expect(type([.text(0x20)]) == 23)
    #expect(type([.home]) == 0)
    var screen = TextCollector()
    pager.draw(to: &screen)
    #expect(screen.text.hasPrefix("\u{1b}[2J\u{1b}[Hline 1\nline 2\n"))
    #expect(screen.text.hasSuffix("line 10\nf: lines 1 to 10 of 33; space, b, arrows, q"))
    let goesOn = pager.accept(.text(0x71))
    #expect(!goesOn)
    #expect(Pager(Array("a\n".utf8), name: [], width: 10, height: 5).isShort)
  }
}
