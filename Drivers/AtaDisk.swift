// A disk on the first channel of the legacy ATA interface, by programmed input and output (ATA/ATAPI-6, T13/1410D: the
// registers in 7, the commands in 8.15, 8.27 and 8.55, the PIO protocols in 9.5 and 9.6).
//
// Invariants:
// - Sectors are checked against what the disk says it has, before anything is sent to it.
// - No wait is without a bound; a disk that does not answer is an error, and is reset before the next command.
// - A request whose task is to end is given up at the next wait, and what it had begun is ended by a reset.

import Primitives

/// What a driver needs of an interrupt line.
public protocol DeviceLine {
  /// Waits until the device has interrupted since the last time, or for a while; the driver looks at the device then.
  /// Returns false where the task that waits is to end.
  mutating func wait() -> Bool
  /// The driver has made the device silent.
  mutating func acknowledge()
}

public enum AtaDiskError: Error, Equatable {
  /// Nothing answers at the ports.
  case absent
  /// It answers, but is no disk that can be read by sector number.
  case notADisk
  /// It did not answer in time; `status` is its status register then.
  case silent(status: UInt8)
  /// It refused or failed.
  case failed(status: UInt8, error: UInt8)
  /// The task that asked is to end, so nobody waits for the disk any more.
  case cancelled
  /// There are no such sectors.
  case outOfRange(sector: UInt32, count: UInt32, limit: UInt32)

  /// Writes one sentence that says what is wrong.
  public func describe(to output: inout some TextOutput) {
    output.write("disk: ")
    switch self {
    case .absent: output.write("there is none")
    case .notADisk: output.write("what answers is no disk with sector numbers")
    case .silent(let status):
      output.write("it does not answer; its status is ")
      output.write(hexadecimal: UInt32(status), digits: 2)
    case .failed(let status, let error):
      output.write("it failed with status ")
      output.write(hexadecimal: UInt32(status), digits: 2)
      output.write(" and error ")
      output.write(hexadecimal: UInt32(error), digits: 2)
    case .cancelled: output.write("who asked is to end")
    case .outOfRange(let sector, let count, let limit):
      output.write(decimal: count)
      output.write(" sectors from ")
      output.write(decimal: sector)
      output.write(" are not on it: it has ")
      output.write(decimal: limit)
    }
  }
}

public struct AtaDisk<Ports: PortAccess, Line: DeviceLine, Memory: TransferMemory> {
  public private(set) var sectorCount: UInt32 = 0
  /// What moves the data; nil: the processor does.
  public var master: BusMaster<Ports, Memory>?
  private var line: Line
  private var needsReset = false

  public static var sectorSize: Int { 512 }
  /// The most sectors that one command moves.
  public static var transferLimit: UInt32 { 128 }

  // 7.2: the command block registers, and the control register.
  private static var data: UInt16 { 0x1f0 }
  private static var error: UInt16 { 0x1f1 }
  private static var count: UInt16 { 0x1f2 }
  private static var lowNumber: UInt16 { 0x1f3 }
  private static var middleNumber: UInt16 { 0x1f4 }
  private static var highNumber: UInt16 { 0x1f5 }
  private static var device: UInt16 { 0x1f6 }
  private static var command: UInt16 { 0x1f7 }
  private static var control: UInt16 { 0x3f6 }

  /// The ports to claim.
  public static var commandPorts: ClosedRange<UInt16> { 0x1f0...0x1f7 }
  public static var controlPort: UInt16 { control }
  /// The interrupt line of the first channel.
  public static var line: UInt32 { 14 }

  // 7.15: the status register.
  private static var busy: UInt8 { 0x80 }
  private static var fault: UInt8 { 0x20 }
  private static var wantsData: UInt8 { 0x08 }
  private static var isError: UInt8 { 0x01 }

  private static var readSectors: UInt8 { 0x20 }
  private static var writeSectors: UInt8 { 0x30 }
  private static var readByMaster: UInt8 { 0xc8 }
  private static var writeByMaster: UInt8 { 0xca }
  private static var flushCache: UInt8 { 0xe7 }
  private static var identify: UInt8 { 0xec }

  /// How many waits an answer may take, and how often the status is read between two.
  private static var waitLimit: Int { 2_000 }
  private static var glanceLimit: Int { 1_000 }

  /// Finds the first disk and what it has, by the processor alone.
  public init(line: Line) throws(AtaDiskError) {
    self.line = line
    // A bus with nothing on it reads as ones, and a channel without a disk as zero.
    let status = Ports.read8(Self.command)
    guard status != 0xff else { throw .absent }
    try reset()
    try identifyDisk()
  }

  private mutating func reset() throws(AtaDiskError) {
    if let master { BusMaster<Ports, Memory>.stop(base: master.base) }
    // The status is that of the selected disk: before the reset, so that what is read is this one's.
    Ports.write8(Self.device, 0xe0)
    // 9.2: SRST for at least 5 microseconds; an access to a port takes most of one.
    Ports.write8(Self.control, 0x04)
    for _ in 0..<16 { _ = Ports.read8(Self.control) }
    Ports.write8(Self.control, 0)
    for _ in 0..<16 { _ = Ports.read8(Self.control) }
    try spin { status in status & Self.busy == 0 }
    needsReset = false
  }

  private mutating func startAnew() throws(AtaDiskError) {
    try reset()
    try identifyDisk()
  }

  private mutating func identifyDisk() throws(AtaDiskError) {
    // The first disk, by sector number.
    Ports.write8(Self.device, 0xe0)
    Ports.write8(Self.command, Self.identify)
    if Ports.read8(Self.control) == 0 { throw .absent }
    try spin { status in status & Self.busy == 0 }
    let status = Ports.read8(Self.command)
    guard status & (Self.isError | Self.fault) == 0, status & Self.wantsData != 0,
      Ports.read8(Self.middleNumber) == 0, Ports.read8(Self.highNumber) == 0
    else { throw .notADisk }
    line.acknowledge()
    // 8.15.23: words 60 and 61 are the number of sectors.
    for word in 0..<256 as Range<Int> {
      let value = UInt32(Ports.read16(Self.data))
      if word == 60 { sectorCount = value }
      if word == 61 { sectorCount |= value << 16 }
    }
    guard sectorCount > 0 else { throw .notADisk }
  }

  // MARK: Transfers

  /// Reads sectors into `bytes`, which has 512 for each.
  public mutating func read(_ sector: UInt32, into bytes: inout MutableSpan<UInt8>) throws(AtaDiskError) {
    let sectors = UInt32(truncatingIfNeeded: bytes.count / Self.sectorSize)
    if let master, sectors <= Self.transferLimit {
      try move(Self.readByMaster, sector, sectors, by: master, toMemory: true)
      return master.read(into: &bytes)
    }
    try begin(Self.readSectors, sector, sectors)
    var done = 0
    while done < bytes.count {
      try waitForDisk(hasData: true)
      Ports.read16(Self.data, into: &bytes, done..<done + Self.sectorSize)
      done += Self.sectorSize
    }
  }

  /// Writes sectors from `bytes`, which has 512 for each, and waits until they are on the disk.
  public mutating func write(_ sector: UInt32, from bytes: Span<UInt8>) throws(AtaDiskError) {
    let sectors = UInt32(truncatingIfNeeded: bytes.count / Self.sectorSize)
    if let master, sectors <= Self.transferLimit {
      master.write(bytes)
      try move(Self.writeByMaster, sector, sectors, by: master, toMemory: false)
      return try flush()
    }
    try begin(Self.writeSectors, sector, sectors)
    // The disk asks for the first sector without an interrupt (9.6).
    do throws(AtaDiskError) {
      try spin { status in status & (Self.busy | Self.wantsData) == Self.wantsData || status & Self.isError != 0 }
    } catch {
      needsReset = true
      throw error
    }
    var done = 0
    while done < bytes.count {
      Ports.write16(Self.data, from: bytes.extracting(done..<done + Self.sectorSize))
      done += Self.sectorSize
      try waitForDisk(hasData: done < bytes.count)
    }
    try flush()
  }

  private mutating func flush() throws(AtaDiskError) {
    Ports.write8(Self.command, Self.flushCache)
    try waitForDisk(hasData: false)
  }

  /// Lets the bus master move whole sectors between the disk and its memory.
  private mutating func move(
    _ command: UInt8, _ sector: UInt32, _ sectors: UInt32, by master: BusMaster<Ports, Memory>, toMemory: Bool
  ) throws(AtaDiskError) {
    if needsReset { try startAnew() }
    master.prepare(count: Int(sectors) * Self.sectorSize, toMemory: toMemory)
    try begin(command, sector, sectors)
    master.begin(toMemory: toMemory)
    do throws(AtaDiskError) { try waitForDisk(hasData: false) } catch {
      _ = master.end()
      throw error
    }
    guard master.end() else {
      needsReset = true
      throw .failed(status: Ports.read8(Self.control), error: Ports.read8(Self.error))
    }
  }

  private mutating func begin(_ command: UInt8, _ sector: UInt32, _ sectors: UInt32) throws(AtaDiskError) {
    guard sectors > 0, sectors <= Self.transferLimit, sector < sectorCount, sectors <= sectorCount &- sector else {
      throw .outOfRange(sector: sector, count: sectors, limit: sectorCount)
    }
    if needsReset { try startAnew() }
    // 28 bits of the sector's number.
    Ports.write8(Self.device, 0xe0 | UInt8(truncatingIfNeeded: sector >> 24) & 0x0f)
    Ports.write8(Self.count, UInt8(truncatingIfNeeded: sectors))
    Ports.write8(Self.lowNumber, UInt8(truncatingIfNeeded: sector))
    Ports.write8(Self.middleNumber, UInt8(truncatingIfNeeded: sector >> 8))
    Ports.write8(Self.highNumber, UInt8(truncatingIfNeeded: sector >> 16))
    Ports.write8(Self.command, command)
  }

  /// Waits until the disk has data, or is done.
  private mutating func waitForDisk(hasData: Bool) throws(AtaDiskError) {
    var status: UInt8 = 0
    for _ in 0..<Self.waitLimit {
      guard line.wait() else {
        needsReset = true
        throw .cancelled
      }
      // Reading the status makes the disk take its interrupt back.
      status = Ports.read8(Self.command)
      line.acknowledge()
      if status & Self.busy != 0 {
        // An emulator whose time leaps while nothing runs needs some work to be done meanwhile.
        _ = glance { status in status & Self.busy == 0 }
        continue
      }
      if status & (Self.isError | Self.fault) != 0 {
        needsReset = true
        throw .failed(status: status, error: Ports.read8(Self.error))
      }
      if (status & Self.wantsData != 0) == hasData { return }
      _ = glance { status in status & Self.busy == 0 && (status & Self.wantsData != 0) == hasData }
    }
    needsReset = true
    throw .silent(status: status)
  }

  /// Reads the status without touching the interrupt until `isReached`. The line is only a way to let time pass here.
  private mutating func spin(_ isReached: (UInt8) -> Bool) throws(AtaDiskError) {
    var status: UInt8 = 0
    for _ in 0..<Self.waitLimit {
      status = glance(isReached)
      if isReached(status) { return }
      guard line.wait() else {
        needsReset = true
        throw .cancelled
      }
    }
    throw .silent(status: status)
  }

  /// Reads the status without touching the interrupt until `isReached`, or for a short while. Returns it.
  private func glance(_ isReached: (UInt8) -> Bool) -> UInt8 {
    var status: UInt8 = 0
    for _ in 0..<Self.glanceLimit {
      status = Ports.read8(Self.control)
      if isReached(status) { break }
    }
    return status
  }
}
