// The shell against texts that nobody would write, and its patterns and numbers against slow models.

import TestSupport
import Testing

@testable import ShellLanguage

@Suite struct ShellRandomTests {
  static let pieces = [
    "a", "b", "echo", "words", " ", " ", " ", "\n", ";", "&", "&&", "||", "|", ">", ">>", "<", "2>", "if ", " then ",
    " elif ",
    " else ", " fi", "while ", " do ", " done", "for i in ", "case ", " in ", " esac", ";;", "{ ", " }", "(", ")", "!",
    "f()",
    "'", "\"", "\\", "$", "$a", "${a}", "$?", "$@", "\"$@\"", "$((", "))", "1", "+", "*", "?", "[", "]", "a=", "=", "#",
    "`",
    "break", "continue", "return", "exit", "eval ", "set -- ", "shift", "test ", "local ", "alias a=", "false", "\t",
    "\r",
    "\u{0}", "\u{ff}", "é",
  ]

  /// Whatever is typed gives commands or one sentence, and a text that could go on is taken or refused when it is whole.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func anyTextIsTakenOrRefused(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let text = (0..<Int.random(in: 0...30, using: &random)).map { _ in Self.pieces.randomElement(using: &random)! }
        .joined()
      let shell = makeShell(files: ["/a": "echo b", "/b/a": "exit"])
      shell.host.interruptAfter = 200
      let bytes = Array(text.utf8)
      let isTaken = shell.run(bytes, isWhole: false)
      if !isTaken {
        #expect(shell.host.output.isEmpty && shell.host.complaints.isEmpty, "seed \(seed): \(text)")
        #expect(shell.run(bytes, isWhole: true))
        #expect(shell.host.complaints.count == 1, "seed \(seed): \(text)")
        #expect(shell.state.status == 2)
      }
      #expect(shell.state.flow == .onward || shell.state.flow == .exiting)
    }
  }

  /// Bytes of any value.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func anyBytesAreTakenOrRefused(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("ab $?;&'\"\\#\t\r(){}|<>*[]!=".utf8) + [0, 0x0a, 0x80, 0xff]
    for _ in 0..<500 {
      let text = (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
      guard let list = try? ShellParser.parse(text) else { continue }
      for item in list.items {
        #expect(item.range.lowerBound >= 0 && item.range.upperBound <= text.count)
        // What is written to be run by another shell means the same there.
        guard item.isBackground else { continue }
        #expect(try! ShellParser.parse(item.text).items.count == 1, "seed \(seed): \(text)")
      }
    }
  }

  /// What is quoted is one word again, whatever is in it.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func quotedTextStaysWhatItIs(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8.random(in: 1...255, using: &random) }
      let shell = makeShell()
      shell.run("A=x")
      _ = shell.run(Array("set -- ".utf8) + ShellQuoting.quoted(text), isWhole: true)
      #expect(shell.state.parameters == [text])
    }
  }

  private func fits(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return fits(pattern.dropFirst(), text) || (!text.isEmpty && fits(pattern, text.dropFirst()))
    }
    return !text.isEmpty && (first == "?" || first == text.first) && fits(pattern.dropFirst(), text.dropFirst())
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func patternsFitLikeTheirModel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let pattern = (0..<Int.random(in: 0...8, using: &random)).map { _ in Array("ab*?").randomElement(using: &random)!
      }
      let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in Array("ab").randomElement(using: &random)! }
      let matches = ShellPattern(Array(String(pattern).utf8)).matches(Array(String(text).utf8))
      #expect(matches == fits(pattern[...], text[...]), "\(String(pattern)) on \(String(text))")
    }
  }

  /// An expression with its value, built from numbers.
  private func expression(_ depth: Int, _ random: inout SeededGenerator) -> (String, Int64)? {
    guard depth > 0, Bool.random(using: &random) else {
      let number = Int64.random(in: -20...20, using: &random)
      return (number < 0 ? "(\(number))" : "\(number)", number)
    }
    guard let (left, a) = expression(depth - 1, &random), let (right, b) = expression(depth - 1, &random) else {
      return nil
    }
    switch Int.random(in: 0..<7, using: &random) {
    case 0: return ("(\(left) + \(right))", a + b)
    case 1: return ("(\(left)-\(right))", a - b)
    case 2: return ("(\(left) * \(right))", a * b)
    case 3: return b == 0 ? nil : ("(\(left) / \(right))", a / b)
    case 4: return b == 0 ? nil : ("(\(left) % \(right))", a % b)
    case 5: return ("(\(left) < \(right))", a < b ? 1 : 0)
    default: return ("(\(left) == \(right) || \(left) > \(right))", a >= b ? 1 : 0)
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func expressionsHaveTheirValue(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      guard let (text, value) = expression(4, &random) else { continue }
      #expect(try Arithmetic.compute(Array(text.utf8)) { _ in [] } == value, "\(text)")
    }
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func anyExpressionIsComputedOrRefused(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("0123456789+-*/%()<>=!&|ax ".utf8)
    for _ in 0..<1000 {
      let text = (0..<Int.random(in: 0...30, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
      _ = try? Arithmetic.compute(text) { _ in Array("-9223372036854775808".utf8) }
    }
  }
}
