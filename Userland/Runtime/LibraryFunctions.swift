// The C functions that Swift's own library expects, besides memory.S and Heap.swift.

import ABI
import UserSupport

/// C's `sqrt`, which Swift's `squareRoot` calls.
@c(sqrt)
public func squareRoot(_ value: Double) -> Double { square_root(value) }

/// C's `putchar`: what Swift's `print` writes with, one character a call. The SDK's `Console` writes whole lines.
@c(putchar)
public func writeCharacter(_ character: Int32) -> Int32 {
  var byte = UInt8(truncatingIfNeeded: character)
  _ = unsafe SystemCalls.write(StandardHandle.output, &byte, 1)
  return character
}

/// BSD's `arc4random_buf`: seeds the hashing of Swift's dictionaries and sets. A xorshift generator seeded from the
/// time-stamp counter: good enough to spread hashes, not for secrets.
@c(arc4random_buf)
public func fillWithRandomBytes(_ buffer: UnsafeMutableRawPointer, _ count: Int) {
  let words = unsafe RuntimeStorage.random
  var state = unsafe UInt64(words[1]) &<< 32 | UInt64(words[0])
  if state == 0 { state = read_time_stamp() | 1 }
  var index = 0
  while index < count {
    state ^= state &<< 13
    state ^= state &>> 7
    state ^= state &<< 17
    unsafe buffer.storeBytes(
      of: UInt8(truncatingIfNeeded: state &>> 32), toByteOffset: index, as: UInt8.self)
    index &+= 1
  }
  unsafe words[0] = UInt32(truncatingIfNeeded: state)
  unsafe words[1] = UInt32(truncatingIfNeeded: state &>> 32)
}
