// Edits a line in a terminal: cursor, history, search in it, and the usual control keys. It draws with a few ANSI
// sequences and reads nothing itself: whoever owns the terminal feeds it bytes.
//
// Invariants:
// - The line holds whole UTF-8 characters; 0 <= cursor <= line.count, and the cursor is never inside a character.
// - What the terminal shows after the prompt is the line, or the part of a long one that the cursor is in, and its
//   cursor is where `cursor` is.
// - History holds at most `historyCapacity` lines, none of them empty, no two neighbours equal.

import Primitives

public struct LineEditor {
  /// What a byte led to.
  public enum Event: Equatable {
    /// The line is still being edited.
    case editing
    /// Enter: the line is complete.
    case line([UInt8])
    /// Ctrl-C: the line was thrown away.
    case cancelled
    /// Ctrl-D on an empty line.
    case endOfInput
    /// Tab, where the editor was made to ask for it: whoever owns it may `replace` what is in front of the cursor.
    case completion
    /// Enter, but more was typed than the line takes; it was thrown away.
    case refused
  }

  /// The longest line, in bytes; what is typed beyond is refused with a bell, and so is the line then.
  public static var lengthLimit: Int { 4096 }
  public static var historyCapacity: Int { 256 }

  var prompt: StaticString
  /// How many columns the terminal has at the least.
  let width: Int
  private let completes: Bool
  private var decoder = KeyDecoder()
  private var characters = CharacterInput()
  public internal(set) var line: [UInt8] = []
  public internal(set) var cursor = 0
  /// The column of the line that is the first one shown; 0 where all of it is.
  var offset = 0
  var isScrolled = false
  /// The search in the history that is going on.
  var search: HistorySearch?
  /// Whether something was typed that did not fit.
  private var isOverfull = false
  public internal(set) var history: [[UInt8]] = []
  /// Which line of the history is shown; `history.count`: the new one.
  var position = 0
  /// The new line, while one of the history is shown.
  private var draft: [UInt8] = []
  /// What Ctrl-U, Ctrl-K and Ctrl-W took away last, for Ctrl-Y.
  private var removed: [UInt8] = []

  /// - Parameters:
  ///   - width: how many columns the terminal has at the least.
  ///   - completes: whether Tab asks for completion; it inserts a space else.
  public init(prompt: StaticString, width: Int = 80, completes: Bool = false) {
    self.prompt = prompt
    self.width = width
    self.completes = completes
  }

  /// Begins a new line: writes the prompt.
  /// - Parameter prompt: another one from now on.
  public mutating func begin(prompt: StaticString? = nil, output: inout some TextOutput) {
    if let prompt { self.prompt = prompt }
    line = []
    characters.reset()
    cursor = 0
    offset = 0
    isScrolled = false
    search = nil
    isOverfull = false
    draft = []
    position = history.count
    output.write(self.prompt)
  }

  public mutating func forgetHistory() { history = [] }

  /// Puts lines of former times in front of the history, as far as there is room. `begin` comes after it.
  public mutating func putInFront(_ lines: [[UInt8]]) {
    var all: [[UInt8]] = []
    for line in lines + history where !line.isEmpty && line != all.last { all.append(line) }
    history = all.suffix(Self.historyCapacity)
    position = history.count
  }

  /// Handles one byte from the terminal.
  public mutating func accept(_ byte: UInt8, output: inout some TextOutput) -> Event {
    guard let key = decoder.decode(byte) else { return .editing }
    if case .text(let byte) = key {
      complete(with: byte, output: &output)
      return .editing
    }
    characters.reset()
    if search != nil, let event = continueSearch(key, output: &output) { return event }
    switch key {
    case .text: break
    case .tab:
      if completes { return .completion }
      insert([0x20], output: &output)
    case .enter: return finish(output: &output)
    case .backspace: erase(from: before(cursor), to: cursor, output: &output)
    case .delete: erase(from: cursor, to: after(cursor), output: &output)
    case .left: move(to: before(cursor), output: &output)
    case .right: move(to: after(cursor), output: &output)
    case .home: move(to: 0, output: &output)
    case .end: move(to: line.count, output: &output)
    case .wordLeft: move(to: wordBefore(cursor), output: &output)
    case .wordRight: move(to: wordAfter(cursor), output: &output)
    case .up: show(position - 1, output: &output)
    case .down: show(position + 1, output: &output)
    case .pageUp, .pageDown: break
    case .control(let letter): return control(letter, output: &output)
    }
    return .editing
  }

  private mutating func control(_ letter: UInt8, output: inout some TextOutput) -> Event {
    switch letter {
    case 0x41: move(to: 0, output: &output)  // A
    case 0x42: move(to: before(cursor), output: &output)  // B
    case 0x43:  // C
      showWhole(output: &output)
      output.write("^C\n")
      return .cancelled
    case 0x44:  // D
      if line.isEmpty {
        output.write("\n")
        return .endOfInput
      }
      erase(from: cursor, to: after(cursor), output: &output)
    case 0x45: move(to: line.count, output: &output)  // E
    case 0x46: move(to: after(cursor), output: &output)  // F
    case 0x4b: cut(from: cursor, to: line.count, output: &output)  // K
    case 0x4c: clearScreen(output: &output)  // L
    case 0x4e: show(position + 1, output: &output)  // N
    case 0x50: show(position - 1, output: &output)  // P
    case 0x52: beginSearch(output: &output)  // R
    case 0x55: cut(from: 0, to: cursor, output: &output)  // U
    case 0x57: cut(from: wordBefore(cursor), to: cursor, output: &output)  // W
    case 0x59: insert(removed, output: &output)  // Y
    default: break
    }
    return .editing
  }

  mutating func finish(output: inout some TextOutput) -> Event {
    showWhole(output: &output)
    output.write("\n")
    if isOverfull { return .refused }
    remember(line)
    return .line(line)
  }

  private mutating func remember(_ line: [UInt8]) {
    guard !line.isEmpty, history.last != line else { return }
    if history.count == Self.historyCapacity { history.removeFirst() }
    history.append(line)
  }

  // MARK: Changes

  /// Inserts the character that `byte` completes.
  private mutating func complete(with byte: UInt8, output: inout some TextOutput) {
    guard let character = characters.take(byte) else { return }
    if search != nil {
      searchFurther(character, output: &output)
    } else {
      insert(character, output: &output)
    }
  }

  private mutating func insert(_ bytes: [UInt8], output: inout some TextOutput) {
    guard line.count + bytes.count <= Self.lengthLimit else {
      isOverfull = true
      output.write(byte: 0x07)
      return
    }
    line.insert(contentsOf: bytes, at: cursor)
    cursor += bytes.count
    if scrolls { return redraw(output: &output) }
    output.write(bytes)
    if cursor < line.count { drawTail(output: &output) }
  }

  /// Puts `text` in place of what lies between `start` and the cursor.
  public mutating func replace(from start: Int, with text: [UInt8], output: inout some TextOutput) {
    guard start >= 0, start <= cursor else { return }
    if line.count - (cursor - start) + text.count > Self.lengthLimit {
      output.write(byte: 0x07)
      return
    }
    // What stays is not drawn again.
    var same = 0
    while start + same < cursor, same < text.count, line[start + same] == text[same] { same += 1 }
    while same > 0, start + same < cursor, isInsideCharacter(start + same) { same -= 1 }
    erase(from: start + same, to: cursor, output: &output)
    if same < text.count { insert([UInt8](text[same...]), output: &output) }
  }

  private mutating func erase(from start: Int, to end: Int, output: inout some TextOutput) {
    guard start < end else { return }
    move(to: start, output: &output)
    line.removeSubrange(start..<end)
    if line.isEmpty { isOverfull = false }
    if scrolls { redraw(output: &output) } else { drawTail(output: &output) }
  }

  private mutating func cut(from start: Int, to end: Int, output: inout some TextOutput) {
    guard start < end else { return }
    removed = [UInt8](line[start..<end])
    erase(from: start, to: end, output: &output)
  }

  /// Shows another line of the history, or the new line after the last of them.
  private mutating func show(_ index: Int, output: inout some TextOutput) {
    guard index >= 0, index <= history.count, index != position else { return }
    if position == history.count { draft = line }
    position = index
    move(to: 0, output: &output)
    line = index == history.count ? draft : history[index]
    isOverfull = false
    if scrolls {
      cursor = line.count
      return redraw(output: &output)
    }
    drawTail(output: &output)
    move(to: line.count, output: &output)
  }

  // MARK: Places in the line

  func columns(_ start: Int, _ end: Int) -> Int { CharacterText.columns(line, start, end) }
  func isInsideCharacter(_ index: Int) -> Bool { CharacterText.isInside(line, index) }

  private func before(_ index: Int) -> Int { CharacterText.before(line, index) }
  private func after(_ index: Int) -> Int { CharacterText.after(line, index) }
  private func wordBefore(_ index: Int) -> Int { CharacterText.wordBefore(line, index) }
  private func wordAfter(_ index: Int) -> Int { CharacterText.wordAfter(line, index) }
}
