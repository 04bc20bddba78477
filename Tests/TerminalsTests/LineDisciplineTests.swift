// The line discipline: lines as they are typed and shown, settings that change in between, limits, and random input.

import ABI
import TestSupport
import Testing

@testable import Terminals

/// A screen of one endless row for each line, with a cursor.
private struct Screen: TerminalEcho {
  var rows: [[UInt8]] = [[]]
  var column = 0
  var bells = 0

  mutating func show(_ byte: UInt8) {
    switch byte {
    case 0x08: column = max(column - 1, 0)
    case 0x0a:
      rows.append([])
      column = 0
    case 0x07: bells += 1
    // A character has the column of its first byte.
    case 0x80...0xbf: break
    default:
      let row = rows.count - 1
      while rows[row].count <= column { rows[row].append(0x20) }
      rows[row][column] = byte
      column += 1
    }
  }

  /// What is seen, without the blanks at the end of each row.
  var text: [String] {
    rows.map { row in
      var row = row
      while row.last == 0x20 { row.removeLast() }
      return String(decoding: row, as: UTF8.self)
    }
  }
}

private final class TypedTerminal {
  private let memory: UnsafeMutablePointer<UInt8>
  var discipline: LineDiscipline
  var screen = Screen()

  init(arrived: Int = 4096, line: Int = 4096) {
    memory = UnsafeMutablePointer<UInt8>.allocate(capacity: arrived + line)
    discipline = LineDiscipline(
      arrived: ByteQueue(storage: memory, capacity: arrived),
      line: ByteQueue(storage: memory + arrived, capacity: line))
  }

  deinit { memory.deallocate() }

  var isStopped: Bool { discipline.isOutputStopped }
  var available: Int { discipline.available }

  /// Types; returns the signals that came of it.
  @discardableResult
  func type(_ text: String, heard: TerminalSignals = .all) -> [TerminalSignals] {
    text.utf8.compactMap {
      if case .signal(let signal) = discipline.arrive($0, heard: heard) { return signal }
      return nil
    }
  }

  func advance(_ wanted: Int = 4096) {
    while discipline.canAdvance(for: wanted) { discipline.advance(limit: 5, for: wanted, &screen) }
  }

  /// What a reader gets; nil: it has to wait.
  func read(_ wanted: Int = 4096) -> String? {
    advance(wanted)
    guard let count = discipline.readable(for: wanted) else { return nil }
    var bytes: [UInt8] = []
    repeat {
      let piece = discipline.withPiece(limit: min(count, wanted) - bytes.count) { Array($0) }
      discipline.take(piece.count)
      bytes += piece
      if piece.isEmpty { break }
    } while bytes.count < min(count, wanted)
    return String(decoding: bytes, as: UTF8.self)
  }

  func set(_ change: (inout TerminalSettings) -> Void) {
    var settings = discipline.settings
    change(&settings)
    #expect(settings.isValid)
    discipline.change(settings)
  }
}

@Suite struct LineDisciplineTests {
  @Test func linesAreReadOneByOne() {
    let terminal = TypedTerminal()
    terminal.type("one\rtwo\nthr")
    #expect(terminal.read() == "one\n")
    #expect(terminal.read(2) == "tw")
    #expect(terminal.read() == "o\n")
    #expect(terminal.read() == nil)
    terminal.type("ee\r")
    #expect(terminal.read() == "three\n")
    #expect(terminal.screen.text == ["one", "two", "three", ""])
  }

  @Test func nothingIsShownBeforeItIsRead() {
    let terminal = TypedTerminal()
    terminal.type("secret\r")
    #expect(terminal.screen.text == [""])
    terminal.set { $0.modes.remove(.echo) }
    #expect(terminal.read() == "secret\n")
    #expect(terminal.screen.text == ["", ""])
  }

  @Test(arguments: [
    ("ab\u{7f}c\n", "ac\n", "ac"), ("\u{7f}\u{7f}a\n", "a\n", "a"), ("ab\u{08}c\n", "ac\n", "ac"),
    ("one two  \u{17}x\n", "one x\n", "one x"), ("one two\u{15}x\n", "x\n", "x"),
    ("käse\u{7f}\u{7f}\u{7f}u\n", "ku\n", "ku"), ("a\u{01}b\u{7f}\u{7f}c\n", "ac\n", "ac"),
    ("a\tb\tc\u{7f}\u{7f}d\n", "a\tbd\n", "a       bd"), ("a\u{02}\n", "a\u{02}\n", "a^B"),
  ])
  func linesAreEdited(typed: String, read: String, seen: String) {
    let terminal = TypedTerminal()
    terminal.type(typed)
    #expect(terminal.read() == read)
    #expect(terminal.screen.text == [seen, ""])
  }

  @Test func aLineIsShownAnew() {
    let terminal = TypedTerminal()
    terminal.type("one\u{12}\n")
    #expect(terminal.read() == "one\n")
    #expect(terminal.screen.text == ["one", "one", ""])
  }

  @Test func theEndOfTheInput() {
    let terminal = TypedTerminal()
    terminal.type("ab\u{04}\u{04}c\n")
    #expect(terminal.read() == "ab")
    #expect(terminal.read() == "")
    #expect(terminal.read() == "c\n")
  }

  @Test func signalsDropWhatWasTypedBeforeThem() {
    let terminal = TypedTerminal()
    terminal.type("part")
    terminal.advance()
    #expect(terminal.type("rest\n\u{03}after\n") == [.interrupt])
    #expect(terminal.read() == "after\n")
    #expect(terminal.type("x\u{1a}\u{1c}", heard: .suspend) == [.suspend])
    // Nobody watches for this one.
    #expect(terminal.read() == nil)
    terminal.type("\n")
    #expect(terminal.read() == "\u{1c}\n")
    terminal.set { $0.modes.insert(.signalsKeepInput) }
    #expect(terminal.type("kept\u{03}\n") == [.interrupt])
    #expect(terminal.read() == "kept\n")
    terminal.set { $0.modes.remove(.signals) }
    #expect(terminal.type("\u{03}\n") == [])
    #expect(terminal.read() == "\u{03}\n")
  }

  @Test func rawBytes() {
    let terminal = TypedTerminal()
    terminal.set { $0.modes.subtract([.canonical, .echo, .returnIsLineFeed]) }
    terminal.type("a\r\u{7f}")
    #expect(terminal.read(2) == "a\r")
    #expect(terminal.read(2) == "\u{7f}")
    #expect(terminal.read(2) == nil)
    terminal.set { $0.minimum = 3 }
    terminal.type("ab")
    #expect(terminal.read(2) == "ab")
    terminal.type("ab")
    #expect(terminal.read(8) == nil)
    #expect(terminal.available == 2)
    terminal.type("c")
    #expect(terminal.read(8) == "abc")
    #expect(terminal.screen.text == [""])
  }

  @Test func settingsChangeInTheMiddleOfALine() {
    let terminal = TypedTerminal()
    terminal.type("half")
    #expect(terminal.read() == nil)
    terminal.set { $0.modes.remove(.canonical) }
    #expect(terminal.read() == "half")
    terminal.set { $0.minimum = 9 }
    terminal.type("more")
    #expect(terminal.read(9) == nil)
    terminal.set { $0.modes.insert(.canonical) }
    #expect(terminal.read() == "more")
    #expect(terminal.read() == nil)
  }

  @Test func returnsAndLineFeeds() {
    let terminal = TypedTerminal()
    terminal.set { $0.modes.insert([.dropsReturn, .lineFeedIsReturn]) }
    terminal.set { $0.modes.remove(.canonical) }
    terminal.type("a\r\nb")
    #expect(terminal.read() == "a\rb")
  }

  @Test func outputIsStopped() {
    let terminal = TypedTerminal()
    terminal.type("\u{13}")
    #expect(terminal.isStopped)
    terminal.type("a\u{11}\n")
    #expect(!terminal.isStopped)
    #expect(terminal.read() == "a\n")
    terminal.type("\u{13}")
    terminal.set { $0.modes.remove(.stopsOutput) }
    #expect(!terminal.isStopped)
  }

  @Test func aLineHasALimit() {
    let terminal = TypedTerminal(arrived: 64, line: 8)
    terminal.type("123456789\n")
    #expect(terminal.read() == "1234567\n")
    #expect(terminal.screen.bells == 2)
    var refused = 0
    for _ in 0..<70 where terminal.discipline.arrive(0x61, heard: []) == .refused { refused += 1 }
    #expect(refused == 6)
    // An interrupt comes through all the same.
    #expect(terminal.type("\u{03}") == [.interrupt])
    #expect(terminal.read() == nil)
  }

  @Test func settingsThatAreNone() {
    var settings = TerminalSettings()
    #expect(settings.isValid)
    settings.minimum = 256
    #expect(!settings.isValid)
    settings = TerminalSettings()
    settings.modes.insert(.init(rawValue: 1 << 20))
    #expect(!settings.isValid)
    settings = TerminalSettings()
    settings[.reserved] = 1
    #expect(!settings.isValid)
  }

  /// Any bytes, settings and readers: what is seen on the screen is what is read, and nothing is lost or invented.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func whatIsSeenIsRead(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let terminal = TypedTerminal(arrived: 128, line: 64)
    let keys: [UInt8] = [0x61, 0x62, 0x20, 0x09, 0x7f, 0x17, 0x15, 0x01, 0x0d]
    var read = ""
    for _ in 0..<2000 {
      let byte = Bool.random(using: &random) ? 0x63 : keys.randomElement(using: &random)!
      _ = terminal.discipline.arrive(byte, heard: .all)
      if Int.random(in: 0..<4, using: &random) == 0, let line = terminal.read(Int.random(in: 1...80, using: &random)) {
        read += line
      }
    }
    terminal.type("\n")
    while let line = terminal.read() { read += line }
    let seen = read.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var row = ""
      for character in line {
        if character == "\t" {
          row += String(repeating: " ", count: 8 - row.count % 8)
        } else {
          row += character == "\u{01}" ? "^A" : String(character)
        }
      }
      while row.last == " " { row.removeLast() }
      return row
    }
    #expect(terminal.screen.text == seen, "seed \(seed)")
  }
}
