// What the editor shows: a part of the text, a row that says where the cursor is, and one for questions and what can be done.
//
// A row is drawn where it differs from what the terminal shows. A line that is longer than the screen is not wrapped: all lines
// move to the side together, so that columns stay columns; `<` and `>` say that there is more.

import Primitives
import SDK

extension TextEditor {
  private static var tabWidth: Int { 8 }

  /// The column behind a character that begins at `column`.
  private func column(behind byte: UInt8, at column: Int) -> Int {
    byte == 0x09 ? column - column % Self.tabWidth + Self.tabWidth : column + 1
  }

  func column(of place: TextPlace) -> Int {
    let line = buffer.lines[place.line]
    var column = 0
    for index in 0..<place.byte where !CharacterText.isInside(line, index) {
      column = self.column(behind: line[index], at: column)
    }
    return column
  }

  /// The character that is at a column, or the end of the line.
  func byte(at wanted: Int, of line: [UInt8]) -> Int {
    var column = 0
    var index = 0
    while index < line.count {
      column = self.column(behind: line[index], at: column)
      if column > wanted { return index }
      index = CharacterText.after(line, index)
    }
    return index
  }

  /// Brings the terminal to what is to be seen.
  mutating func draw(to output: inout some TextOutput) {
    follow()
    if shown.isEmpty {
      output.write("\u{1b}[0m\u{1b}[2J")
      shown = [[UInt8]](repeating: [], count: height + 2)
    }
    for row in 0..<height { show(row < buffer.lines.count - top ? shownPart(of: top + row) : [], at: row, to: &output) }
    show(status, at: height, to: &output)
    show(lastRow, at: height + 1, to: &output)
    if question == nil {
      place(cursor.line - top, column(of: cursor) - left, to: &output)
    } else {
      place(height + 1, CharacterText.columns(lastRow, 0, lastRow.count), to: &output)
    }
  }

  /// Leaves an empty screen to the next program.
  func clear(to output: inout some TextOutput) { output.write("\u{1b}[0m\u{1b}[2J\u{1b}[H") }

  /// Has the part of the text shown that the cursor is in.
  private mutating func follow() {
    if cursor.line < top || cursor.line >= top + height {
      // A step shows one more line; a jump shows what is around.
      let isStep = cursor.line == top - 1 || cursor.line == top + height
      top = isStep ? (cursor.line < top ? cursor.line : top + 1) : max(cursor.line - height / 2, 0)
    }
    top = min(top, buffer.lines.count - 1)
    let column = column(of: cursor)
    if column < width {
      left = 0
    } else if column <= left || column + 1 >= left + width {
      // The first column and the last one may be marks.
      left = column - width / 2
    }
  }

  private mutating func show(_ text: [UInt8], at row: Int, to output: inout some TextOutput) {
    guard shown[row] != text else { return }
    shown[row] = text
    place(row, 0, to: &output)
    let isReversed = row == height
    if isReversed { output.write("\u{1b}[7m") }
    for byte in text { output.write(byte: byte) }
    if isReversed { output.write("\u{1b}[0m") }
    output.write("\u{1b}[K")
  }

  private func place(_ row: Int, _ column: Int, to output: inout some TextOutput) {
    output.write("\u{1b}[")
    output.write(decimal: row + 1)
    output.write(";")
    output.write(decimal: column + 1)
    output.write("H")
  }

  private func shownPart(of index: Int) -> [UInt8] {
    let line = buffer.lines[index]
    var part: [UInt8] = []
    var column = 0
    var place = 0
    while place < line.count, column < left + width {
      let end = CharacterText.after(line, place)
      let next = self.column(behind: line[place], at: column)
      for at in max(column, left)..<max(min(next, left + width), max(column, left)) {
        if at == left, left > 0 {
          part.append(0x3c)
        } else if at == left + width - 1, end < line.count || next > at + 1 {
          part.append(0x3e)
        } else if line[place] == 0x09 {
          part.append(0x20)
        } else if line[place] < 0x20 || line[place] == 0x7f {
          part.append(0x3f)
        } else {
          part += line[place..<end]
        }
      }
      column = next
      place = end
    }
    return part
  }

  /// As wide as the screen, since it is shown in reverse.
  private var status: [UInt8] {
    var numbers = ByteWriter()
    if buffer.isChanged { numbers.write(", changed") }
    numbers.write("  line ")
    numbers.write(decimal: cursor.line + 1)
    numbers.write(" of ")
    numbers.write(decimal: buffer.lines.count)
    numbers.write(", column ")
    numbers.write(decimal: column(of: cursor) + 1)
    numbers.write(" ")
    var row = [0x20] + end(of: name, columns: width - 1 - numbers.bytes.count) + numbers.bytes
    while CharacterText.columns(row, 0, row.count) < width { row.append(0x20) }
    return row
  }

  private var lastRow: [UInt8] {
    let asked: StaticString
    switch question {
    case .text: asked = "find: "
    case .line: asked = "go to line: "
    case .name: asked = "save as: "
    case .leaving: return Bytes("save what was changed? y, n, or Ctrl-C to go on: ").copied
    case nil:
      if !message.isEmpty { return end(of: message, columns: width) }
      return Bytes("^S save  ^O save as  ^Q leave  ^W find  ^G line  ^K cut  ^U put back  ^Z undo").copied
    }
    let text = Bytes(asked).copied
    return text + end(of: answer, columns: width - 1 - text.count)
  }

  /// As much of the end as there is room for; what no terminal should be sent is shown as `?`.
  private func end(of text: [UInt8], columns: Int) -> [UInt8] {
    var start = text.count
    var count = 0
    while start > 0, count < columns {
      start = CharacterText.before(text, start)
      count += 1
    }
    return text[start...].map { $0 < 0x20 || $0 == 0x7f ? 0x3f : $0 }
  }
}
