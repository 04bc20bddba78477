// Numbers that look random and follow from one that they begin with. They hide nothing from whoever knows that one.

/// SplitMix64 (Steele, Lea and Flood, 2014): each number that it begins with has a sequence of its own.
public struct StirredNumbers: Sendable {
  public var state: UInt64

  public init(from state: UInt64) { self.state = state }

  public mutating func next() -> UInt32 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word &>> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word &>> 27) &* 0x94d0_49bb_1331_11eb
    return UInt32(truncatingIfNeeded: word ^ word &>> 31)
  }
}
