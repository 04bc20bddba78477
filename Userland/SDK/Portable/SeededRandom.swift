// Numbers that look random and follow from a seed (xorshift, 64 bits), for tests that can be repeated.
//
// Invariant: every seed and stream begins at a place of its own on the one long cycle, which follows from all of their
// bits, so the sequences of neighbouring seeds have nothing in common.

public struct SeededRandom: Sendable {
  private var state: UInt64

  /// - Parameter stream: tells sequences of one seed apart, such as those of its child processes.
  public init(seed: UInt32, stream: UInt32 = 0) {
    state = Self.mix(UInt64(seed) &<< 32 | UInt64(stream))
    // Of all numbers one becomes 0, the state that xorshift does not leave; its seed is not a likely one.
    if state == 0 { state = 1 }
  }

  /// The finalizer of splitmix64 (Steele, Lea, Flood, 2014), which maps no two numbers to the same one.
  private static func mix(_ number: UInt64) -> UInt64 {
    var mixed = number &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ mixed &>> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed &>> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed &>> 31
  }

  public mutating func next() -> UInt32 {
    state ^= state &<< 13
    state ^= state &>> 7
    state ^= state &<< 17
    return UInt32(truncatingIfNeeded: state &>> 16)
  }

  /// A number from 0 up to, but not including, `limit`.
  public mutating func below(_ limit: UInt32) -> UInt32 { next() % limit }

  /// True once in `count` times.
  public mutating func oneIn(_ count: UInt32) -> Bool { below(count) == 0 }
}
