// Text in memory of its own, for whoever needs it as a value and not on the console.

import Primitives

/// Collects text in an array.
public struct ByteWriter: TextOutput {
  public private(set) var bytes: [UInt8] = []
  public init() {}
  public mutating func write(byte: UInt8) { bytes.append(byte) }
}
