// Splits the megabytes that the binary tools print into lines. The tool is often built without optimization,
// so the search for line ends is left to the C library.

import Foundation

/// Calls `body` with each line of `bytes`, its end removed.
func forEachLine(of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
  try bytes.withUnsafeBytes { buffer in
    guard let base = buffer.baseAddress else { return }
    var start = 0
    while start < buffer.count {
      let found = memchr(base + start, 0x0a, buffer.count - start)
      let end = found.map { UnsafeRawPointer($0) - base } ?? buffer.count
      try body(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
      start = end + 1
    }
  }
}

/// Whether two pieces of text are equal byte by byte.
func isEqual(_ left: UnsafeRawBufferPointer, _ right: [UInt8]) -> Bool {
  left.count == right.count
    && right.withUnsafeBytes { right in
      left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
    }
}
