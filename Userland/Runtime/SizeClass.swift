// The block sizes of the heap: 32, 48, 64, 96, 128, 192 ... 24,576, 32,768 bytes. Two sizes to each power of two
// waste at most a third of a block.

/// The number of a block size, 0 ..< `count`.
struct SizeClass {
  var index: UInt32

  static var count: UInt32 { 21 }
  static var largestSize: UInt32 { 32_768 }

  /// The smallest class whose blocks hold `size` bytes; `size` is at most `largestSize`.
  init(holding size: UInt32) {
    guard size > 32 else {
      index = 0
      return
    }
    let exponent = 31 &- UInt32(truncatingIfNeeded: (size &- 1).leadingZeroBitCount)
    let fitsHalfWay = size <= (3 &<< exponent) &>> 1
    index = 2 &* (exponent &- 5) &+ (fitsHalfWay ? 1 : 2)
  }

  init(index: UInt32) { self.index = index }

  /// In bytes, a multiple of 16.
  var size: UInt32 {
    let power: UInt32 = 32 &<< (index &>> 1)
    return index & 1 == 0 ? power : power &+ power &>> 1
  }
}
