// The free ones of 8,192 numbered places, a bit each. Taking the lowest and giving one back take a few steps, and the whole
// takes 1,056 bytes.
//
// Invariant: a bit of `summary` is set exactly where the word of its number is not 0.

/// Numbered places of which some are free.
public struct SlotSet {
  public static var capacity: Int { 8192 }

  private var words: InlineArray<256, UInt32>
  private var summary: InlineArray<8, UInt32>

  /// All places are free.
  public init() {
    words = InlineArray(repeating: .max)
    summary = InlineArray(repeating: .max)
  }

  /// Takes the lowest free place; nil where none is free.
  public mutating func takeLowest() -> Int? {
    for index in summary.indices where summary[index] != 0 {
      let word = index &* 32 &+ summary[index].trailingZeroBitCount
      let bit = words[word].trailingZeroBitCount
      words[word] &= words[word] &- 1
      if words[word] == 0 { summary[index] &= ~(1 &<< UInt32(word & 31)) }
      return word &* 32 &+ bit
    }
    return nil
  }

  /// Makes a place free that was taken. Returns false where it was free already, or there is none of this number.
  @discardableResult
  public mutating func free(_ slot: Int) -> Bool {
    guard slot >= 0 && slot < Self.capacity else { return false }
    let word = slot &>> 5
    let bit: UInt32 = 1 &<< UInt32(slot & 31)
    guard words[word] & bit == 0 else { return false }
    words[word] |= bit
    summary[word &>> 5] |= 1 &<< UInt32(word & 31)
    return true
  }
}
