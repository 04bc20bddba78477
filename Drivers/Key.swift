// What a keyboard says, as values: keys, modifiers, events, and the bytes a key stands for.
//
// Invariant: a `Key` names a place on the keyboard, not a character; only `KeyboardLayout` knows
// characters.

/// A key, by its code in scan-code set 1; a key whose code has the prefix E0 has 0x80 added, and Pause
/// and Break have values that no such key uses.
public struct Key: Equatable, Sendable {
  public let code: UInt8
  init(_ code: UInt8) { self.code = code }
  init(extended code: UInt8) { self.code = code | 0x80 }

  public static var escape: Key { Key(0x01) }
  public static var backspace: Key { Key(0x0e) }
  public static var tab: Key { Key(0x0f) }
  public static var enter: Key { Key(0x1c) }
  public static var leftControl: Key { Key(0x1d) }
  public static var leftShift: Key { Key(0x2a) }
  public static var rightShift: Key { Key(0x36) }
  public static var keypadMultiply: Key { Key(0x37) }
  public static var leftAlt: Key { Key(0x38) }
  public static var space: Key { Key(0x39) }
  public static var capsLock: Key { Key(0x3a) }
  public static var function1: Key { Key(0x3b) }
  public static var function10: Key { Key(0x44) }
  public static var numLock: Key { Key(0x45) }
  public static var scrollLock: Key { Key(0x46) }
  public static var keypad7: Key { Key(0x47) }
  public static var keypadMinus: Key { Key(0x4a) }
  public static var keypadPlus: Key { Key(0x4e) }
  public static var keypadPeriod: Key { Key(0x53) }
  public static var function11: Key { Key(0x57) }
  public static var function12: Key { Key(0x58) }
  public static var keypadEnter: Key { Key(extended: 0x1c) }
  public static var rightControl: Key { Key(extended: 0x1d) }
  public static var keypadDivide: Key { Key(extended: 0x35) }
  public static var printScreen: Key { Key(extended: 0x37) }
  public static var rightAlt: Key { Key(extended: 0x38) }
  public static var pause: Key { Key(extended: 0x45) }
  /// Pause with Control held.
  public static var breakKey: Key { Key(extended: 0x46) }
  public static var home: Key { Key(extended: 0x47) }
  public static var up: Key { Key(extended: 0x48) }
  public static var pageUp: Key { Key(extended: 0x49) }
  public static var left: Key { Key(extended: 0x4b) }
  public static var right: Key { Key(extended: 0x4d) }
  public static var end: Key { Key(extended: 0x4f) }
  public static var down: Key { Key(extended: 0x50) }
  public static var pageDown: Key { Key(extended: 0x51) }
  public static var insert: Key { Key(extended: 0x52) }
  public static var delete: Key { Key(extended: 0x53) }

  /// Whether `code` follows the prefix E0 on some keyboard: the keypad's and the cursor keys, the second
  /// modifiers, and the keys for media, power and windows. The last carry no character; they are known
  /// so that none is mistaken for the letter with the same code.
  static func isExtendedCode(_ code: UInt8) -> Bool {
    switch code {
    case 0x1c, 0x1d, 0x35, 0x37, 0x38, 0x46, 0x47, 0x48, 0x49, 0x4b, 0x4d, 0x4f, 0x50, 0x51, 0x52, 0x53: true
    case 0x5b, 0x5c, 0x5d, 0x5e, 0x5f, 0x63: true
    case 0x10, 0x19, 0x20, 0x21, 0x22, 0x24, 0x2e, 0x30, 0x32, 0x65...0x6d: true
    default: false
    }
  }

  /// Whether `code` without a prefix is a key of a 102-key keyboard.
  static func isPlainCode(_ code: UInt8) -> Bool {
    switch code {
    case 0x01...0x53, 0x56, 0x57, 0x58: true
    default: false
    }
  }
}

/// The modifiers that are held and the locks that are on.
public struct KeyModifiers: OptionSet, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static var leftShift: Self { Self(rawValue: 1 &<< 0) }
  public static var rightShift: Self { Self(rawValue: 1 &<< 1) }
  public static var leftControl: Self { Self(rawValue: 1 &<< 2) }
  public static var rightControl: Self { Self(rawValue: 1 &<< 3) }
  public static var leftAlt: Self { Self(rawValue: 1 &<< 4) }
  public static var rightAlt: Self { Self(rawValue: 1 &<< 5) }
  public static var capsLock: Self { Self(rawValue: 1 &<< 6) }
  public static var numLock: Self { Self(rawValue: 1 &<< 7) }
  public static var scrollLock: Self { Self(rawValue: 1 &<< 8) }

  static var locks: Self { Self(rawValue: 0x1c0) }

  public var hasShift: Bool { rawValue & 0x03 != 0 }
  public var hasControl: Bool { rawValue & 0x0c != 0 }
  public var hasAlt: Bool { rawValue & 0x30 != 0 }
}

/// A key that went down, again while held, or came up.
public struct KeyEvent: Equatable, Sendable {
  public let key: Key
  /// True for a press and for each repetition of a held key, false for a release.
  public let isPress: Bool
  /// The modifiers after the event.
  public let modifiers: KeyModifiers

  /// Whether this is the attention key: Control-Alt-Space.
  public var asksForAttention: Bool { key == .space && isPress && modifiers.hasControl && modifiers.hasAlt }
}

/// The bytes that a key press stands for: none, one character, or one escape sequence.
public struct KeyText: Equatable, Sendable {
  private var bytes: UInt64 = 0
  /// 0 to 8.
  public private(set) var count = 0

  /// No bytes.
  public init() {}

  /// The byte at `index`, or zero outside the text.
  public subscript(index: Int) -> UInt8 {
    guard index >= 0, index < count else { return 0 }
    return UInt8(truncatingIfNeeded: bytes &>> UInt64(truncatingIfNeeded: index &* 8))
  }

  /// Adds a byte; a ninth is ignored. The longest sequence of any key has seven bytes.
  mutating func append(_ byte: UInt8) {
    guard count < 8 else { return }
    bytes |= UInt64(byte) &<< UInt64(truncatingIfNeeded: count &* 8)
    count &+= 1
  }
}
