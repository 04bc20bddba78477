// From the bytes that a terminal sends to keys: control characters, ANSI escape sequences and text.
//
// Invariant: an unknown or broken sequence is swallowed and the decoder begins anew; no sequence of bytes can leave
// it in a state where text is lost for good.

/// A key that the editors and the pager know.
public enum TerminalKey: Equatable, Sendable {
  /// A byte of text: printable ASCII or a byte of a longer UTF-8 character.
  case text(UInt8)
  /// A control character, as the letter it is typed with, `A` to `Z`.
  case control(UInt8)
  case enter, tab, backspace, delete
  case left, right, up, down, home, end, pageUp, pageDown
  case wordLeft, wordRight
}

/// Decodes a stream of bytes, one at a time.
public struct KeyDecoder: Sendable {
  private enum State { case ground, escape, control, application }
  private var state = State.ground
  private var parameters = InlineArray<2, UInt32>(repeating: 0)
  private var parameter = 0
  private var lastWasReturn = false

  public init() {}

  /// The key that `byte` completes, or nil where there is none or more must come.
  public mutating func decode(_ byte: UInt8) -> TerminalKey? {
    switch state {
    case .ground: return ground(byte)
    case .escape:
      switch byte {
      case 0x5b:  // ESC [
        parameters = InlineArray(repeating: 0)
        parameter = 0
        state = .control
        return nil
      case 0x4f:  // ESC O
        state = .application
        return nil
      default:
        state = .ground
        switch byte {
        case 0x62: return .wordLeft  // ESC b
        case 0x66: return .wordRight  // ESC f
        case 0x1b:
          state = .escape
          return nil
        default: return nil
        }
      }
    case .application:
      state = .ground
      return cursorKey(byte)
    case .control: return control(byte)
    }
  }

  private mutating func ground(_ byte: UInt8) -> TerminalKey? {
    let afterReturn = lastWasReturn
    lastWasReturn = byte == 0x0d
    switch byte {
    case 0x0a: return afterReturn ? nil : .enter  // CR LF is one Enter
    case 0x0d: return .enter
    case 0x08, 0x7f: return .backspace
    case 0x09: return .tab
    case 0x1b:
      state = .escape
      return nil
    case 0x01...0x1a: return .control(byte &+ 0x40)
    case 0x20...0x7e, 0x80...0xff: return .text(byte)
    default: return nil
    }
  }

  private mutating func control(_ byte: UInt8) -> TerminalKey? {
    switch byte {
    case 0x30...0x39:
      let value = parameters[parameter]
      // A longer number is no key: hold it where no key is.
      parameters[parameter] = value > 99 ? 100 : value &* 10 &+ UInt32(byte &- 0x30)
      return nil
    case 0x3b:
      parameter = 1
      return nil
    case 0x40...0x7e:
      state = .ground
      return byte == 0x7e ? numberedKey() : cursorKey(byte)
    case 0x1b:
      state = .escape
      return nil
    case 0x20...0x3f: return nil
    default:
      state = .ground
      return ground(byte)
    }
  }

  private func cursorKey(_ final: UInt8) -> TerminalKey? {
    let withControl = parameters[1] == 5
    switch final {
    case 0x41: return .up
    case 0x42: return .down
    case 0x43: return withControl ? .wordRight : .right
    case 0x44: return withControl ? .wordLeft : .left
    case 0x46: return .end
    case 0x48: return .home
    default: return nil
    }
  }

  private func numberedKey() -> TerminalKey? {
    switch parameters[0] {
    case 1, 7: .home
    case 3: .delete
    case 4, 8: .end
    case 5: .pageUp
    case 6: .pageDown
    default: nil
    }
  }
}
