// Turns the bytes of a PS/2 keyboard (scan-code set 1, as the i8042 translates it; IBM PS/2 Hardware
// Interface Technical Reference, "Keyboard") into key events.
//
// Invariants: a byte gives at most one event; the state is three bytes and two flag sets, so any stream of
// bytes leaves the decoder in one of a few states, each of which the next key leaves again. A prefix that
// is not followed by what belongs to it is forgotten, and the byte after it counts as if alone.

/// A decoder of scan-code set 1.
public struct KeyboardDecoder {
  /// Where the decoder is in a sequence of bytes.
  private enum Progress {
    case idle
    /// After E0.
    case extended
    /// After E1.
    case pause
    /// After E1 1D (false) or E1 9D (true).
    case pauseControl(isRelease: Bool)
  }

  private var progress = Progress.idle
  /// The modifiers that are held and the locks that are on.
  public private(set) var modifiers: KeyModifiers = []
  /// The lock keys that are down: the repetitions of a held one must not switch its lock again.
  private var heldLocks: KeyModifiers = []
  /// Whether the attention key was pressed since that was last taken.
  private var asksForAttention = false

  public init() {}

  /// A decoder that goes on where another one stopped: with its locks. What is held is seen when it is pressed again.
  public init(locks modifiers: KeyModifiers) { self.modifiers = modifiers.intersection(.locks) }

  /// Takes the next byte from the keyboard. Returns the event that it completes, or nil.
  public mutating func decode(_ byte: UInt8) -> KeyEvent? {
    let before = progress
    progress = .idle
    switch before {
    case .idle: break
    case .extended:
      // The keyboard wraps a fake release or press of Shift around some keys, to look to old software
      // like a keypad: it is not the Shift key.
      switch byte {
      case 0x2a, 0xaa, 0x36, 0xb6: return nil
      default: break
      }
      if Key.isExtendedCode(byte & 0x7f) { return event(Key(extended: byte & 0x7f), byte) }
    case .pause:
      if byte & 0x7f == 0x1d {
        progress = .pauseControl(isRelease: byte & 0x80 != 0)
        return nil
      }
    case .pauseControl(let isRelease):
      // Pause sends its release at once after its press.
      if byte == (isRelease ? 0xc5 : 0x45) { return event(.pause, byte) }
    }
    return decodeFirst(byte)
  }

  /// Takes the next byte from the keyboard and puts the characters that it completes into `ring`, whole
  /// or not at all. The attention key has none: what was typed before it is dropped. Returns the event, or nil.
  @discardableResult
  public mutating func decode(_ byte: UInt8, into ring: inout ByteRing) -> KeyEvent? {
    guard let event = decode(byte) else { return nil }
    if event.asksForAttention {
      asksForAttention = true
      ring.removeAll()
    } else {
      ring.push(KeyboardLayout.text(for: event))
    }
    return event
  }

  /// Whether attention was asked for since this was last asked.
  public mutating func takeAttention() -> Bool {
    defer { asksForAttention = false }
    return asksForAttention
  }

  /// A byte that no prefix belongs to.
  private mutating func decodeFirst(_ byte: UInt8) -> KeyEvent? {
    switch byte {
    case 0xe0:
      progress = .extended
      return nil
    case 0xe1:
      progress = .pause
      return nil
    case 0xfa, 0xfe, 0xee:
      // The answers to commands: acknowledge, resend, echo.
      return nil
    case 0x00:
      // The keyboard's buffer ran over. Releases may be among what it lost, so nothing counts as held.
      releaseAll()
      return nil
    case 0xff:
      // A key error, or a keyboard that starts again.
      self = KeyboardDecoder()
      return nil
    case 0xaa where !modifiers.contains(.leftShift):
      // Without Shift held this is not its release but "self test passed": a keyboard was plugged in.
      self = KeyboardDecoder()
      return nil
    case 0x54, 0xd4:
      // Print Screen with Alt held has a code of its own.
      return event(.printScreen, byte)
    default:
      guard Key.isPlainCode(byte & 0x7f) else { return nil }
      return event(Key(byte & 0x7f), byte)
    }
  }

  /// Forgets every held key; the locks stay.
  private mutating func releaseAll() {
    modifiers = modifiers.intersection(.locks)
    heldLocks = []
  }

  private mutating func event(_ key: Key, _ byte: UInt8) -> KeyEvent {
    let isPress = byte & 0x80 == 0
    update(for: key, isPress)
    return KeyEvent(key: key, isPress: isPress, modifiers: modifiers)
  }

  private mutating func update(for key: Key, _ isPress: Bool) {
    switch key {
    case .leftShift: hold(.leftShift, isPress)
    case .rightShift: hold(.rightShift, isPress)
    case .leftControl: hold(.leftControl, isPress)
    case .rightControl: hold(.rightControl, isPress)
    case .leftAlt: hold(.leftAlt, isPress)
    case .rightAlt: hold(.rightAlt, isPress)
    case .capsLock: toggle(.capsLock, isPress)
    case .numLock: toggle(.numLock, isPress)
    case .scrollLock: toggle(.scrollLock, isPress)
    default: break
    }
  }

  private mutating func hold(_ modifier: KeyModifiers, _ isPress: Bool) {
    if isPress { modifiers.insert(modifier) } else { modifiers.remove(modifier) }
  }

  private mutating func toggle(_ lock: KeyModifiers, _ isPress: Bool) {
    if !isPress {
      heldLocks.remove(lock)
    } else if heldLocks.isDisjoint(with: lock) {
      heldLocks.insert(lock)
      modifiers.formSymmetricDifference(lock)
    }
  }
}
