// Output to the console, handle 1.
//
// Text is composed in a small buffer on the caller's stack and written when it is complete, so that the lines of
// tasks that write at the same time do not mix, a line costs one system call, and nothing is left unwritten when a
// program is ended.

import ABI
import Primitives
import Runtime

public enum Console {
  /// Writes a literal text with one system call.
  public static func write(_ text: StaticString) {
    unsafe write(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  /// Writes what `compose` puts together.
  ///
  ///     Console.write { $0.write("task "); $0.write(decimal: task); $0.write("\n") }
  @inline(__always)
  public static func write(_ compose: (inout ConsoleLine) -> Void) {
    var line = ConsoleLine()
    compose(&line)
    line.flush()
  }

  /// Writes all bytes, with as many system calls as it takes; gives up on an error, since there is nowhere to
  /// report it.
  @unsafe
  static func write(start: UnsafePointer<UInt8>, count: Int) {
    var done = 0
    while done < count {
      let result = unsafe SystemCalls.write(StandardHandle.output, start + done, UInt32(count - done))
      guard result > 0 else { return }
      done += Int(result)
    }
  }

  /// Waits for input. Returns the number of bytes put at `buffer`; 0 at the end of the input.
  public static func read(into buffer: inout InlineArray<64, UInt8>) throws(SystemError) -> Int {
    let result = unsafe withUnsafeMutablePointer(to: &buffer) {
      unsafe SystemCalls.read(StandardHandle.input, $0, 64)
    }
    return Int(try checked(result))
  }
}

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
        unsafe Console.write(start: $0, count: length)
      }
    }
  }
}
