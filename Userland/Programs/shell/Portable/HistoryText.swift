// The lines of a history file. Whatever is in one, only lines that could have been typed come out.

import SDK

enum HistoryText {
  /// How large a file may become before it is written anew with the lines that are taken from it.
  static var byteLimit: Int { 65_536 }

  /// The last lines, as many as a history has.
  static func lines(of text: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for range in TextTools.lines(of: text) where !range.isEmpty && range.count <= LineEditor.lengthLimit {
      let line = [UInt8](text[range])
      let isTyped = line.allSatisfy { $0 >= 0x20 && $0 != 0x7f } && CharacterText.firstThatIsNone(in: line) == nil
      if isTyped, line != lines.last { lines.append(line) }
    }
    return lines.suffix(LineEditor.historyCapacity)
  }

  static func text(of lines: [[UInt8]]) -> [UInt8] {
    var text: [UInt8] = []
    for line in lines { text += line + [0x0a] }
    return text
  }
}
