// Where a colour's bits lie in a pixel of a frame buffer.

/// The bits of one of a pixel's three colours.
public struct ColourField: Equatable, Sendable {
  /// The lowest bit.
  public let position: UInt8
  /// The number of bits.
  public let size: UInt8

  public init(position: UInt8, size: UInt8) {
    self.position = position
    self.size = size
  }

  /// A colour of eight bits in this field; none in a field that is not inside a pixel of 32 bits.
  public func pixel(_ colour: UInt32) -> UInt32 {
    guard position < 32, size <= 32 else { return 0 }
    return (size >= 8 ? colour &<< UInt32(size &- 8) : colour &>> UInt32(8 &- size)) &<< UInt32(position)
  }
}
