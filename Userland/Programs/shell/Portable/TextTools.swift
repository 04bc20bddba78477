// What the commands for texts do: beginnings, ends, counts, lines that fit, order, bytes as numbers.
//
// A line ends with a line feed, which is not part of it; bytes behind the last line feed are a line too.

import Primitives
import SDK

enum TextTools {
  /// Where each line lies, without its line feed.
  static func lines(of text: [UInt8]) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = 0
    for index in text.indices where text[index] == 0x0a {
      lines.append(start..<index)
      start = index + 1
    }
    if start < text.count { lines.append(start..<text.count) }
    return lines
  }

  /// A time as `sleep` takes it: a number, or one of seconds with an `s` behind it.
  static func milliseconds(_ text: [UInt8]) -> UInt32? {
    guard text.last == 0x73 else { return text.withBytes { $0.number } }
    guard let seconds = [UInt8](text.dropLast()).withBytes({ $0.number }) else { return nil }
    let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    return overflow ? nil : milliseconds
  }

  /// How much of a text `head` and `tail` print.
  struct Amount: Equatable {
    var count = 10
    var isBytes = false
    /// Whether `count` is where it begins, from 1 on.
    var beginsThere = false

    init() {}

    /// - Parameters:
    ///   - option: `-n`, `-c`, `-5`, `-n5`.
    ///   - value: the word behind it; empty: the option has it in it.
    ///   - mayBeginAt: whether `+5` is known.
    init?(_ option: [UInt8], _ value: [UInt8], mayBeginAt: Bool) {
      guard option.count > 1, option[0] == 0x2d else { return nil }
      var digits = value
      switch option[1] {
      case 0x6e, 0x63:
        isBytes = option[1] == 0x63
        if value.isEmpty { digits = [UInt8](option[2...]) }
      default: digits = [UInt8](option[1...])
      }
      if mayBeginAt, digits.first == 0x2b {
        beginsThere = true
        digits.removeFirst()
      }
      guard let number = digits.withBytes({ $0.number }), let count = Int(exactly: number) else { return nil }
      self.count = count
    }
  }

  struct Counts: Equatable {
    var lines = 0
    var words = 0
    var bytes = 0

    static func + (left: Counts, right: Counts) -> Counts {
      Counts(lines: left.lines + right.lines, words: left.words + right.words, bytes: left.bytes + right.bytes)
    }

    func write(to output: inout some TextOutput) {
      output.write(decimal: UInt64(lines), width: 8)
      output.write(decimal: UInt64(words), width: 8)
      output.write(decimal: UInt64(bytes), width: 9)
    }
  }

  /// Counts line feeds, words between blanks, and bytes.
  static func counts(of text: [UInt8]) -> Counts {
    var counts = Counts(bytes: text.count)
    var isInWord = false
    for byte in text {
      if byte == 0x0a { counts.lines += 1 }
      let isBlank = byte == 0x20 || byte >= 0x09 && byte <= 0x0d
      if !isBlank && !isInWord { counts.words += 1 }
      isInWord = !isBlank
    }
    return counts
  }

  /// What is looked for in lines.
  struct Search {
    private let pattern: ShellPattern
    private let ignoresCase: Bool
    private let isInverted: Bool

    /// - Parameter text: `*`, `?` and `[ ]` in it fit anything, as in names of files.
    init(_ text: [UInt8], ignoresCase: Bool, isInverted: Bool) {
      self.ignoresCase = ignoresCase
      self.isInverted = isInverted
      let text = ignoresCase ? Self.lowered(text) : text
      pattern = ShellPattern([0x2a] + text + [0x2a])
    }

    func fits(_ line: [UInt8]) -> Bool {
      pattern.matches(ignoresCase ? Self.lowered(line) : line) != isInverted
    }

    private static func lowered(_ text: [UInt8]) -> [UInt8] {
      text.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
    }
  }

  /// Lines in order.
  static func sorted(
    _ lines: [[UInt8]], isNumeric: Bool = false, isReversed: Bool = false, isUnique: Bool = false
  ) -> [[UInt8]] {
    var sorted = lines
    sorted.sort { left, right in
      if isNumeric, number(left) != number(right) { return number(left) < number(right) }
      return left.lexicographicallyPrecedes(right)
    }
    if isUnique {
      var unique: [[UInt8]] = []
      for line in sorted where line != unique.last { unique.append(line) }
      sorted = unique
    }
    if isReversed { sorted.reverse() }
    return sorted
  }

  /// The number that a line begins with, as large as it can be told; 0 where it is none.
  private static func number(_ line: [UInt8]) -> Int64 {
    var index = 0
    while index < line.count, line[index] == 0x20 || line[index] == 0x09 { index += 1 }
    let isNegative = index < line.count && line[index] == 0x2d
    if isNegative { index += 1 }
    var value: Int64 = 0
    while index < line.count, line[index] >= 0x30, line[index] <= 0x39 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int64(line[index] - 0x30))
      if overflow || carry { return isNegative ? .min : .max }
      value = sum
      index += 1
    }
    return isNegative ? -value : value
  }

  /// Writes one row: the position, up to sixteen bytes as numbers, and those that are letters.
  static func writeHexRow(_ bytes: [UInt8], at position: Int, to output: inout some TextOutput) {
    output.write(hexadecimal: UInt64(position))
    output.write(" ")
    for index in 0..<16 {
      if index == 8 { output.write(" ") }
      if index < bytes.count {
        output.write(" ")
        output.write(hexadecimalDigit: bytes[index] >> 4)
        output.write(hexadecimalDigit: bytes[index])
      } else {
        output.write("   ")
      }
    }
    output.write("  |")
    for byte in bytes.prefix(16) { output.write(byte: byte >= 0x20 && byte < 0x7f ? byte : 0x2e) }
    output.write("|\n")
  }

  /// Names in columns, as wide as the screen lets them be, top to bottom and then to the right.
  static func writeColumns(_ names: [[UInt8]], width: Int, to output: inout some TextOutput) {
    let widest = names.reduce(0) { max($0, $1.count) } + 2
    let columns = max(width / widest, 1)
    let rows = (names.count + columns - 1) / columns
    for row in 0..<rows {
      var index = row
      while index < names.count {
        for byte in names[index] { output.write(byte: byte) }
        if index + rows < names.count { for _ in names[index].count..<widest { output.write(byte: 0x20) } }
        index += rows
      }
      output.write("\n")
    }
  }
}
