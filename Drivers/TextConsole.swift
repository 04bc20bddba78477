// The text console: 80 columns and 25 rows of cells and a cursor, on a screen that shows cells by itself or
// has them drawn (PixelScreen.swift).
//
// Invariants: the cursor is always inside the grid, whatever bytes came in; no byte writes outside the
// 2,000 cells; nothing allocates, waits or traps.

import Primitives

/// The cells of a text screen, row after row from the top left. A cell is a character in the low byte
/// and its colours in the high byte. `index` is always below 2,000.
public protocol CellMemory {
  func read(_ index: Int) -> UInt16
  func write(_ index: Int, _ cell: UInt16)
  /// Shows the cursor at the cell `index`, and nowhere else.
  func showCursor(at index: Int)
}

/// The cursor of a VGA in text mode: the CRT controller's index registers 0x0E and 0x0F (IBM Personal System/2
/// and Personal Computer BIOS Interface Technical Reference).
public enum TextModeCursor<Ports: PortAccess> {
  public static func show(at index: Int) {
    let position = UInt16(truncatingIfNeeded: index)
    Ports.write8(0x3d4, 0x0e)
    Ports.write8(0x3d5, UInt8(truncatingIfNeeded: position &>> 8))
    Ports.write8(0x3d4, 0x0f)
    Ports.write8(0x3d5, UInt8(truncatingIfNeeded: position))
  }
}

/// A text screen that understands control characters and the common escape sequences.
public struct TextConsole<Cells: CellMemory>: TextOutput {
  /// The number of columns.
  public static var columns: Int { 80 }
  /// The number of rows.
  public static var rows: Int { 25 }

  /// The cursor's row, 0 to 24.
  public private(set) var row = 0
  /// The cursor's column, 0 to 79.
  public private(set) var column = 0
  /// Whether a line feed also returns to the first column. On until switched off: the kernel and its
  /// programs end a line with a line feed alone.
  public var returnsAtLineFeed = true

  private let cells: Cells
  private var parser = EscapeParser()
  private var style = TextStyle()
  /// Whether the last column was just written: the next character starts a new line first. Without the
  /// delay a full line would be followed by an empty one.
  private var wrapsNext = false
  private var savedRow = 0
  private var savedColumn = 0

  public init(_ cells: Cells) { self.cells = cells }

  /// Empties the screen and moves the cursor to its top left.
  public mutating func clear() {
    self = Self(cells)
    erase(0, Self.rows &* Self.columns)
    showCursor()
  }

  /// Shows `byte`, or obeys it.
  public mutating func write(byte: UInt8) {
    take(byte)
    showCursor()
  }

  /// Shows or obeys all of `text`, and moves the hardware's cursor once.
  public mutating func write(_ text: Span<UInt8>) {
    for index in text.indices { take(text[index]) }
    showCursor()
  }

  /// Shows or obeys all of `text`, and moves the hardware's cursor once.
  public mutating func write(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { take(unsafe text.utf8Start[index]) }
    showCursor()
  }

  private mutating func take(_ byte: UInt8) {
    switch parser.take(byte) {
    case .none: break
    case .byte(let byte): byte < 0x20 ? obey(byte) : show(byte)
    case .control(let final): control(final)
    case .escape(let final): escape(final)
    }
  }

  // MARK: Characters

  private mutating func show(_ byte: UInt8) {
    var character = byte
    switch byte {
    case 0x7f, 0x80...0xbf: return  // DEL; the later bytes of a UTF-8 sequence
    case 0xc0...0xff: character = 0x3f  // its first byte: the font has no such character
    default: break
    }
    if wrapsNext {
      column = 0
      moveDown()
    }
    cells.write(row &* Self.columns &+ column, style.cell(character))
    if column == Self.columns &- 1 {
      wrapsNext = true
    } else {
      column &+= 1
      wrapsNext = false
    }
  }

  private mutating func obey(_ byte: UInt8) {
    switch byte {
    case 0x08:
      // Behind a full line the cursor still stands on its last character, so that one is behind it.
      if column > 0 && !wrapsNext { column &-= 1 }
      wrapsNext = false
    case 0x09:
      column = min((column | 7) &+ 1, Self.columns &- 1)
      wrapsNext = false
    case 0x0a, 0x0b, 0x0c:
      if returnsAtLineFeed { column = 0 }
      moveDown()
    case 0x0d:
      column = 0
      wrapsNext = false
    default: break
    }
  }

  private mutating func moveDown() {
    wrapsNext = false
    if row < Self.rows &- 1 { row &+= 1 } else { scroll() }
  }

  /// Moves every row up by one and empties the last.
  private func scroll() {
    let kept = (Self.rows &- 1) &* Self.columns
    var index = 0
    while index < kept {
      cells.write(index, cells.read(index &+ Self.columns))
      index &+= 1
    }
    erase(kept, Self.rows &* Self.columns)
  }

  /// Empties the cells from `start` up to but not including `end`.
  private func erase(_ start: Int, _ end: Int) {
    let blank = style.blank
    var index = start
    while index < end {
      cells.write(index, blank)
      index &+= 1
    }
  }

  /// Puts the screen's cursor where the console's is.
  private func showCursor() { cells.showCursor(at: row &* Self.columns &+ column) }

  // MARK: Sequences

  private mutating func escape(_ final: UInt8) {
    switch final {
    case 0x63:  // ESC c: start again
      let returns = returnsAtLineFeed
      clear()
      returnsAtLineFeed = returns
    case 0x37: saveCursor()
    case 0x38: restoreCursor()
    default: break
    }
  }

  private mutating func control(_ final: UInt8) {
    switch final {
    case 0x41: move(toRow: row &- parser.parameter(0, or: 1), column: column)  // A: up
    case 0x42: move(toRow: row &+ parser.parameter(0, or: 1), column: column)  // B: down
    case 0x43: move(toRow: row, column: column &+ parser.parameter(0, or: 1))  // C: right
    case 0x44: move(toRow: row, column: column &- parser.parameter(0, or: 1))  // D: left
    case 0x47: move(toRow: row, column: parser.parameter(0, or: 1) &- 1)  // G: column
    case 0x48, 0x66:  // H, f: row and column
      move(toRow: parser.parameter(0, or: 1) &- 1, column: parser.parameter(1, or: 1) &- 1)
    case 0x4a: eraseScreen()
    case 0x4b: eraseLine()
    case 0x6d: selectStyle()
    case 0x73: saveCursor()
    case 0x75: restoreCursor()
    default: break
    }
  }

  /// ESC [ m: obeys each parameter in turn.
  private mutating func selectStyle() {
    var index = 0
    while index < parser.parameterCount {
      style.select(parser.parameter(index, or: 0))
      index &+= 1
    }
  }

  /// Moves the cursor, held inside the grid.
  private mutating func move(toRow wantedRow: Int, column wantedColumn: Int) {
    row = max(0, min(wantedRow, Self.rows &- 1))
    column = max(0, min(wantedColumn, Self.columns &- 1))
    wrapsNext = false
  }

  private mutating func saveCursor() {
    savedRow = row
    savedColumn = column
  }

  private mutating func restoreCursor() { move(toRow: savedRow, column: savedColumn) }

  /// ESC [ J: from the cursor to the end, from the start to the cursor, or all.
  private func eraseScreen() {
    let position = row &* Self.columns &+ column
    switch parser.parameter(0, or: 0) {
    case 0: erase(position, Self.rows &* Self.columns)
    case 1: erase(0, position &+ 1)
    case 2, 3: erase(0, Self.rows &* Self.columns)
    default: break
    }
  }

  /// ESC [ K: the same within the cursor's row.
  private func eraseLine() {
    let start = row &* Self.columns
    switch parser.parameter(0, or: 0) {
    case 0: erase(start &+ column, start &+ Self.columns)
    case 1: erase(start, start &+ column &+ 1)
    case 2: erase(start, start &+ Self.columns)
    default: break
    }
  }
}

/// The colours that text is written in.
struct TextStyle: Equatable {
  /// 0 to 7, in the order of ECMA-48.
  private var foreground: UInt8 = 7
  private var background: UInt8 = 0
  private var isBright = false
  private var isBold = false
  private var isReversed = false

  /// Obeys one parameter of the sequence "select graphic rendition"; an unknown one changes nothing.
  mutating func select(_ parameter: Int) {
    switch parameter {
    case 0: self = TextStyle()
    case 1: isBold = true
    case 7: isReversed = true
    case 22: isBold = false
    case 27: isReversed = false
    case 30...37: setForeground(parameter &- 30, isBright: false)
    case 39: setForeground(7, isBright: false)
    case 40...47: background = UInt8(truncatingIfNeeded: parameter &- 40)
    case 49: background = 0
    case 90...97: setForeground(parameter &- 90, isBright: true)
    // The hardware has eight backgrounds: the ninth bit makes the text blink.
    case 100...107: background = UInt8(truncatingIfNeeded: parameter &- 100)
    default: break
    }
  }

  private mutating func setForeground(_ colour: Int, isBright: Bool) {
    foreground = UInt8(truncatingIfNeeded: colour)
    self.isBright = isBright
  }

  /// The cell that shows `character` in these colours.
  func cell(_ character: UInt8) -> UInt16 { UInt16(attribute) &<< 8 | UInt16(character) }

  /// An empty cell in these colours.
  var blank: UInt16 { cell(0x20) }

  private var attribute: UInt8 {
    let intensity: UInt8 = isBright || isBold ? 0x08 : 0
    let front = Self.hardwareColour(isReversed ? background : foreground)
    let back = Self.hardwareColour(isReversed ? foreground : background)
    return back &<< 4 | front | intensity
  }

  /// ECMA-48 counts red, green, blue from the lowest bit; the hardware counts blue, green, red.
  private static func hardwareColour(_ colour: UInt8) -> UInt8 {
    (colour & 1) &<< 2 | colour & 2 | (colour &>> 2) & 1
  }
}
