// The US layout: what each key press means as bytes. Keys without a character become the escape
// sequences that terminals of the VT220 family and xterm send, so that a program reads the same from this
// keyboard as from a terminal on the serial port.
//
// Invariant: a release and a modifier mean no bytes.

/// The US keyboard layout.
public enum KeyboardLayout {
  /// The bytes that `event` stands for. Enter is a carriage return (0x0D) and Backspace is DEL (0x7F), as
  /// on a terminal; Alt puts an escape before the character.
  public static func text(for event: KeyEvent) -> KeyText {
    var text = KeyText()
    guard event.isPress else { return text }
    let modifiers = event.modifiers
    if let character = character(of: event.key, modifiers) {
      if modifiers.hasAlt { text.append(0x1b) }
      text.append(modifiers.hasControl ? controlCharacter(character) : character)
    } else if event.key == .tab {
      // Shift and Tab is the terminals' back tab, CSI Z.
      text.append(0x1b)
      text.append(0x5b)
      text.append(0x5a)
    } else if let sequence = sequence(of: navigationKey(event.key)) {
      append(sequence, modifiers, to: &text)
    }
    return text
  }

  /// The character of `key`, or nil where it has none.
  private static func character(of key: Key, _ modifiers: KeyModifiers) -> UInt8? {
    switch key {
    case .keypadEnter: return 0x0d
    case .keypadDivide: return 0x2f
    case .tab: return modifiers.hasShift ? nil : 0x09
    default: break
    }
    let code = key.code
    if code >= Key.keypad7.code && code <= Key.keypadPeriod.code {
      return keypadCharacter(code, modifiers)
    }
    guard code < 0x3a else { return code == 0x56 ? (modifiers.hasShift ? 0x7c : 0x5c) : nil }
    let plain = character(in: plainCharacters, at: code)
    guard plain != 0 else { return nil }
    let isLetter = plain >= 0x61 && plain <= 0x7a
    let isUpper = isLetter && modifiers.contains(.capsLock) ? !modifiers.hasShift : modifiers.hasShift
    return isUpper ? character(in: shiftedCharacters, at: code) : plain
  }

  // One character for each code from 0x00 to 0x39; a NUL where the key has none.
  private static var plainCharacters: StaticString {
    "\0\u{1b}1234567890-=\u{7f}\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 "
  }
  private static var shiftedCharacters: StaticString {
    "\0\u{1b}!@#$%^&*()_+\u{7f}\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 "
  }

  private static func character(in table: StaticString, at code: UInt8) -> UInt8 {
    guard Int(code) < table.utf8CodeUnitCount else { return 0 }
    return unsafe table.utf8Start[Int(code)]
  }

  /// The keypad's digits, when Num Lock and Shift disagree, and its signs.
  private static func keypadCharacter(_ code: UInt8, _ modifiers: KeyModifiers) -> UInt8? {
    if code == Key.keypadMinus.code { return 0x2d }
    if code == Key.keypadPlus.code { return 0x2b }
    guard modifiers.contains(.numLock) != modifiers.hasShift else { return nil }
    return character(in: "789-456+1230.", at: code &- Key.keypad7.code)
  }

  /// What a terminal makes of Control and `character`: 0x00 to 0x1F for 0x40 to 0x5F and the letters.
  private static func controlCharacter(_ character: UInt8) -> UInt8 {
    switch character {
    case 0x40...0x5f, 0x61...0x7a: character & 0x1f
    case 0x20, 0x32: 0x00
    case 0x36: 0x1e
    case 0x2d, 0x2f: 0x1f
    case 0x3f: 0x7f
    case 0x7f: 0x08
    default: character
    }
  }

  /// The key of the cursor block that `key` of the keypad doubles, or `key` itself.
  private static func navigationKey(_ key: Key) -> Key {
    guard key.code >= Key.keypad7.code, key.code <= Key.keypadPeriod.code else { return key }
    return Key(extended: key.code)
  }

  /// The shape of a key's escape sequence.
  private enum Sequence {
    /// ESC [ letter.
    case letter(UInt8)
    /// ESC O letter.
    case function(UInt8)
    /// ESC [ number ~.
    case number(UInt8)
  }

  private static func sequence(of key: Key) -> Sequence? {
    switch key {
    case .up: .letter(0x41)
    case .down: .letter(0x42)
    case .right: .letter(0x43)
    case .left: .letter(0x44)
    case .home: .letter(0x48)
    case .end: .letter(0x46)
    case .insert: .number(2)
    case .delete: .number(3)
    case .pageUp: .number(5)
    case .pageDown: .number(6)
    case .function11: .number(23)
    case .function12: .number(24)
    default: functionSequence(of: key)
    }
  }

  /// F1 to F4 are ESC O P to S; the numbers of F5 to F10 skip 16.
  private static func functionSequence(of key: Key) -> Sequence? {
    guard key.code >= Key.function1.code, key.code <= Key.function10.code else { return nil }
    let index = key.code &- Key.function1.code
    if index < 4 { return .function(0x50 &+ index) }
    return .number(index == 4 ? 15 : 12 &+ index)
  }

  /// Writes `sequence`; held modifiers become xterm's parameter: 1, plus 1 for Shift, 2 for Alt, 4 for
  /// Control.
  private static func append(_ sequence: Sequence, _ modifiers: KeyModifiers, to text: inout KeyText) {
    var parameter: UInt8 = 1
    if modifiers.hasShift { parameter &+= 1 }
    if modifiers.hasAlt { parameter &+= 2 }
    if modifiers.hasControl { parameter &+= 4 }
    let isModified = parameter != 1
    text.append(0x1b)
    switch sequence {
    case .letter(let letter), .function(let letter):
      if case .function = sequence, !isModified { text.append(0x4f) } else { text.append(0x5b) }
      if isModified {
        text.append(0x31)
        text.append(0x3b)
        text.append(0x30 &+ parameter)
      }
      text.append(letter)
    case .number(let number):
      text.append(0x5b)
      if number >= 10 { text.append(0x30 &+ number / 10) }
      text.append(0x30 &+ number % 10)
      if isModified {
        text.append(0x3b)
        text.append(0x30 &+ parameter)
      }
      text.append(0x7e)
    }
  }
}
