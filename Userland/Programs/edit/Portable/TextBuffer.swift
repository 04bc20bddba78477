// The text that is edited: lines, and how it was before each change.
//
// Invariants:
// - There is at least one line; no line has a line feed in it.
// - Places that are given lie in the text, between characters. The text has at most `byteLimit` bytes.
// - Taking back every change in turn leads through the texts that were there; what is kept for it is bounded.

import SDK

/// A place in a text: between bytes of a line.
struct TextPlace: Comparable {
  var line: Int
  var byte: Int

  static func < (left: TextPlace, right: TextPlace) -> Bool {
    left.line != right.line ? left.line < right.line : left.byte < right.byte
  }
}

struct TextBuffer {
  /// The longest text, in bytes: what the heap of a program takes with room to spare.
  static var byteLimit: Int { 524_288 }
  /// How many changes can be taken back, and how many bytes are kept for that.
  static var historyLimit: (changes: Int, bytes: Int) { (512, 262_144) }

  private struct Change {
    let start: TextPlace
    /// Behind what was put in.
    var end: TextPlace
    var removed: [UInt8]
    /// Which text it led to.
    var state: Int
    /// Whether what is typed next belongs to it.
    var isTyping: Bool
  }

  private(set) var lines: [[UInt8]] = [[]]
  /// How many bytes there are, line feeds counted.
  private(set) var byteCount = 0
  private var changes: [Change] = []
  private var keptBytes = 0
  /// Texts are numbered, so that it is known whether this is the one that was saved.
  private var state = 0
  private var lastState = 0
  private var savedState = 0

  init(_ text: [UInt8]) {
    lines = Self.lines(of: text)
    byteCount = text.count
  }

  private static func lines(of text: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = 0
    for index in text.indices where text[index] == 0x0a {
      lines.append([UInt8](text[start..<index]))
      start = index + 1
    }
    lines.append([UInt8](text[start...]))
    return lines
  }

  /// All of it. The last line of a text ends like the others.
  var contents: [UInt8] {
    var contents: [UInt8] = []
    contents.reserveCapacity(byteCount + 1)
    for (index, line) in lines.enumerated() {
      contents += line
      if index + 1 < lines.count || !line.isEmpty { contents.append(0x0a) }
    }
    return contents
  }

  var isChanged: Bool { state != savedState }
  var end: TextPlace { TextPlace(line: lines.count - 1, byte: lines[lines.count - 1].count) }

  /// This text is in the file now.
  mutating func wasSaved() {
    savedState = state
    endTyping()
  }

  /// What is typed from now on is a change of its own.
  mutating func endTyping() {
    if !changes.isEmpty { changes[changes.count - 1].isTyping = false }
  }

  // MARK: Changes

  /// Puts `text` in place of what lies between two places.
  /// - Parameter isTyping: whether it is taken back together with what was typed just before it.
  /// - Returns: the place behind it; nil where the text would be too long, and nothing was changed.
  mutating func replace(_ start: TextPlace, _ end: TextPlace, with text: [UInt8], isTyping: Bool = false) -> TextPlace?
  {
    let removed = self.text(start, end)
    guard byteCount - removed.count + text.count <= Self.byteLimit else { return nil }
    let behind = put(text, at: start, until: end, removing: removed.count)
    lastState += 1
    state = lastState
    let last = changes.count - 1
    if isTyping, removed.isEmpty, last >= 0, changes[last].isTyping, changes[last].end == start {
      changes[last].end = behind
      changes[last].state = state
    } else {
      changes.append(Change(start: start, end: behind, removed: removed, state: state, isTyping: isTyping))
      keptBytes += removed.count
      forgetOldest()
    }
    return behind
  }

  /// Takes the last change back. Returns the place behind what is there again; nil where there is none.
  mutating func undo() -> TextPlace? {
    guard let change = changes.popLast() else { return nil }
    keptBytes -= change.removed.count
    state = changes.last?.state ?? baseState
    return put(change.removed, at: change.start, until: change.end, removing: text(change.start, change.end).count)
  }

  /// The text that the oldest change was made in.
  private var baseState = 0

  private mutating func forgetOldest() {
    var count = 0
    while changes.count - count > Self.historyLimit.changes || keptBytes > Self.historyLimit.bytes,
      count < changes.count
    {
      keptBytes -= changes[count].removed.count
      baseState = changes[count].state
      count += 1
    }
    changes.removeFirst(count)
  }

  /// What lies between two places.
  func text(_ start: TextPlace, _ end: TextPlace) -> [UInt8] {
    guard start.line < end.line else { return [UInt8](lines[start.line][start.byte..<max(start.byte, end.byte)]) }
    var text = [UInt8](lines[start.line][start.byte...])
    for index in (start.line + 1)..<end.line {
      text.append(0x0a)
      text += lines[index]
    }
    text.append(0x0a)
    return text + lines[end.line][..<end.byte]
  }

  private mutating func put(_ text: [UInt8], at start: TextPlace, until end: TextPlace, removing count: Int)
    -> TextPlace
  {
    byteCount += text.count - count
    if start.line == end.line, !text.contains(0x0a) {
      lines[start.line].replaceSubrange(start.byte..<end.byte, with: text)
      return TextPlace(line: start.line, byte: start.byte + text.count)
    }
    var pieces = Self.lines(of: text)
    let tail = lines[end.line][end.byte...]
    pieces[0] = lines[start.line][..<start.byte] + pieces[0]
    let last = pieces.count - 1
    let behind = TextPlace(line: start.line + last, byte: pieces[last].count)
    pieces[last] += tail
    lines.replaceSubrange(start.line...end.line, with: pieces)
    return behind
  }

  // MARK: Search

  /// The next place after `place` where `needle` is, letters of either size; it goes on at the beginning.
  func find(_ needle: [UInt8], after place: TextPlace) -> TextPlace? {
    let needle = needle.map(Self.lowered)
    guard !needle.isEmpty else { return nil }
    // The line of the place comes twice: from behind the place, and at the end all of it.
    for step in 0...lines.count {
      let index = (place.line + step) % lines.count
      let line = lines[index]
      var start = step == 0 ? place.byte + 1 : 0
      while start + needle.count <= line.count {
        var same = 0
        while same < needle.count, Self.lowered(line[start + same]) == needle[same] { same += 1 }
        if same == needle.count { return TextPlace(line: index, byte: start) }
        start += 1
      }
    }
    return nil
  }

  private static func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }
}
