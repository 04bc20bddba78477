// What writers put into their files: from the number of the writer and of the round alone, so that whoever reads knows what must be
// there.

public struct LoadContents {
  public let writer: UInt32
  public let round: UInt32

  public init(writer: UInt32, round: UInt32) {
    self.writer = writer
    self.round = round
  }

  private var seed: UInt32 { (writer &* 1009 &+ round &+ 1) &* 2_654_435_761 }

  /// Bytes: mostly a few, sometimes more than twelve blocks of 1 KiB.
  public var size: Int { Int(seed >> 8) % (seed & 0x70 == 0 ? 40_000 : 3000) }

  /// Calls `body` with each byte.
  public func forEachByte(_ body: (UInt8) -> Void) {
    var state = seed | 1
    for _ in 0..<size {
      state = state &* 1_664_525 &+ 1_013_904_223
      body(UInt8(truncatingIfNeeded: state >> 24))
    }
  }

  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    forEachByte { bytes.append($0) }
    return bytes
  }

  /// How many rounds a file stays.
  public static var life: UInt32 { 4 }

  /// `w3/r7`
  public var name: [UInt8] {
    var name: [UInt8] = [0x77]
    Self.append(writer, to: &name)
    name += [0x2f, 0x72]
    Self.append(round, to: &name)
    return name
  }

  private static func append(_ number: UInt32, to name: inout [UInt8]) {
    if number > 9 { append(number / 10, to: &name) }
    name.append(0x30 + UInt8(number % 10))
  }
}
