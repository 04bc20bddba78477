// A service's state on its way from one placement to the next: numbers and byte strings, little-endian.
//
// Invariant: a reader never traps on any bytes; what is missing reads as nil.

public struct StateWriter {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public mutating func write(_ number: UInt32) {
    for shift in 0..<4 as Range<UInt32> { bytes.append(UInt8(truncatingIfNeeded: number >> (shift * 8))) }
  }

  public mutating func write(_ text: [UInt8]) {
    write(UInt32(truncatingIfNeeded: text.count))
    bytes.append(contentsOf: text)
  }
}

public struct StateReader {
  private let bytes: [UInt8]
  private var position = 0

  public init(bytes: [UInt8]) { self.bytes = bytes }

  public var isAtEnd: Bool { position == bytes.count }

  public mutating func number() -> UInt32? {
    guard bytes.count - position >= 4 else { return nil }
    var number: UInt32 = 0
    for shift in 0..<4 { number |= UInt32(bytes[position + shift]) << UInt32(shift * 8) }
    position += 4
    return number
  }

  public mutating func text() -> [UInt8]? {
    guard let count = number(), Int(count) <= bytes.count - position else { return nil }
    let text = Array(bytes[position..<(position + Int(count))])
    position += Int(count)
    return text
  }
}
