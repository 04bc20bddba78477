// Lines of a module's on the console and in the kernel's log.

import ModuleInterface
import Primitives

/// A line in the making.
public struct LogLine: TextOutput {
  private var bytes = InlineArray<160, UInt8>(repeating: 0)
  private var count = 0

  public mutating func write(byte: UInt8) {
    guard count < 160 else { return }
    bytes[count] = byte
    count &+= 1
  }

  fileprivate func send() {
    bytes.span.withUnsafeBufferPointer { megha_log($0.baseAddress, UInt32(count)) }
  }
}

public enum Log {
  /// Writes one line; the kernel puts the module's name before it.
  public static func write(_ body: (inout LogLine) -> Void) {
    var line = LogLine()
    body(&line)
    line.send()
  }

  /// Writes one line.
  public static func write(_ text: StaticString) { write { $0.write(text) } }
}
