// From text to words and operators.
//
// Invariant: an operator is never part of a word unless it is quoted, and nothing that is quoted is an operator, a
// reserved word or a comment.

/// What stands between words.
enum ShellSymbol: UInt8 {
  case semicolon, ampersand, and, or, pipe, open, close, endOfChoice

  var text: StaticString {
    switch self {
    case .semicolon: ";"
    case .ampersand: "&"
    case .and: "&&"
    case .or: "||"
    case .pipe: "|"
    case .open: "("
    case .close: ")"
    case .endOfChoice: ";;"
    }
  }
}

enum ShellToken: Equatable {
  case word(ShellWord)
  case redirection(channel: UInt8, RedirectionKind)
  /// `[N]<<WORD` and its lines.
  case hereText(channel: UInt8, ShellWord)
  /// `[N]>&M` or `[N]<&M`.
  case joining(channel: UInt8, with: UInt8)
  case symbol(ShellSymbol)
  case newline
  case end
}

struct ShellLexer {
  let source: [UInt8]
  var position = 0
  /// The word that is being read.
  var parts: [WordPart] = []
  /// Where it goes on behind a line with `<<` in it.
  struct Resume {
    let newline: Int
    let next: Int
  }
  var resume: Resume?
  /// The texts behind `<<`, in their order.
  var hereTexts: [HereText] = []
  private var depth: Int

  /// - Parameters:
  ///   - position: where to begin.
  ///   - depth: how many quotations it lies in.
  init(_ source: [UInt8], from position: Int = 0, depth: Int = 0) {
    self.source = source
    self.position = position
    self.depth = depth
  }

  func byte(at index: Int) -> UInt8? { index < source.count ? source[index] : nil }

  /// Skips what separates words.
  mutating func skipBlanks() {
    while let byte = byte(at: position) {
      if byte == 0x20 || byte == 0x09 || byte == 0x0d {
        position += 1
      } else if byte == 0x5c, self.byte(at: position + 1) == 0x0a {  // a line goes on in the next one
        position += 2
      } else if byte == 0x23 {  // # begins a comment
        while let byte = self.byte(at: position), byte != 0x0a { position += 1 }
      } else {
        return
      }
    }
  }

  /// Takes the next token; blanks have been skipped.
  mutating func next() throws(ShellMistake) -> ShellToken {
    guard let byte = byte(at: position) else { return .end }
    let start = position
    if let resume, start > resume.newline {
      throw ShellMistake(.unknown(StaticText("a line with << in it does not go on in the next")), at: resume.newline)
    }
    switch byte {
    case 0x0a:
      position = resume?.next ?? start + 1
      resume = nil
      return .newline
    case 0x3b: return symbol(.semicolon, doubled: .endOfChoice)
    case 0x26:
      if self.byte(at: start + 1) == 0x3e {
        throw ShellMistake(.unknown(StaticText("&> is not known; > FILE 2>&1 is")), at: start)
      }
      return symbol(.ampersand, doubled: .and)
    case 0x7c: return symbol(.pipe, doubled: .or)
    case 0x28: return symbol(.open, doubled: nil)
    case 0x29: return symbol(.close, doubled: nil)
    case 0x3c, 0x3e: return try redirection(channel: byte == 0x3c ? 0 : 1)
    default: return try word()
    }
  }

  private mutating func symbol(_ symbol: ShellSymbol, doubled: ShellSymbol?) -> ShellToken {
    if let doubled, byte(at: position + 1) == source[position] {
      position += 2
      return .symbol(doubled)
    }
    position += 1
    return .symbol(symbol)
  }

  private mutating func redirection(channel: UInt8) throws(ShellMistake) -> ShellToken {
    let start = position
    let isInput = source[position] == 0x3c
    position += 1
    switch byte(at: position) {
    case 0x3c where isInput: return try hereText(channel: channel)
    case 0x26:
      guard let digit = byte(at: position + 1), digit >= 0x30, digit <= 0x32, !isDigit(position + 2) else {
        throw ShellMistake(.unknown(StaticText("behind >& and <& stands a channel: 0, 1 or 2")), at: start)
      }
      position += 2
      return .joining(channel: channel, with: digit - 0x30)
    case 0x7c, 0x3c: throw oneAtATime(start)
    case 0x3e where isInput: throw oneAtATime(start)
    case 0x3e:
      position += 1
      return .redirection(channel: channel, .append)
    default: return .redirection(channel: channel, isInput ? .input : .output)
    }
  }

  private func isDigit(_ index: Int) -> Bool { byte(at: index).map { $0 >= 0x30 && $0 <= 0x39 } ?? false }

  private func oneAtATime(_ start: Int) -> ShellMistake {
    ShellMistake(.unknown(StaticText("of <, > and >> one is written at a time")), at: start)
  }

  // MARK: Words

  mutating func word() throws(ShellMistake) -> ShellToken {
    let start = position
    parts = []
    while let byte = byte(at: position) {
      switch byte {
      case 0x20, 0x09, 0x0d, 0x0a, 0x3b, 0x26, 0x7c, 0x28, 0x29: return .word(ShellWord(parts: parts, position: start))
      case 0x3c, 0x3e:
        guard let channel = channelNumber else { return .word(ShellWord(parts: parts, position: start)) }
        guard channel <= 2 else {
          throw ShellMistake(.unknown(StaticText("only the channels 0, 1 and 2 are known")), at: start)
        }
        return try redirection(channel: channel)
      default: try piece(byte)
      }
    }
    return .word(ShellWord(parts: parts, position: start))
  }

  /// The number of a channel that the word in front of `<` or `>` is; 9 stands for all that there are not.
  private var channelNumber: UInt8? {
    guard parts.count == 1, case .text(let text, isQuoted: false) = parts[0], !text.isEmpty else { return nil }
    for byte in text where byte < 0x30 || byte > 0x39 { return nil }
    return text.count == 1 ? text[0] - 0x30 : 9
  }

  /// Takes a quoted or replaced piece of a word, or one byte of it.
  private mutating func piece(_ byte: UInt8) throws(ShellMistake) {
    switch byte {
    case 0x27: try singleQuoted()
    case 0x22: try doubleQuoted()
    case 0x24: try dollar(isQuoted: false)
    case 0x60: throw backquote
    case 0x5c:
      guard let next = self.byte(at: position + 1) else {
        throw ShellMistake(.nothingAfterBackslash, at: position, isIncomplete: true)
      }
      position += 2
      if next != 0x0a { append([next], isQuoted: true) }
    default:
      append([byte], isQuoted: false)
      position += 1
    }
  }

  private var backquote: ShellMistake {
    ShellMistake(.unknown(StaticText("what commands print is written $(COMMANDS)")), at: position)
  }

  mutating func append(_ bytes: [UInt8], isQuoted: Bool) {
    if let last = parts.last, case .text(let text, let wasQuoted) = last, wasQuoted == isQuoted {
      parts[parts.count - 1] = .text(text + bytes, isQuoted: isQuoted)
    } else {
      parts.append(.text(bytes, isQuoted: isQuoted))
    }
  }

  private mutating func singleQuoted() throws(ShellMistake) {
    let start = position
    position += 1
    while let byte = byte(at: position), byte != 0x27 { position += 1 }
    guard position < source.count else { throw ShellMistake(.unclosedQuote, at: start, isIncomplete: true) }
    append([UInt8](source[(start + 1)..<position]), isQuoted: true)
    position += 1
  }

  /// Inside double quotes `$` is replaced, and a backslash protects `"`, `$`, `` ` `` and itself.
  private mutating func doubleQuoted() throws(ShellMistake) {
    let start = position
    position += 1
    append([], isQuoted: true)
    while let byte = byte(at: position) {
      switch byte {
      case 0x22:
        position += 1
        return
      case 0x24: try dollar(isQuoted: true)
      case 0x60: throw backquote
      case 0x5c:
        let next = self.byte(at: position + 1)
        switch next {
        case 0x0a: break
        case 0x22?, 0x24?, 0x5c?, 0x60?: append([source[position + 1]], isQuoted: true)
        case let next?: append([0x5c, next], isQuoted: true)
        case nil: append([0x5c], isQuoted: true)
        }
        position += 2
      default:
        append([byte], isQuoted: true)
        position += 1
      }
    }
    throw ShellMistake(.unclosedQuote, at: start, isIncomplete: true)
  }

  // MARK: What $ names

  mutating func dollar(isQuoted: Bool) throws(ShellMistake) {
    let start = position
    guard let next = byte(at: start + 1) else {
      append([0x24], isQuoted: isQuoted)
      position += 1
      return
    }
    if next == 0x28 {
      return byte(at: start + 2) == 0x28 ? try arithmetic(isQuoted: isQuoted) : try output(isQuoted: isQuoted)
    }
    if next == 0x7b {
      var end = start + 2
      while let byte = byte(at: end), byte != 0x7d, byte != 0x0a { end += 1 }
      guard byte(at: end) == 0x7d, let parameter = Self.parameter([UInt8](source[(start + 2)..<end])) else {
        throw ShellMistake(.badParameter, at: start, isIncomplete: end >= source.count)
      }
      parts.append(.parameter(parameter, isQuoted: isQuoted))
      position = end + 1
      return
    }
    var end = start + 1
    if ShellName.begins(next) {
      while let byte = byte(at: end), ShellName.continues(byte) { end += 1 }
    } else {
      end += 1
    }
    if let parameter = Self.parameter([UInt8](source[(start + 1)..<end])) {
      parts.append(.parameter(parameter, isQuoted: isQuoted))
      position = end
    } else {
      append([0x24], isQuoted: isQuoted)
      position += 1
    }
  }

  /// `$(...)`: commands, which end where they are complete and a `)` stands.
  private mutating func output(isQuoted: Bool) throws(ShellMistake) {
    let start = position
    guard depth < ShellLimits.nesting else { throw ShellMistake(.tooDeep, at: start) }
    let end = try ShellParser.end(ofCommandsIn: source, from: start + 2, depth: depth + 1)
    parts.append(.output([UInt8](source[(start + 2)..<end]), isQuoted: isQuoted))
    position = end + 1
  }

  private static func parameter(_ text: [UInt8]) -> ShellParameter? {
    guard let first = text.first else { return nil }
    if ShellName.isName(text) { return .variable(text) }
    if first >= 0x30 && first <= 0x39 {
      guard text.count <= 4 else { return nil }
      var number = 0
      for byte in text {
        guard byte >= 0x30 && byte <= 0x39 else { return nil }
        number = number * 10 + Int(byte - 0x30)
      }
      return .position(number)
    }
    guard text.count == 1 else { return nil }
    switch first {
    case 0x3f: return .status
    case 0x23: return .count
    case 0x40: return .all
    case 0x2a: return .joined
    case 0x24: return .shellTask
    case 0x21: return .lastBackground
    default: return nil
    }
  }

  /// `$((...))`; the parentheses inside are in pairs.
  private mutating func arithmetic(isQuoted: Bool) throws(ShellMistake) {
    let start = position
    depth += 1
    defer { depth -= 1 }
    guard depth <= ShellLimits.nesting else { throw ShellMistake(.tooDeep, at: start) }
    let outer = parts
    parts = []
    position += 3
    var open = 0
    while let byte = byte(at: position) {
      if byte == 0x29, open == 0 {
        guard self.byte(at: position + 1) == 0x29 else { break }
        position += 2
        let inner = parts
        parts = outer
        parts.append(.arithmetic(inner, isQuoted: isQuoted))
        return
      }
      if byte == 0x28 { open += 1 }
      if byte == 0x29 { open -= 1 }
      if byte == 0x24 {
        try dollar(isQuoted: true)
      } else {
        append([byte], isQuoted: true)
        position += 1
      }
    }
    throw ShellMistake(.missing(StaticText("))")), at: start, isIncomplete: position >= source.count)
  }
}

/// What variables and functions are called.
enum ShellName {
  static func begins(_ byte: UInt8) -> Bool {
    byte >= 0x41 && byte <= 0x5a || byte >= 0x61 && byte <= 0x7a || byte == 0x5f
  }

  static func continues(_ byte: UInt8) -> Bool { begins(byte) || byte >= 0x30 && byte <= 0x39 }

  static func isName(_ text: [UInt8]) -> Bool {
    guard let first = text.first, begins(first) else { return false }
    for byte in text where !continues(byte) { return false }
    return true
  }
}
