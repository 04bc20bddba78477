// Recognises the control sequences of ECMA-48 in a stream of bytes, for the text console.
//
// Invariants: the state is bounded: eight parameters, each at most 9,999, and 32 bytes a sequence. Any
// byte leaves the parser in a defined state; a sequence that is too long, broken off or unknown is
// dropped and the text after it shows as usual.

/// What one byte amounts to.
enum EscapeAction: Equatable {
  /// The byte is part of a sequence, or of one that is dropped.
  case none
  /// The byte is text or a control character (C0).
  case byte(UInt8)
  /// A control sequence ended with this final byte; the parameters are the parser's.
  case control(final: UInt8)
  /// An escape and this one final byte.
  case escape(final: UInt8)
}

/// The parser's state.
struct EscapeParser {
  private enum Progress {
    case text
    /// After ESC.
    case escape
    /// After ESC and an intermediate byte: one final byte follows and is dropped.
    case escapeIntermediate
    /// After ESC [.
    case control
    /// In a control sequence of a kind that is not known: dropped up to its final byte.
    case ignoredControl
  }

  private static var parameterLimit: Int { 8 }
  private static var valueLimit: UInt32 { 9_999 }
  private static var lengthLimit: Int { 32 }

  private var progress = Progress.text
  private var parameters = InlineArray<8, UInt32>(repeating: 0)
  /// The index of the parameter that digits go to; at the limit they go nowhere.
  private var current = 0
  private var length = 0

  /// The number of parameters of the sequence just ended: at least one, since an empty one counts.
  var parameterCount: Int { min(current &+ 1, Self.parameterLimit) }

  /// Parameter `index`, or `standard` where it is left out or zero.
  func parameter(_ index: Int, or standard: UInt32) -> Int {
    guard index >= 0, index < parameterCount, parameters[index] != 0 else {
      return Int(truncatingIfNeeded: standard)
    }
    return Int(truncatingIfNeeded: parameters[index])
  }

  /// Takes one byte.
  mutating func take(_ byte: UInt8) -> EscapeAction {
    switch byte {
    case 0x1b:
      progress = .escape
      length = 0
      return .none
    case 0x18, 0x1a:
      // CAN and SUB break a sequence off.
      progress = .text
      return .none
    case 0x00...0x1f:
      // Control characters take effect inside a sequence too.
      return .byte(byte)
    default: break
    }
    if case .text = progress { return .byte(byte) }
    length &+= 1
    guard length <= Self.lengthLimit, byte < 0x7f else {
      progress = .text
      return .none
    }
    return takeSequence(byte)
  }

  /// A byte from 0x20 to 0x7E inside a sequence.
  private mutating func takeSequence(_ byte: UInt8) -> EscapeAction {
    switch progress {
    case .text: return .byte(byte)
    case .escape:
      if byte == 0x5b {
        progress = .control
        parameters = InlineArray(repeating: 0)
        current = 0
        return .none
      }
      if byte <= 0x2f {
        progress = .escapeIntermediate
        return .none
      }
      progress = .text
      return .escape(final: byte)
    case .escapeIntermediate:
      if byte > 0x2f { progress = .text }
      return .none
    case .control:
      if byte >= 0x40 {
        progress = .text
        return .control(final: byte)
      }
      takeParameter(byte)
      return .none
    case .ignoredControl:
      if byte >= 0x40 { progress = .text }
      return .none
    }
  }

  private mutating func takeParameter(_ byte: UInt8) {
    switch byte {
    case 0x30...0x39:
      guard current >= 0, current < Self.parameterLimit else { return }
      let value = parameters[current] &* 10 &+ UInt32(byte &- 0x30)
      parameters[current] = min(value, Self.valueLimit)
    case 0x3b:
      if current < Self.parameterLimit { current &+= 1 }
    default:
      // Private markers and intermediate bytes: a sequence of a kind that this console does not have.
      progress = .ignoredControl
    }
  }
}
