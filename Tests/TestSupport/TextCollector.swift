import Primitives

/// Collects what portable code prints, for assertions.
public struct TextCollector: TextOutput {
  public private(set) var bytes: [UInt8] = []
  public init() {}
  public mutating func write(byte: UInt8) { bytes.append(byte) }
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// A small seeded generator (xorshift64*), so that a failing random test can be run again from the seed it prints.
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  public init(seed: UInt64) { state = seed == 0 ? 0x9E37_79B9_7F4A_7C15 : seed }
  public mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 2_685_821_657_736_338_717
  }
}
