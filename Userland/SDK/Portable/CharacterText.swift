// Characters in UTF-8: where they begin, how long they are, how many columns they take.
//
// Whatever shows text counts one column for each character: the screen has one for each, and a terminal on the serial port
// cannot be asked.
//
// Invariant: places that are returned are never inside of a character, and never outside of the text.

public enum CharacterText {
  /// How many bytes a character has that begins with `byte`; nil: none begins so.
  public static func length(from byte: UInt8) -> Int? {
    switch byte {
    case 0x00...0x7f: 1
    case 0xc2...0xdf: 2
    case 0xe0...0xef: 3
    case 0xf0...0xf4: 4
    default: nil
    }
  }

  /// Whether `index` is at a later byte of a character.
  public static func isInside(_ text: [UInt8], _ index: Int) -> Bool {
    index < text.count && text[index] & 0xc0 == 0x80
  }

  public static func before(_ text: [UInt8], _ index: Int) -> Int {
    var index = index
    repeat { index -= 1 } while index > 0 && isInside(text, index)
    return max(index, 0)
  }

  public static func after(_ text: [UInt8], _ index: Int) -> Int {
    var index = index
    repeat { index += 1 } while isInside(text, index)
    return min(index, text.count)
  }

  public static func wordBefore(_ text: [UInt8], _ index: Int) -> Int {
    var index = index
    while index > 0, text[index - 1] == 0x20 { index -= 1 }
    while index > 0, text[index - 1] != 0x20 { index -= 1 }
    return index
  }

  public static func wordAfter(_ text: [UInt8], _ index: Int) -> Int {
    var index = index
    while index < text.count, text[index] == 0x20 { index += 1 }
    while index < text.count, text[index] != 0x20 { index += 1 }
    return index
  }

  /// How many columns the bytes take.
  public static func columns(_ text: [UInt8], _ start: Int, _ end: Int) -> Int {
    var columns = 0
    for index in start..<end where !isInside(text, index) { columns += 1 }
    return columns
  }

  /// The first byte that no text has: one that is not UTF-8, or a control character other than tab, line ends, form feed and
  /// escape.
  public static func firstThatIsNone(in text: [UInt8]) -> Int? {
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte < 0x20, byte < 0x09 || byte > 0x0d, byte != 0x1b { return index }
      guard let length = length(from: byte), text.count - index >= length else { return index }
      for later in (index + 1)..<max(index + length, index + 1) where !isInside(text, later) { return index }
      index += length
    }
    return nil
  }
}

/// Puts characters together from the bytes that are typed; bytes that are no UTF-8 are dropped.
public struct CharacterInput: Sendable {
  private var incomplete: [UInt8] = []

  public init() {}

  /// The character that `byte` completes.
  public mutating func take(_ byte: UInt8) -> [UInt8]? {
    if byte & 0xc0 != 0x80 { incomplete = [] } else if incomplete.isEmpty { return nil }
    incomplete.append(byte)
    guard let length = CharacterText.length(from: incomplete[0]) else {
      incomplete = []
      return nil
    }
    guard incomplete.count == length else { return nil }
    defer { incomplete = [] }
    return incomplete
  }

  /// Drops what is not complete.
  public mutating func reset() { incomplete = [] }
}
