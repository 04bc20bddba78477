// What a file system on a disk needs of the disk: sectors of 512 bytes.

public enum BlockDeviceFailure: Error, Sendable {
  /// Sectors that the device does not have.
  case outOfRange
  /// It failed or is gone.
  case failed
  case readOnly
}

public protocol BlockDevice {
  var sectorCount: UInt32 { get }

  /// Reads sectors into `bytes`, whose length is a multiple of 512.
  mutating func read(from sector: UInt32, into bytes: inout MutableSpan<UInt8>) throws(BlockDeviceFailure)
  mutating func write(_ bytes: Span<UInt8>, to sector: UInt32) throws(BlockDeviceFailure)
  /// Returns when all that was written before is on the medium. What is written after it does not get there before.
  mutating func flush() throws(BlockDeviceFailure)
}

public enum Sector {
  public static var size: Int { 512 }
}
