// Shows a text a page at a time. It draws and decides; keys come from whoever has the terminal.
//
// Invariant: 0 <= top, and the last line is on the screen's last row at the latest.

import Primitives
import SDK

struct Pager {
  private let text: [UInt8]
  /// The rows of the screen that the text takes, lines wrapped.
  private let rows: [Range<Int>]
  private let height: Int
  private let name: [UInt8]
  private(set) var top = 0

  /// - Parameters:
  ///   - width: of the screen in columns.
  ///   - height: of the screen in rows; the last one says what is shown.
  init(_ text: [UInt8], name: [UInt8], width: Int, height: Int) {
    self.text = text
    self.name = name
    self.height = max(height - 1, 1)
    var rows: [Range<Int>] = []
    for line in TextTools.lines(of: text) {
      var start = line.lowerBound
      repeat {
        let end = min(start + width, line.upperBound)
        rows.append(start..<end)
        start = end
      } while start < line.upperBound
    }
    self.rows = rows
  }

  private var lastTop: Int { max(rows.count - height, 0) }

  /// Whether it fits on one page.
  var isShort: Bool { rows.count <= height }

  /// Does what a key says. Returns false for the one that ends.
  mutating func accept(_ key: TerminalKey) -> Bool {
    switch key {
    case .text(0x71), .text(0x51), .control(0x43): return false  // q Q ^C
    case .pageDown, .text(0x20), .text(0x66): top += height  // space f
    case .pageUp, .text(0x62): top -= height  // b
    case .enter, .down, .text(0x6a): top += 1  // j
    case .up, .text(0x6b): top -= 1  // k
    case .home, .text(0x67): top = 0  // g
    case .end, .text(0x47): top = lastTop  // G
    default: break
    }
    top = min(max(top, 0), lastTop)
    return true
  }

  func draw(to output: inout some TextOutput) {
    output.write("\u{1b}[2J\u{1b}[H")
    for row in rows[top..<min(top + height, rows.count)] {
      for byte in text[row] { output.write(byte: byte >= 0x20 && byte != 0x7f || byte == 0x09 ? byte : 0x3f) }
      output.write("\n")
    }
    output.write(name)
    output.write(": lines ")
    output.write(decimal: min(top + 1, rows.count))
    output.write(" to ")
    output.write(decimal: min(top + height, rows.count))
    output.write(" of ")
    output.write(decimal: rows.count)
    output.write("; space, b, arrows, q")
  }
}
