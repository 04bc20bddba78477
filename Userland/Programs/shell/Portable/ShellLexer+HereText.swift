// `<<WORD`: the lines behind this one are the input, up to one that is the word alone.
//
// Invariant: the lines are taken where their operator is read, and passed over where the line of the operator ends, so that
// nothing else takes them for commands.

/// The lines behind `<<WORD`.
struct HereText: Equatable {
  /// Where its operator stands.
  let start: Int
  /// The lines, with the one that ends them.
  let lines: Range<Int>
}

extension ShellLexer {
  /// Takes the word and the lines; the first `<` has been taken.
  mutating func hereText(channel: UInt8) throws(ShellMistake) -> ShellToken {
    let start = position - 1
    position += 1
    if byte(at: position) == 0x3c {
      throw ShellMistake(.unknown(StaticText("<<< is not known; << WORD is")), at: start)
    }
    let stripsTabs = byte(at: position) == 0x2d
    if stripsTabs { position += 1 }
    skipBlanks()
    let (end, isQuoted) = try endWord(start)
    let newline: Int
    if let resume { newline = resume.newline } else { newline = try lineEnd(start) }
    let first = resume?.next ?? newline + 1
    var place = first
    while place < source.count {
      var stop = place
      while let byte = byte(at: stop), byte != 0x0a { stop += 1 }
      let line = source[place..<stop]
      if (stripsTabs ? line.drop { $0 == 0x09 } : line).elementsEqual(end) {
        let next = min(stop + 1, source.count)
        resume = Resume(newline: newline, next: next)
        hereTexts.append(HereText(start: start, lines: first..<next))
        let parts = try hereParts(first..<place, isQuoted: isQuoted, stripsTabs: stripsTabs)
        return .hereText(channel: channel, ShellWord(parts: parts, position: first))
      }
      place = stop + 1
    }
    throw ShellMistake(.missing(StaticText("line that ends the text behind <<")), at: start, isIncomplete: true)
  }

  /// What ends the text, and whether anything of it is quoted, so that nothing in the text is replaced.
  private mutating func endWord(_ start: Int) throws(ShellMistake) -> (word: [UInt8], isQuoted: Bool) {
    guard case .word(let word) = try word(), !word.parts.isEmpty else { throw ShellMistake(.noTarget, at: start) }
    var end: [UInt8] = []
    var isQuoted = false
    for part in word.parts {
      guard case .text(let text, let partIsQuoted) = part else { throw ShellMistake(.noTarget, at: start) }
      end += text
      isQuoted = isQuoted || partIsQuoted
    }
    return (end, isQuoted)
  }

  private func lineEnd(_ start: Int) throws(ShellMistake) -> Int {
    var end = position
    while let byte = byte(at: end) {
      if byte == 0x0a { return end }
      end += 1
    }
    throw ShellMistake(.missing(StaticText("line that ends the text behind <<")), at: start, isIncomplete: true)
  }

  /// The lines as one text. In it `$` is replaced, and a backslash protects `$`, `` ` ``, itself and a line end.
  private mutating func hereParts(
    _ lines: Range<Int>, isQuoted: Bool, stripsTabs: Bool
  ) throws(ShellMistake) -> [WordPart] {
    let (outerParts, outerPosition) = (parts, position)
    defer { (parts, position) = (outerParts, outerPosition) }
    parts = []
    position = lines.lowerBound
    append([], isQuoted: true)
    var beginsLine = true
    while position < lines.upperBound {
      let byte = source[position]
      if beginsLine, stripsTabs, byte == 0x09 {
        position += 1
        continue
      }
      beginsLine = byte == 0x0a
      if byte == 0x24, !isQuoted {
        let dollarPosition = position
        try dollar(isQuoted: true)
        // What begins in the text ends there.
        guard position <= lines.upperBound else { throw ShellMistake(.badParameter, at: dollarPosition) }
        continue
      }
      let next = self.byte(at: position + 1)
      if byte == 0x5c, !isQuoted, next == 0x24 || next == 0x60 || next == 0x5c || next == 0x0a {
        if let next, next != 0x0a { append([next], isQuoted: true) }
        position += 2
      } else {
        append([byte], isQuoted: true)
        position += 1
      }
    }
    return parts
  }
}
