// Numbers that look random and follow from a seed (xorshift, 64 bits).

struct Random {
  private var state: UInt64

  init(seed: UInt32) {
    // Neighbouring seeds must not begin alike, and the state must not be 0.
    state = (UInt64(seed) &+ 1) &* 0x9e37_79b9_7f4a_7c15 | 1
    for _ in 0..<4 { _ = next() }
  }

  mutating func next() -> UInt32 {
    state ^= state &<< 13
    state ^= state &>> 7
    state ^= state &<< 17
    return UInt32(truncatingIfNeeded: state &>> 16)
  }

  /// A number from 0 up to, but not including, `limit`.
  mutating func below(_ limit: UInt32) -> UInt32 { next() % limit }

  /// True once in `count` times.
  mutating func oneIn(_ count: UInt32) -> Bool { below(count) == 0 }
}
