// The words of a Swift source, without its comments and the contents of its strings: as much of the language as a check of the
// tree needs.
//
// Invariant: each word knows the line it stands on and how many braces are open around it.

/// A name, a keyword, a number, or one character of punctuation.
public struct SwiftWord: Equatable, Sendable {
  public let text: String
  public let line: Int
  public let depth: Int

  /// Whether it may name something.
  var isName: Bool { text.utf8.first.map(SwiftWords.beginsName) ?? false }
}

public enum SwiftWords {
  public static func split(_ source: String) -> [SwiftWord] {
    var reader = Reader(bytes: Array(source.utf8))
    reader.readAll()
    return reader.words
  }

  static func beginsName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...: true
    default: false
    }
  }

  private static func continuesName(_ byte: UInt8) -> Bool {
    beginsName(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private struct Reader {
    let bytes: [UInt8]
    var words: [SwiftWord] = []
    private var position = 0
    private var line = 1
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private func starts(_ text: StaticString) -> Bool {
      text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    mutating func readAll() {
      while position < bytes.count {
        if starts("//") {
          skip { $0 == UInt8(ascii: "\n") }
        } else if starts("/*") {
          skipComment()
        } else if starts("\"\"\"") {
          skipText(quotes: 3)
        } else if starts("\"") {
          skipText(quotes: 1)
        } else {
          readWord()
        }
      }
    }

    private mutating func step() {
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }

    private mutating func skip(until isEnd: (UInt8) -> Bool) {
      while position < bytes.count, !isEnd(bytes[position]) { step() }
    }

    /// Comments of this kind contain each other.
    private mutating func skipComment() {
      var open = 0
      repeat {
        let change = starts("/*") ? 1 : starts("*/") ? -1 : 0
        open += change
        for _ in 0..<(change == 0 ? 1 : 2) { step() }
      } while open > 0 && position < bytes.count
    }

    /// A text counts as one word, so that its line counts as code.
    private mutating func skipText(quotes: Int) {
      words.append(SwiftWord(text: "\"", line: line, depth: depth))
      position += quotes
      while position < bytes.count {
        if bytes[position] == UInt8(ascii: "\\") {
          step()
          if position < bytes.count { step() }
        } else if quotes == 3 ? starts("\"\"\"") : starts("\"") {
          position += quotes
          return
        } else {
          step()
          if quotes == 3 { words.append(SwiftWord(text: "\"", line: line, depth: depth)) }
        }
      }
    }

    private mutating func readWord() {
      let first = bytes[position]
      guard first > UInt8(ascii: " ") else { return step() }
      var text = [first]
      let begins = line
      if first == UInt8(ascii: "}") { depth -= 1 }
      let depth = depth
      if first == UInt8(ascii: "{") { self.depth += 1 }
      step()
      if SwiftWords.continuesName(first) {
        while position < bytes.count, SwiftWords.continuesName(bytes[position]) {
          text.append(bytes[position])
          step()
        }
      }
      words.append(SwiftWord(text: String(decoding: text, as: UTF8.self), line: begins, depth: depth))
    }
  }
}
