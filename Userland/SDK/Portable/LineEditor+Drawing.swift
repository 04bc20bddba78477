// What the line editor draws. A line that fits behind the prompt is changed in place; of a longer one a window is shown,
// which the cursor is always in, since nobody can ask how wide a terminal on the serial port is: a window is right on each
// that is wide enough, and a line that wraps is only on one whose width is known.

import Primitives

extension LineEditor {
  /// How many columns of the line are shown; the terminal's last column stays free, where cursors behave differently.
  private var room: Int { max(width - 1 - prompt.utf8CodeUnitCount, 8) }

  /// Whether a window has to be drawn, because the line is too long, or was before the last change.
  var scrolls: Bool { isScrolled || columns(0, line.count) > room }

  mutating func move(to target: Int, output: inout some TextOutput) {
    if scrolls {
      cursor = target
      return redraw(output: &output)
    }
    if target < cursor {
      moveLeft(columns(target, cursor), output: &output)
    } else {
      for index in cursor..<target { output.write(byte: line[index]) }
    }
    cursor = target
  }

  /// Draws the line from the cursor on, erases what the terminal shows after it, and goes back to the cursor.
  func drawTail(output: inout some TextOutput) {
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

  func clearScreen(output: inout some TextOutput) {
    output.write("\u{1b}[2J\u{1b}[H")
    var editor = self
    editor.redraw(output: &output)
  }

  /// Draws prompt and line anew, where the terminal's cursor is in their row. After something else was written, that row is a
  /// new one.
  public mutating func redraw(output: inout some TextOutput) {
    let all = columns(0, line.count)
    isScrolled = all > room
    let column = columns(0, cursor)
    if !isScrolled {
      offset = 0
    } else if offset > 0 && column <= offset {
      // The first column shown, and the last one, may be marks that there is more.
      offset = max(column - room / 2, 0)
    } else if column > offset + room || column == offset + room - 1 && all > offset + room
      || column == offset + room && all > column
    {
      offset = column - room / 2
    }
    output.write("\u{0d}")
    output.write(prompt)
    var index = 0
    var at = 0
    while index < line.count {
      var end = index + 1
      while isInsideCharacter(end) { end += 1 }
      if at >= offset, at < offset + room {
        if at == offset, offset > 0 {
          output.write("<")
        } else if at == offset + room - 1, at < all - 1 {
          output.write(">")
        } else {
          for byte in line[index..<end] { output.write(byte: byte) }
        }
      }
      index = end
      at += 1
    }
    output.write("\u{1b}[K")
    moveLeft(min(all, offset + room) - column, output: &output)
  }

  /// Shows all of the line, with the cursor behind it, as it is to stay on the terminal.
  mutating func showWhole(output: inout some TextOutput) {
    guard scrolls else { return move(to: line.count, output: &output) }
    output.write("\u{0d}\u{1b}[K")
    output.write(prompt)
    for byte in line { output.write(byte: byte) }
    cursor = line.count
    isScrolled = false
  }
}
