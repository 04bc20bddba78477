// What a service tells people: a line on the console, with the service's name before it where it is a module.

import Primitives

public struct ServiceLine: TextOutput {
  public private(set) var bytes: [UInt8] = []
  public init() {}
  public mutating func write(byte: UInt8) { bytes.append(byte) }
}
