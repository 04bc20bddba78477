// The pipe between QEMU and the profiler: the trace is counted while it is written, and kept nowhere.

import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// What could not be done with the pipe.
public struct TracePipeError: Error, CustomStringConvertible {
  public let description: String
}

public final class TracePipe: Sendable {
  private let reading: Int32
  /// Held open so that the reader waits for QEMU to begin; without a writer the pipe would be at its end.
  private let writing: Int32

  /// Makes the pipe as a file at `path`.
  public init(path: String) throws {
    guard mkfifo(path, 0o600) == 0 else {
      throw TracePipeError(description: "A pipe could not be made: \(path).")
    }
    // Without O_NONBLOCK this would wait for a writer.
    reading = open(path, O_RDONLY | O_NONBLOCK)
    writing = open(path, O_WRONLY)
    guard reading >= 0, writing >= 0, fcntl(reading, F_SETFL, 0) == 0 else {
      throw TracePipeError(description: "A pipe could not be opened: \(path).")
    }
  }

  deinit { close(reading) }

  /// QEMU has ended: what it wrote is read to its end.
  public func finish() { close(writing) }

  /// Reads until `finish` was called and everything is read, on a thread of its own. Returns the recorder, which has
  /// then taken all words.
  public func read(into recorder: Recorder) async throws -> Recorder {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try self.readAll(into: recorder) }) }
    }
  }

  private func readAll(into recorder: Recorder) throws -> Recorder {
    var recorder = recorder
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
    defer { buffer.deallocate() }
    guard let base = buffer.baseAddress else { return recorder }
    var failure: (any Error)?
    // Bytes of a word that is not complete.
    var rest = 0
    while true {
      let count = Glibc.read(reading, base + rest, buffer.count - rest)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      let words = (rest + count) / 8
      rest = (rest + count) % 8
      // After a failure the pipe is only emptied, since QEMU waits where it is full.
      if failure == nil {
        do {
          try recorder.take(UnsafeBufferPointer(start: base.assumingMemoryBound(to: UInt64.self), count: words))
        } catch { failure = error }
      }
      base.copyMemory(from: base + words * 8, byteCount: rest)
    }
    if let failure { throw failure }
    return recorder
  }
}
