// From words as they were written to those that a command gets: parameters, arithmetic, outputs of commands, splitting, names of
// files.
//
// Invariants: what was quoted is neither split nor a pattern; a quoted word gives exactly one, but for "$@"; the result
// is within `ShellLimits`.

/// What runs commands for their output's sake.
protocol OutputSource {
  /// The status of the latest of them.
  var outputStatus: Int32? { get set }
  /// What the commands of a text print, at most `ShellLimits.bytes`.
  mutating func output(of commands: [UInt8], _ state: ShellState) throws(ShellRefusal) -> [UInt8]
}

struct Expansion<Source: NameSource & OutputSource> {
  private let state: ShellState
  /// The words so far.
  private(set) var words: [[UInt8]] = []
  private var byteCount = 0
  private var current = ShellPattern()
  /// Whether `current` is a word, though it may be empty.
  private var hasWord = false

  private init(_ state: ShellState) { self.state = state }

  /// The words that `list` becomes.
  static func words(
    of list: [ShellWord], _ state: ShellState, _ source: inout Source
  ) throws(ShellRefusal) -> [[UInt8]] {
    var expansion = Expansion(state)
    for word in list {
      try expansion.expand(word.parts, splits: true, &source)
      try expansion.endWord(&source)
    }
    return expansion.words
  }

  /// What a word becomes where it stays one: a value, a file's name, what `case` looks at.
  static func text(of word: ShellWord, _ state: ShellState, _ source: inout Source) throws(ShellRefusal) -> [UInt8] {
    try pattern(of: word, state, &source).bytes
  }

  /// The same as a pattern.
  static func pattern(
    of word: ShellWord, _ state: ShellState, _ source: inout Source
  ) throws(ShellRefusal) -> ShellPattern {
    var expansion = Expansion(state)
    try expansion.expand(word.parts, splits: false, &source)
    return expansion.current
  }

  private mutating func expand(
    _ parts: [WordPart], splits: Bool, _ source: inout Source
  ) throws(ShellRefusal) {
    for (index, part) in parts.enumerated() {
      switch part {
      // "$@" is no word where there are no parameters.
      case .text([], isQuoted: true)
      where splits && index + 1 < parts.count && parts[index + 1] == .parameter(.all, isQuoted: true):
        continue
      case .text(let text, let isQuoted): try append(text, isQuoted: isQuoted)
      case .parameter(.all, let isQuoted) where splits:
        for (index, parameter) in state.parameters.enumerated() {
          if index > 0 { try endWord(&source) }
          if isQuoted { try append(parameter, isQuoted: true) } else { try split(parameter, &source) }
        }
      case .parameter(let parameter, let isQuoted):
        let value = self.value(of: parameter)
        try take(value, splits: splits && !isQuoted, isQuoted: isQuoted, &source)
      case .arithmetic(let inner, let isQuoted):
        try take(try arithmetic(inner, &source), splits: splits && !isQuoted, isQuoted: isQuoted, &source)
      case .output(let commands, let isQuoted):
        var value = try source.output(of: commands, state)
        while value.last == 0x0a { value.removeLast() }
        try take(value, splits: splits && !isQuoted, isQuoted: isQuoted, &source)
      }
    }
  }

  /// Takes what a part was replaced by.
  private mutating func take(
    _ value: [UInt8], splits: Bool, isQuoted: Bool, _ source: inout Source
  ) throws(ShellRefusal) {
    if splits { try split(value, &source) } else { try append(value, isQuoted: isQuoted) }
  }

  private func arithmetic(_ parts: [WordPart], _ source: inout Source) throws(ShellRefusal) -> [UInt8] {
    var expansion = Expansion(state)
    try expansion.expand(parts, splits: false, &source)
    do throws(ArithmeticFailure) {
      let state = state
      let result = try Arithmetic.compute(expansion.current.bytes) { state.value(of: $0) ?? [] }
      return ShellNumber.text(result)
    } catch { throw .arithmetic(error) }
  }

  private func value(of parameter: ShellParameter) -> [UInt8] {
    switch parameter {
    case .variable(let name): return state.value(of: name) ?? []
    case .status: return ShellNumber.text(Int64(state.status))
    case .count: return ShellNumber.text(Int64(state.parameters.count))
    case .all, .joined:
      var text: [UInt8] = []
      for (index, parameter) in state.parameters.enumerated() { text += (index > 0 ? [0x20] : []) + parameter }
      return text
    case .position(0): return state.name
    case .position(let number): return number <= state.parameters.count ? state.parameters[number - 1] : []
    case .shellTask: return ShellNumber.text(Int64(state.task))
    case .lastBackground: return state.lastBackground == 0 ? [] : ShellNumber.text(Int64(state.lastBackground))
    }
  }

  private mutating func append(_ bytes: [UInt8], isQuoted: Bool) throws(ShellRefusal) {
    byteCount += bytes.count
    guard byteCount <= ShellLimits.bytes else { throw .tooManyBytes }
    for byte in bytes { current.append(byte, isLiteral: isQuoted) }
    if isQuoted || !bytes.isEmpty { hasWord = true }
  }

  /// Appends what is between blanks as words of their own.
  private mutating func split(_ bytes: [UInt8], _ source: inout Source) throws(ShellRefusal) {
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == 0x20 || byte == 0x09 || byte == 0x0a {
      if index > start { try append([UInt8](bytes[start..<index]), isQuoted: false) }
      try endWord(&source)
      start = index + 1
    }
    if start < bytes.count { try append([UInt8](bytes[start...]), isQuoted: false) }
  }

  /// The current word is complete: it, or the files that it names as a pattern, are added.
  private mutating func endWord(_ source: inout Source) throws(ShellRefusal) {
    guard hasWord else { return }
    hasWord = false
    let pattern = current
    current = ShellPattern()
    var found: [[UInt8]] = []
    if pattern.hasWildcard {
      found = ShellPath.matches(pattern, from: state.folder, &source)
      for path in found { byteCount += path.count }
      guard byteCount <= ShellLimits.bytes else { throw .tooManyBytes }
    }
    if found.isEmpty { found = [pattern.bytes] }
    guard words.count + found.count <= ShellLimits.words else { throw .tooManyWords }
    words += found
  }
}

enum ShellNumber {
  /// In base ten.
  static func text(_ number: Int64) -> [UInt8] {
    var digits: [UInt8] = []
    var left = number.magnitude
    repeat {
      digits.append(UInt8(truncatingIfNeeded: left % 10) + 0x30)
      left /= 10
    } while left != 0
    if number < 0 { digits.append(0x2d) }
    digits.reverse()
    return digits
  }
}
