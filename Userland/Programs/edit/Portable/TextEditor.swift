// A text on a screen, changed by keys. It reads and writes no file and no terminal: whoever has them gives it keys, has it
// drawn, and does what it asks for.
//
// Invariants: the cursor lies in the text, between characters, and on the screen; nothing that was changed is given up
// without a question.

import Primitives
import SDK

/// What is asked of whoever has the file.
enum EditorRequest: Equatable {
  case nothing
  /// The text is to be written to the file of this name, which is another one than before where it `isNew`.
  case save(name: [UInt8], isNew: Bool)
  /// The same, and then it is to end.
  case saveAndLeave
  case leave
}

struct TextEditor {
  /// What is being asked in the last row.
  enum Question { case text, line, name, leaving }

  private(set) var buffer: TextBuffer
  private(set) var name: [UInt8]
  private(set) var cursor = TextPlace(line: 0, byte: 0)
  /// The column that moves up and down try to keep.
  private var wantedColumn: Int?
  private(set) var question: Question?
  private(set) var answer: [UInt8] = []
  /// Told in the last row until the next key.
  private(set) var message: [UInt8] = []
  private var needle: [UInt8] = []
  /// The lines that Ctrl-K took away last.
  private var cut: [UInt8] = []
  private var isCutting = false
  private var decoder = KeyDecoder()
  private var characters = CharacterInput()

  let width: Int
  let height: Int
  /// The first line and the first column that are shown.
  var top = 0
  var left = 0
  /// What the rows of the terminal show; empty: not known.
  var shown: [[UInt8]] = []

  /// - Parameters:
  ///   - width: of the screen in columns; the last one stays free, where cursors behave differently.
  ///   - height: of the screen in rows; the last two say what is shown and what can be done.
  init(_ text: [UInt8], name: [UInt8], width: Int = 80, height: Int = 24) {
    buffer = TextBuffer(text)
    self.name = name
    self.width = width - 1
    self.height = height - 2
  }

  mutating func say(_ text: [UInt8]) { message = text }
  private mutating func say(_ text: StaticString) { message = Bytes(text).copied }

  /// The text is in the file of this name.
  mutating func wasSaved(as name: [UInt8]) {
    self.name = name
    buffer.wasSaved()
    say("saved")
  }

  // MARK: Keys

  /// Handles one byte from the terminal.
  mutating func accept(_ byte: UInt8) -> EditorRequest {
    guard let key = decoder.decode(byte) else { return .nothing }
    message = []
    if case .text(let byte) = key {
      guard let character = characters.take(byte) else { return .nothing }
      if question != nil { return answer(with: character) }
      return insert(character, isTyping: true)
    }
    characters.reset()
    if question != nil { return answer(key) }
    let wasCutting = isCutting
    isCutting = false
    switch key {
    case .text: return .nothing
    case .enter: return insert([0x0a], isTyping: true)
    case .tab: return insert([0x09], isTyping: true)
    case .backspace: return erase(from: before(cursor), to: cursor)
    case .delete: return erase(from: cursor, to: after(cursor))
    case .control(let letter): return control(letter, wasCutting)
    case .up: moveLines(-1)
    case .down: moveLines(1)
    case .pageUp: moveLines(1 - height)
    case .pageDown: moveLines(height - 1)
    case .left: move(to: before(cursor))
    case .right: move(to: after(cursor))
    case .home: move(to: TextPlace(line: cursor.line, byte: 0))
    case .end: move(to: TextPlace(line: cursor.line, byte: line.count))
    case .wordLeft: moveWord(CharacterText.wordBefore(line, cursor.byte), before(cursor))
    case .wordRight: moveWord(CharacterText.wordAfter(line, cursor.byte), after(cursor))
    }
    return .nothing
  }

  /// The control keys that other editors have, and those that the line editor has.
  private mutating func control(_ letter: UInt8, _ wasCutting: Bool) -> EditorRequest {
    switch letter {
    case 0x53: return .save(name: name, isNew: false)  // S
    case 0x4f: ask(.name, name)  // O
    case 0x51, 0x58:  // Q X
      guard buffer.isChanged else { return .leave }
      ask(.leaving)
    case 0x57: ask(.text)  // W
    case 0x47: ask(.line)  // G
    case 0x4b: cutLine(wasCutting)  // K
    case 0x55, 0x59: return insert(cut)  // U Y
    case 0x5a:  // Z
      if let place = buffer.undo() { move(to: place) } else { say("there is nothing to take back") }
    case 0x41: move(to: TextPlace(line: cursor.line, byte: 0))  // A
    case 0x45: move(to: TextPlace(line: cursor.line, byte: line.count))  // E
    case 0x42: move(to: before(cursor))  // B
    case 0x46: move(to: after(cursor))  // F
    case 0x50: moveLines(-1)  // P
    case 0x4e: moveLines(1)  // N
    case 0x56: moveLines(height - 1)  // V
    case 0x44: return erase(from: cursor, to: after(cursor))  // D
    case 0x4c: shown = []  // L
    case 0x43: say("Ctrl-Q leaves the editor")  // C
    default: say("this key does nothing here")
    }
    return .nothing
  }

  // MARK: Questions

  private mutating func ask(_ question: Question, _ answer: [UInt8] = []) {
    self.question = question
    self.answer = answer
    buffer.endTyping()
  }

  private mutating func answer(with character: [UInt8]) -> EditorRequest {
    guard question == .leaving else {
      // More than that is no name, no number, and no text that is looked for.
      if answer.count < 255 { answer += character }
      return .nothing
    }
    switch character[0] | 0x20 {
    case 0x79:  // y
      question = nil
      return .saveAndLeave
    case 0x6e: return .leave  // n
    default: return .nothing
    }
  }

  private mutating func answer(_ key: TerminalKey) -> EditorRequest {
    switch key {
    case .control(0x43), .control(0x47): question = nil  // C G
    case .backspace:
      // A character ends with its first byte.
      while let byte = answer.popLast(), byte & 0xc0 == 0x80 {}
    case .control(0x55): answer = []  // U
    case .enter:
      switch question {
      case .text: look()
      case .line: goToLine()
      case .name where !answer.isEmpty:
        question = nil
        return .save(name: answer, isNew: answer != name)
      case .name: question = nil
      case .leaving, nil: break
      }
    default: break
    }
    return .nothing
  }

  private mutating func look() {
    question = nil
    if !answer.isEmpty { needle = answer }
    guard !needle.isEmpty else { return }
    guard let place = buffer.find(needle, after: cursor) else {
      message = Bytes("not found: ").copied + needle
      return
    }
    if place <= cursor { say("found from the beginning on") }
    move(to: place)
  }

  private mutating func goToLine() {
    question = nil
    let number = answer.withBytes { $0.number }
    guard let number, number > 0 else { return say("a line has a number from 1 on") }
    go(toLine: Int(exactly: number) ?? .max)
  }

  /// - Parameter number: from 1 on; one behind the last is the last.
  mutating func go(toLine number: Int) {
    move(to: TextPlace(line: min(max(number, 1), buffer.lines.count) - 1, byte: 0))
  }

  // MARK: Changes

  private mutating func insert(_ text: [UInt8], isTyping: Bool = false) -> EditorRequest {
    guard !text.isEmpty else { return .nothing }
    return change(cursor, cursor, text, isTyping)
  }

  private mutating func erase(from start: TextPlace, to end: TextPlace) -> EditorRequest {
    guard start < end else { return .nothing }
    return change(start, end, [], false)
  }

  private mutating func change(_ start: TextPlace, _ end: TextPlace, _ text: [UInt8], _ isTyping: Bool) -> EditorRequest
  {
    if !isTyping { buffer.endTyping() }
    if let place = buffer.replace(start, end, with: text, isTyping: isTyping) {
      cursor = place
      wantedColumn = nil
    } else {
      say("this would be more than a text may have, 524,288 bytes")
    }
    return .nothing
  }

  /// Lines that are cut one after the other are put back together.
  private mutating func cutLine(_ wasCutting: Bool) {
    let start = TextPlace(line: cursor.line, byte: 0)
    let isLast = cursor.line + 1 == buffer.lines.count
    let end = isLast ? TextPlace(line: cursor.line, byte: line.count) : TextPlace(line: cursor.line + 1, byte: 0)
    isCutting = true
    if !wasCutting { cut = [] }
    guard start < end else { return }
    cut += buffer.text(start, end)
    _ = erase(from: start, to: end)
  }

  // MARK: Moves

  private var line: [UInt8] { buffer.lines[cursor.line] }

  private mutating func move(to place: TextPlace) {
    cursor = place
    wantedColumn = nil
    buffer.endTyping()
  }

  /// At the edge of a line a word is the line end.
  private mutating func moveWord(_ byte: Int, _ neighbour: TextPlace) {
    move(to: byte == cursor.byte ? neighbour : TextPlace(line: cursor.line, byte: byte))
  }

  private mutating func moveLines(_ count: Int) {
    let column = wantedColumn ?? self.column(of: cursor)
    let target = min(max(cursor.line + count, 0), buffer.lines.count - 1)
    move(to: TextPlace(line: target, byte: byte(at: column, of: buffer.lines[target])))
    wantedColumn = column
  }

  private func before(_ place: TextPlace) -> TextPlace {
    if place.byte > 0 {
      return TextPlace(line: place.line, byte: CharacterText.before(buffer.lines[place.line], place.byte))
    }
    guard place.line > 0 else { return place }
    return TextPlace(line: place.line - 1, byte: buffer.lines[place.line - 1].count)
  }

  private func after(_ place: TextPlace) -> TextPlace {
    if place.byte < buffer.lines[place.line].count {
      return TextPlace(line: place.line, byte: CharacterText.after(buffer.lines[place.line], place.byte))
    }
    return place.line + 1 < buffer.lines.count ? TextPlace(line: place.line + 1, byte: 0) : place
  }
}
