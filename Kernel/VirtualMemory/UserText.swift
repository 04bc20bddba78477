// Texts of a caller's that end with a zero byte.

import ABI
import Platform
import Primitives

extension UserBuffer {
  /// How many bytes there are before the first zero. Pages behind it need not be there.
  package func lengthOfText() throws(SystemError) -> UInt32 {
    var part = InlineArray<64, UInt8>(repeating: 0)
    var done: UInt32 = 0
    while done < length {
      // Up to the next multiple of the part's size: no part crosses into another page.
      let size = min(64 &- (address &+ done) & 63, length &- done)
      let piece = UserBuffer(address: address &+ done, length: size, in: context)
      try unsafe withUnsafeMutableBytes(of: &part) { (bytes) throws(SystemError) in
        unsafe try piece.copyIn(to: bytes.baseAddress.unsafelyUnwrapped, count: size)
      }
      for index in 0..<Int(size) where part[index] == 0 { return done &+ UInt32(index) }
      done &+= size
    }
    throw .tooLarge
  }
}
