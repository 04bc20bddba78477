// Edits a line in a terminal: cursor, history, and the usual control keys. It draws with a few ANSI sequences and
// reads nothing itself: whoever owns the terminal feeds it bytes.
//
// Invariants:
// - The line holds whole UTF-8 characters; 0 <= cursor <= line.count, and the cursor is never inside a character.
// - What the terminal shows after the prompt is the line, and its cursor is where `cursor` is.
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
  }

  /// The longest line, in bytes; what is typed beyond is refused with a bell.
  public static var lengthLimit: Int { 1024 }
  public static var historyCapacity: Int { 64 }

  private let prompt: StaticString
  private var decoder = KeyDecoder()
  /// The first bytes of a character whose other bytes have not come yet.
  private var incomplete: [UInt8] = []
  public private(set) var line: [UInt8] = []
  public private(set) var cursor = 0
  public private(set) var history: [[UInt8]] = []
  /// Which line of the history is shown; `history.count`: the new one.
  private var position = 0
  /// The new line, while one of the history is shown.
  private var draft: [UInt8] = []
  /// What Ctrl-U, Ctrl-K and Ctrl-W took away last, for Ctrl-Y.
  private var removed: [UInt8] = []

  public init(prompt: StaticString) { self.prompt = prompt }

  /// Begins a new line: writes the prompt.
  public mutating func begin(output: inout some TextOutput) {
    line = []
    incomplete = []
    cursor = 0
    draft = []
    position = history.count
    output.write(prompt)
  }

  /// Handles one byte from the terminal.
  public mutating func accept(_ byte: UInt8, output: inout some TextOutput) -> Event {
    guard let key = decoder.decode(byte) else { return .editing }
    if case .text(let byte) = key {
      complete(with: byte, output: &output)
      return .editing
    }
    incomplete = []
    switch key {
    case .text: break
    case .tab: insert([0x20], output: &output)
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
    case .control(let letter): return control(letter, output: &output)
    }
    return .editing
  }

  private mutating func control(_ letter: UInt8, output: inout some TextOutput) -> Event {
    switch letter {
    case 0x41: move(to: 0, output: &output)  // A
    case 0x42: move(to: before(cursor), output: &output)  // B
    case 0x43:  // C
      move(to: line.count, output: &output)
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
    case 0x55: cut(from: 0, to: cursor, output: &output)  // U
    case 0x57: cut(from: wordBefore(cursor), to: cursor, output: &output)  // W
    case 0x59: insert(removed, output: &output)  // Y
    default: break
    }
    return .editing
  }

  private mutating func finish(output: inout some TextOutput) -> Event {
    move(to: line.count, output: &output)
    output.write("\n")
    remember(line)
    return .line(line)
  }

  private mutating func remember(_ line: [UInt8]) {
    guard !line.isEmpty, history.last != line else { return }
    if history.count == Self.historyCapacity { history.removeFirst() }
    history.append(line)
  }

  // MARK: Changes

  /// Inserts the character that `byte` completes; bytes that are no UTF-8 are dropped.
  private mutating func complete(with byte: UInt8, output: inout some TextOutput) {
    if byte & 0xc0 != 0x80 { incomplete = [] } else if incomplete.isEmpty { return }
    incomplete.append(byte)
    guard let length = Self.characterLength(incomplete[0]) else {
      incomplete = []
      return
    }
    guard incomplete.count == length else { return }
    insert(incomplete, output: &output)
    incomplete = []
  }

  /// How many bytes a UTF-8 character has that begins with `byte`.
  private static func characterLength(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x00...0x7f: 1
    case 0xc2...0xdf: 2
    case 0xe0...0xef: 3
    case 0xf0...0xf4: 4
    default: nil
    }
  }

  private mutating func insert(_ bytes: [UInt8], output: inout some TextOutput) {
    guard line.count + bytes.count <= Self.lengthLimit else {
      output.write(byte: 0x07)
      return
    }
    line.insert(contentsOf: bytes, at: cursor)
    cursor += bytes.count
    output.write(bytes)
    if cursor < line.count { drawTail(output: &output) }
  }

  private mutating func erase(from start: Int, to end: Int, output: inout some TextOutput) {
    guard start < end else { return }
    move(to: start, output: &output)
    line.removeSubrange(start..<end)
    drawTail(output: &output)
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
    drawTail(output: &output)
    move(to: line.count, output: &output)
  }

  // MARK: Drawing

  private mutating func move(to target: Int, output: inout some TextOutput) {
    if target < cursor {
      moveLeft(columns(target, cursor), output: &output)
    } else {
      for index in cursor..<target { output.write(byte: line[index]) }
    }
    cursor = target
  }

  /// Draws the line from the cursor on, erases what the terminal shows after it, and goes back to the cursor.
  private func drawTail(output: inout some TextOutput) {
    for index in cursor..<line.count { output.write(byte: line[index]) }
    output.write("\u{1b}[K")
    moveLeft(columns(cursor, line.count), output: &output)
  }

  private func moveLeft(_ columns: Int, output: inout some TextOutput) {
    guard columns > 0 else { return }
    output.write("\u{1b}[")
    output.write(decimal: UInt32(columns))
    output.write("D")
  }

  private func clearScreen(output: inout some TextOutput) {
    output.write("\u{1b}[2J\u{1b}[H")
    output.write(prompt)
    for byte in line { output.write(byte: byte) }
    moveLeft(columns(cursor, line.count), output: &output)
  }

  // MARK: Places in the line

  /// How many columns the bytes take: one for each character, whose later bytes are 0b10xx_xxxx in UTF-8.
  private func columns(_ start: Int, _ end: Int) -> Int {
    var columns = 0
    for index in start..<end where !isInsideCharacter(index) { columns += 1 }
    return columns
  }

  private func isInsideCharacter(_ index: Int) -> Bool { index < line.count && line[index] & 0xc0 == 0x80 }

  private func before(_ index: Int) -> Int {
    var index = index
    repeat { index -= 1 } while index > 0 && isInsideCharacter(index)
    return max(index, 0)
  }

  private func after(_ index: Int) -> Int {
    var index = index
    repeat { index += 1 } while isInsideCharacter(index)
    return min(index, line.count)
  }

  private func wordBefore(_ index: Int) -> Int {
    var index = index
    while index > 0, line[index - 1] == 0x20 { index -= 1 }
    while index > 0, line[index - 1] != 0x20 { index -= 1 }
    return index
  }

  private func wordAfter(_ index: Int) -> Int {
    var index = index
    while index < line.count, line[index] == 0x20 { index += 1 }
    while index < line.count, line[index] != 0x20 { index += 1 }
    return index
  }
}
