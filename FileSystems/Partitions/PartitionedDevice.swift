// A part of a device as a device of its own.
//
// Invariant: no request reaches a sector outside of the part.

public struct PartitionedDevice<Device: BlockDevice>: BlockDevice {
  public var device: Device
  /// The first sector on the whole device.
  public let start: UInt32
  public let sectorCount: UInt32

  /// Nil where the part is not inside of the device.
  public init?(_ device: Device, start: UInt32, sectorCount: UInt32) {
    guard start <= device.sectorCount, sectorCount <= device.sectorCount &- start else { return nil }
    self.device = device
    self.start = start
    self.sectorCount = sectorCount
  }

  public init?(_ device: Device, _ partition: Partition) {
    self.init(device, start: partition.start, sectorCount: partition.sectorCount)
  }

  private func check(_ sector: UInt32, _ count: Int) throws(BlockDeviceFailure) {
    guard sector <= sectorCount, UInt64(count / Sector.size) <= UInt64(sectorCount &- sector) else { throw .outOfRange }
  }

  public mutating func read(from sector: UInt32, into bytes: inout MutableSpan<UInt8>) throws(BlockDeviceFailure) {
    try check(sector, bytes.count)
    try device.read(from: start &+ sector, into: &bytes)
  }

  public mutating func write(_ bytes: Span<UInt8>, to sector: UInt32) throws(BlockDeviceFailure) {
    try check(sector, bytes.count)
    try device.write(bytes, to: start &+ sector)
  }

  public mutating func flush() throws(BlockDeviceFailure) { try device.flush() }
}
