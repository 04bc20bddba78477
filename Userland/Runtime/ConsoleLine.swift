// Text on its way to the console. There is one such type for the runtime and for all programs, because what writes numbers
// and texts is compiled for each type.
//
// Invariant: nothing here allocates, so that a program whose heap is damaged can still say so.

import ABI
import Primitives

/// A buffer on its way to the console.
public struct ConsoleLine: TextOutput {
  private static var capacity: Int { 160 }
  private var bytes = InlineArray<160, UInt8>(repeating: 0)
  private var count = 0

  public init() {}

  public mutating func write(byte: UInt8) {
    if count == Self.capacity { flush() }
    bytes[count] = byte
    count &+= 1
  }

  /// Hands what is in the buffer to the kernel.
  @inline(never)
  public mutating func flush() {
    let length = count
    count = 0
    unsafe withUnsafePointer(to: &bytes) {
      unsafe $0.withMemoryRebound(to: UInt8.self, capacity: Self.capacity) {
        unsafe Self.write(start: $0, count: length)
      }
    }
  }

  /// Writes all bytes, with as many system calls as it takes; gives up on an error, since there is nowhere to
  /// report it.
  @unsafe
  public static func write(start: UnsafePointer<UInt8>, count: Int) {
    var done = 0
    while done < count {
      let result = unsafe SystemCalls.write(StandardHandle.output, start + done, UInt32(count - done))
      guard result > 0 else { return }
      done += Int(result)
    }
  }
}
