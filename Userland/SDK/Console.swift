// Output to handle 1, what went wrong to handle 2, input from handle 0: at first the console, or whatever the starter named.
//
// Text is composed in a small buffer on the caller's stack and written when it is complete, so that the lines of
// tasks that write at the same time do not mix, a line costs one system call, and nothing is left unwritten when a
// program is ended.

// `import SDK` is enough for a program: to write numbers to a `ConsoleLine`, and to name the errors that are thrown.
@_exported import ABI
@_exported import Primitives
@_exported import Runtime

public enum Console {
  /// Writes a literal text with one system call.
  public static func write(_ text: StaticString) {
    unsafe ConsoleLine.write(start: text.utf8Start, count: text.utf8CodeUnitCount, to: StandardHandle.output)
  }

  /// Says what went wrong, with one system call.
  public static func complain(_ text: StaticString) {
    unsafe ConsoleLine.write(start: text.utf8Start, count: text.utf8CodeUnitCount, to: StandardHandle.error)
  }

  /// Says what went wrong.
  @inline(__always)
  public static func complain(_ compose: (inout ConsoleLine) -> Void) {
    var line = ConsoleLine(to: StandardHandle.error)
    compose(&line)
    line.flush()
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

  /// Why what was written did not all get to the output, since this was last asked; nil: it did.
  public static func takeOutputFailure() -> SystemError? {
    let failure = unsafe OutputFailure.error
    unsafe OutputFailure.error = 0
    return SystemError(rawValue: failure)
  }

  /// Whether something that was written did not get to the output.
  public static var hasOutputFailed: Bool { unsafe OutputFailure.error != 0 }

  /// Waits for input. Returns the number of bytes put at `buffer`; 0 at the end of the input.
  public static func read(into buffer: inout InlineArray<64, UInt8>) throws(SystemError) -> Int {
    try Handle.input.read(into: &buffer)
  }
}

/// A buffer on its way to the console.
public typealias ConsoleLine = Runtime.ConsoleLine
