// The history file: what is taken out of it, whatever is in it.

import SDK
import TestSupport
import Testing

@testable import ShellLanguage

@Suite struct HistoryTextTests {
  private func lines(_ text: [UInt8]) -> [String] {
    HistoryText.lines(of: text).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    arguments: [
      ("", []), ("a\nb\n", ["a", "b"]), ("a\n\n\nb", ["a", "b"]), ("a\na\nb\na\n", ["a", "b", "a"]),
      ("ö\n\u{1b}[2J\ntab\there\n\u{7f}\nb\r\n", ["ö"]),
    ] as [(String, [String])])
  func linesThatCouldBeTypedAreTaken(text: String, expected: [String]) { #expect(lines(Array(text.utf8)) == expected) }

  @Test func longLinesAndOldOnesAreNotTaken() {
    let limit = LineEditor.lengthLimit
    let long = [UInt8](repeating: 0x61, count: limit)
    #expect(lines(long + [0x0a]).count == 1 && lines(long + [0x61, 0x0a]).isEmpty)
    let many = HistoryText.text(of: (0..<300).map { Array("line \($0)".utf8) })
    #expect(lines(many).count == LineEditor.historyCapacity && lines(many).last == "line 299")
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func anyBytesGiveLinesThatComeBack(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in
        [0x0a, 0x20, 0x61, 0xc3, 0xa4, 0x00, 0xff, 0x09].randomElement(using: &random)! as UInt8
      }
      let lines = HistoryText.lines(of: text)
      #expect(HistoryText.lines(of: HistoryText.text(of: lines)) == lines)
    }
  }

  @Test func formerLinesComeBeforeThoseOfNow() {
    var editor = LineEditor(prompt: "> ")
    var output = TextCollector()
    func type(_ text: String) { for byte in text.utf8 { _ = editor.accept(byte, output: &output) } }
    editor.begin(output: &output)
    type("two\r")
    editor.putInFront(["one", "two"].map { Array($0.utf8) })
    #expect(editor.history == [Array("one".utf8), Array("two".utf8)])
    editor.begin(output: &output)
    type("\u{10}\u{10}")
    #expect(editor.line == Array("one".utf8))
    editor.putInFront((0..<300).map { Array("\($0)".utf8) })
    #expect(editor.history.count == LineEditor.historyCapacity && editor.history.last == Array("two".utf8))
  }
}
