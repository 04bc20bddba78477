// Ctrl-R: looks for an earlier line that holds what is typed.
//
// Invariant: while it goes on the editor's line is the one that was found last, and what was there before is kept.

import Primitives

struct HistorySearch {
  var pattern: [UInt8] = []
  /// Which line of the history was found; its count: none yet.
  var found: Int
  var hasFailed = false
  /// The line when it began.
  let before: [UInt8]
}

extension LineEditor {
  mutating func beginSearch(output: inout some TextOutput) {
    search = HistorySearch(found: history.count, before: line)
    drawSearch(output: &output)
  }

  /// Handles a key; nil where it ended the search and has its usual meaning.
  mutating func continueSearch(_ key: TerminalKey, output: inout some TextOutput) -> Event? {
    switch key {
    case .control(0x52): look(from: (search?.found ?? 0) - 1)  // R
    case .backspace:
      // A character ends with its first byte, which is not 0b10xx_xxxx.
      while let byte = search?.pattern.popLast(), byte & 0xc0 == 0x80 {}
      look(from: history.count)
    case .control(0x43), .control(0x47):  // C, G
      line = search?.before ?? []
      endSearch(output: &output)
      return .editing
    default:
      endSearch(output: &output)
      return nil
    }
    drawSearch(output: &output)
    return .editing
  }

  /// Takes a whole character.
  mutating func searchFurther(_ character: [UInt8], output: inout some TextOutput) {
    search?.pattern += character
    look(from: search?.found ?? 0)
    drawSearch(output: &output)
  }

  private mutating func endSearch(output: inout some TextOutput) {
    if let search, !search.hasFailed, search.found < history.count { position = search.found }
    search = nil
    cursor = line.count
    redraw(output: &output)
  }

  /// Looks for the pattern in line number `first` and those before.
  private mutating func look(from first: Int) {
    guard let pattern = search?.pattern, !pattern.isEmpty else { return }
    var index = min(first, history.count - 1)
    while index >= 0 {
      if contains(history[index], pattern) {
        line = history[index]
        cursor = line.count
        search?.found = index
        search?.hasFailed = false
        return
      }
      index -= 1
    }
    search?.hasFailed = true
  }

  private func contains(_ line: [UInt8], _ pattern: [UInt8]) -> Bool {
    guard pattern.count <= line.count else { return false }
    for start in 0...(line.count - pattern.count) {
      var count = 0
      while count < pattern.count, line[start + count] == pattern[count] { count += 1 }
      if count == pattern.count { return true }
    }
    return false
  }

  /// In place of prompt and line: what is looked for, and as much of what was found as fits.
  private func drawSearch(output: inout some TextOutput) {
    guard let search else { return }
    output.write(search.hasFailed ? "\u{0d}no such line \"" : "\u{0d}search \"")
    var column = 16
    for byte in search.pattern {
      if byte & 0xc0 != 0x80 { column += 1 }
      if column < width / 2 { output.write(byte: byte) }
    }
    output.write("\": ")
    var index = 0
    while index < line.count, column < width - 1 {
      var end = index + 1
      while isInsideCharacter(end) { end += 1 }
      for byte in line[index..<end] { output.write(byte: byte) }
      index = end
      column += 1
    }
    output.write("\u{1b}[K")
  }
}
