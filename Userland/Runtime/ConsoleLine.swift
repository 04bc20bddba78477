// Text on its way to a standard handle: the output, or where it is said what is wrong. There is one such type for the runtime and
// for all programs, because what writes numbers and texts is compiled for each type.
//
// Invariants:
// - Nothing here allocates, so that a program whose heap is damaged can still say so.
// - A handle that is not there takes nothing, and that is all; into a pipe that nobody reads the program writes no second time.

import ABI
import Primitives

/// A buffer on its way to a standard handle.
public struct ConsoleLine: TextOutput {
  private static var capacity: Int { 160 }
  private var bytes = InlineArray<160, UInt8>(repeating: 0)
  private var count = 0

  private let handle: UInt32

  /// - Parameter handle: where it goes.
  public init(to handle: UInt32 = StandardHandle.output) { self.handle = handle }

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
        unsafe Self.write(start: $0, count: length, to: handle)
      }
    }
  }

  /// Writes all bytes, with as many system calls as it takes; gives up on an error, which `outputFailure` keeps. Where nobody is
  /// left to read a pipe, the program ends with status 141, as in other systems: it would go on for nobody.
  @unsafe
  public static func write(start: UnsafePointer<UInt8>, count: Int, to handle: UInt32) {
    var done = 0
    while done < count {
      let result = unsafe SystemCalls.write(handle, start + done, UInt32(count - done))
      guard result > 0 else { return fail(result, handle) }
      done += Int(result)
    }
  }

  @inline(never)
  private static func fail(_ result: Int32, _ handle: UInt32) {
    if result == SystemError.peerGone.rawValue {
      var information = HandleInformation()
      let isKnown = unsafe SystemCalls.handleInformation(handle, &information) == 0
      if isKnown, information.kind == ObjectKind.pipeWriter.rawValue { SystemCalls.abort(141) }
    }
    // Who has no output wants none.
    guard handle == StandardHandle.output, result != SystemError.badHandle.rawValue else { return }
    let isFirst = unsafe OutputFailure.error == 0
    unsafe OutputFailure.error = result
    guard isFirst else { return }
    var line = ConsoleLine(to: StandardHandle.error)
    line.write("the output could not be written: ")
    line.write((SystemError(rawValue: result) ?? .unknownCall).sentence)
    line.write("\n")
    line.flush()
  }
}

/// What became of writes to the output. The first that fails is told at once.
public enum OutputFailure {
  /// Why one failed last; 0: none has.
  nonisolated(unsafe) public static var error: Int32 = 0
}
