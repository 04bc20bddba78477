// What the commands for files make of their words: conditions, modes, amounts, differences.

import TestSupport
import Testing

@testable import ShellLanguage

@Suite struct FileToolsTests {
  private func condition(_ words: [String]) throws(FindCondition.Mistake) -> FindCondition {
    try FindCondition(words.map { Array($0.utf8) })
  }

  @Test func conditionsAreAllToFit() throws {
    let all = try condition([])
    #expect(all.roots == [[0x2e]] && all.fits(name: [0x61], kind: nil))
    let named = try condition(["/a", "b", "-name", "*.so", "-type", "f"])
    #expect(named.roots == [[0x2f, 0x61], [0x62]])
    for (name, kind, fits) in [
      ("x.so", .file, true), ("x.so", .folder, false), ("x", .file, false), ("x.so", nil, false),
    ] as [(String, FindCondition.Kind?, Bool)] {
      #expect(named.fits(name: Array(name.utf8), kind: kind) == fits)
    }
    #expect(try condition(["-type", "d"]).kind == .folder)
    #expect(try condition(["-type", "l"]).kind == .link)
  }

  @Test(arguments: [["-size"], ["-type", "x"], ["a", "-name", "b", "c"]])
  func otherConditionsAreNamed(words: [String]) {
    #expect(throws: FindCondition.Mistake.unknown(Array(words.last!.utf8))) { try condition(words) }
  }

  @Test(arguments: [["-name"], ["a", "-type"]])
  func conditionsHaveValues(words: [String]) {
    #expect(throws: FindCondition.Mistake.noValue(Array(words.last!.utf8))) { try condition(words) }
  }

  @Test(
    arguments: [
      ("644", 0o100755, 0o100644), ("0", 0o777, 0), ("7777", 0, 0o7777), ("77777", 0, nil), ("8", 0, nil),
      ("64a", 0, nil),
      ("u+x", 0o644, 0o744), ("+x", 0o644, 0o755), ("a-w", 0o666, 0o444), ("go=", 0o777, 0o700),
      ("u=rw,go-rwx", 0o777, 0o600),
      ("ug+rx", 0, 0o550), ("", 0, nil), ("u", 0, nil), ("u+t", 0, nil), ("u+x,", 0, nil), ("x", 0, nil),
      ("u=", 0o777, 0o077),
    ] as [(String, UInt32, UInt32?)])
  func modesAreChanged(text: String, before: UInt32, after: UInt32?) {
    #expect(FileMode.changed(before, by: Array(text.utf8)) == after)
  }

  @Test func modesAreShown() {
    for (mode, text) in [(0o755, "rwxr-xr-x"), (0, "---------"), (0o4641, "rw-r----x")] as [(UInt32, String)] {
      var output = TextCollector()
      FileMode.write(mode, to: &output)
      #expect(output.text == text)
    }
  }

  @Test(
    arguments: [
      ("-n", "3", 3, false, false), ("-5", "", 5, false, false), ("-c", "7", 7, true, false),
      ("-n12", "", 12, false, false),
      ("-c9", "", 9, true, false), ("-n", "+4", 4, false, true), ("-c+4", "", 4, true, true),
    ])
  func amountsAreUnderstood(option: String, value: String, count: Int, isBytes: Bool, beginsThere: Bool) {
    var expected = TextTools.Amount()
    expected.count = count
    expected.isBytes = isBytes
    expected.beginsThere = beginsThere
    #expect(TextTools.Amount(Array(option.utf8), Array(value.utf8), mayBeginAt: true) == expected)
    #expect((TextTools.Amount(Array(option.utf8), Array(value.utf8), mayBeginAt: false) == nil) == beginsThere)
  }

  @Test(arguments: [("-", ""), ("-x", ""), ("-n", ""), ("-n", "x"), ("-c", "99999999999"), ("-", "3"), ("-n+", "")])
  func otherAmountsAreNone(option: String, value: String) {
    #expect(TextTools.Amount(Array(option.utf8), Array(value.utf8), mayBeginAt: true) == nil)
  }

  @Test(
    arguments: [
      ("1500", 1500), ("2s", 2000), ("0s", 0), ("s", nil), ("1ss", nil), ("x", nil), ("4294968s", nil), ("1 s", nil),
    ] as [(String, UInt32?)])
  func timesAreUnderstood(text: String, milliseconds: UInt32?) {
    #expect(TextTools.milliseconds(Array(text.utf8)) == milliseconds)
  }

  @Test func namesOfOtherSystemsLeadToThoseOfThisOne() {
    #expect(Guess.instead(of: Array("vi".utf8)).map { "\($0)" } == "edit")
    #expect(Guess.instead(of: Array("edit".utf8)) == nil)
  }

  @Test func differencesHaveAPlace() {
    for (left, right, byte, line) in [("a\nb", "a\nc", 3, 2), ("x", "y", 1, 1)] {
      let found = TextTools.difference(Array(left.utf8), Array(right.utf8))
      #expect(found?.byte == byte && found?.line == line)
    }
    #expect(TextTools.difference([1, 2], [1]) == nil && TextTools.difference([], []) == nil)
  }
}
