// Pipes: what is written to the one end is read from the other.

import ABI
import Runtime

/// The two ends of a pipe, each a handle of this process.
public struct Pipe: Sendable {
  public let reading: Handle
  public let writing: Handle

  public init() throws(SystemError) {
    var ends = PipeEnds()
    _ = try checked(unsafe SystemCalls.pipeCreate(&ends))
    reading = Handle(ends.reading)
    writing = Handle(ends.writing)
  }
}
