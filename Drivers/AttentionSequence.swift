// What on a serial line asks for attention: a break, or Control-] twice in a row. A terminal that cannot send a break can send that.
//
// Invariant: nothing that is read decides about it, so that it is seen whoever reads, and where nobody does.

public struct AttentionSequence {
  /// Control-].
  public static var byte: UInt8 { 0x1d }

  private var hasFirst = false

  public init() {}

  /// Takes the next byte of the line. True where it completes the sequence.
  public mutating func completes(with byte: UInt8) -> Bool {
    let isComplete = hasFirst && byte == Self.byte
    hasFirst = byte == Self.byte && !isComplete
    return isComplete
  }
}
