// Which parts a disk has: by a master boot record with its chain of extended ones, or by a GUID partition table (UEFI
// Specification 2.10, 5.2 and 5.3).
//
// Invariants:
// - Every partition lies inside of the device and has a sector at least.
// - However a table contradicts itself, reading it ends: chains and lists have limits.

public enum PartitionType: Equatable, Sendable {
  /// The type of a master boot record: 0x83 is Linux.
  case number(UInt8)
  /// The two halves of a GUID as they lie on the disk, the lowest byte first.
  case guid(UInt64, UInt64)
}

public struct Partition: Equatable, Sendable {
  /// From 1 on; logical ones from 5 on.
  public let number: UInt32
  /// Sectors.
  public let start: UInt32
  public let sectorCount: UInt32
  public let type: PartitionType

  public init(number: UInt32, start: UInt32, sectorCount: UInt32, type: PartitionType) {
    (self.number, self.start, self.sectorCount, self.type) = (number, start, sectorCount, type)
  }
}

/// What a disk has at its beginning.
public enum PartitionTable: Equatable, Sendable {
  /// There is no table; the disk may hold a file system as a whole.
  case none
  case masterBootRecord([Partition])
  /// - isFromCopy: the table at the beginning is damaged; this is the copy at the disk's end.
  case guid([Partition], isFromCopy: Bool)
  /// A GUID partition table whose checksums are wrong, in the copy as well.
  case damaged

  public var partitions: [Partition] {
    switch self {
    case .none, .damaged: []
    case .masterBootRecord(let partitions), .guid(let partitions, _): partitions
    }
  }

  /// How many logical partitions are looked for, and how many entries a GUID partition table may have.
  public static var logicalLimit: UInt32 { 128 }
  public static var entryLimit: UInt32 { 1024 }

  public static func read(from device: inout some BlockDevice) throws(BlockDeviceFailure) -> PartitionTable {
    guard device.sectorCount > 1 else { return .none }
    let record = try device.sector(0)
    guard let entries = BootRecordEntry.all(record.span, isFirst: true) else { return .none }
    for entry in entries where entry.type == BootRecordEntry.protective {
      if let partitions = try guidTable(at: 1, device: &device) { return .guid(partitions, isFromCopy: false) }
      if let partitions = try guidTable(at: device.sectorCount &- 1, device: &device) {
        return .guid(partitions, isFromCopy: true)
      }
      return .damaged
    }
    var partitions: [Partition] = []
    for (index, entry) in entries.enumerated() where entry.type != 0 && !entry.isExtended {
      let number = UInt32(truncatingIfNeeded: index) &+ 1
      if let partition = entry.partition(number, after: 0, within: device.sectorCount) { partitions.append(partition) }
    }
    for entry in entries where entry.isExtended {
      guard let extended = entry.partition(0, after: 0, within: device.sectorCount) else { continue }
      try addLogical(in: extended, to: &partitions, device: &device)
    }
    return .masterBootRecord(partitions)
  }

  // MARK: Master boot record

  /// Each sector of the chain names one partition, by its distance from this sector, and the next sector, by its distance from
  /// the extended partition's beginning.
  private static func addLogical(
    in extended: Partition, to partitions: inout [Partition], device: inout some BlockDevice
  ) throws(BlockDeviceFailure) {
    var number: UInt32 = 5
    for partition in partitions { number = max(number, partition.number &+ 1) }
    let last = number &+ logicalLimit
    var distance: UInt32 = 0
    while number < last, distance < extended.sectorCount {
      let place = extended.start &+ distance
      let record = try device.sector(place)
      guard let entries = BootRecordEntry.all(record.span, isFirst: false) else { return }
      var next: UInt32 = 0
      for entry in entries where entry.type != 0 {
        if entry.isExtended {
          if next == 0 { next = entry.start }
        } else if let partition = entry.partition(
          number, after: place, within: extended.start &+ extended.sectorCount)
        {
          partitions.append(partition)
          number &+= 1
        }
      }
      // Each lies behind the one before it; so the chain ends.
      guard next > distance else { return }
      distance = next
    }
  }

  // MARK: GUID partition table

  /// The table whose header is in a sector; nil where there is none that is right.
  private static func guidTable(
    at sector: UInt32, device: inout some BlockDevice
  ) throws(BlockDeviceFailure) -> [Partition]? {
    let bytes = try device.sector(sector)
    let header = bytes.span
    // "EFI PART"
    guard header.long(0) == 0x5452_4150_2049_4645 else { return nil }
    let size = Int(header.word(12))
    guard size >= 92, size <= Sector.size, header.long(24) == UInt64(sector) else { return nil }
    let checksum = header.word(16)
    let entries = header.long(72)
    let (count, entrySize, entryChecksum) = (header.word(80), header.word(84), header.word(88))
    // Its own checksum counts as zero.
    var sum = Checksum()
    sum.add(header.extracting(0..<16))
    for _ in 0..<4 { sum.add(0) }
    sum.add(header.extracting(20..<size))
    guard sum.value == checksum else { return nil }
    guard count <= entryLimit, entrySize >= 128, entrySize <= 512, entrySize & (entrySize &- 1) == 0,
      entries < UInt64(device.sectorCount)
    else { return nil }
    let length = count &* entrySize
    let sectors = (length &+ 511) / 512
    let start = UInt32(truncatingIfNeeded: entries)
    guard sectors <= device.sectorCount &- start else { return nil }
    var partitions: [Partition] = []
    sum = Checksum()
    var number: UInt32 = 1
    for index in 0..<sectors {
      let bytes = try device.sector(start &+ index)
      let part = Int(min(512, length &- index &* 512))
      sum.add(bytes.span.extracting(0..<part))
      var offset = 0
      while offset < part {
        if let partition = entry(
          bytes.span.extracting(offset..<offset &+ 128), number: number, sectorCount: device.sectorCount)
        {
          partitions.append(partition)
        }
        offset &+= Int(entrySize)
        number &+= 1
      }
    }
    return sum.value == entryChecksum ? partitions : nil
  }

  private static func entry(_ bytes: Span<UInt8>, number: UInt32, sectorCount: UInt32) -> Partition? {
    let type = PartitionType.guid(bytes.long(0), bytes.long(8))
    let (first, last) = (bytes.long(32), bytes.long(40))
    guard type != .guid(0, 0), first > 0, first <= last, last < UInt64(sectorCount) else { return nil }
    return Partition(
      number: number, start: UInt32(truncatingIfNeeded: first),
      sectorCount: UInt32(truncatingIfNeeded: last &- first &+ 1),
      type: type)
  }
}

/// One of the four entries of a boot record.
struct BootRecordEntry {
  let type: UInt8
  let start: UInt32
  let count: UInt32

  /// What stands for the whole disk where there is a GUID partition table.
  static var protective: UInt8 { 0xee }
  var isExtended: Bool { type == 0x05 || type == 0x0f || type == 0x85 }

  /// The entries of a boot record; nil where there is none. The first sector of a file system can bear the mark of one too, but
  /// then what it has in the place of the entries is hardly right.
  static func all(_ bytes: Span<UInt8>, isFirst: Bool) -> [BootRecordEntry]? {
    guard bytes.half(510) == 0xaa55 else { return nil }
    var entries: [BootRecordEntry] = []
    for index in 0..<4 {
      let offset = 446 &+ 16 &* index
      guard !isFirst || bytes[offset] & 0x7f == 0 else { return nil }
      entries.append(
        BootRecordEntry(type: bytes[offset &+ 4], start: bytes.word(offset &+ 8), count: bytes.word(offset &+ 12)))
    }
    return entries
  }

  /// - Parameters:
  ///   - origin: where its start counts from.
  ///   - limit: the sector that it must end before.
  func partition(_ number: UInt32, after origin: UInt32, within limit: UInt32) -> Partition? {
    let (first, overflow) = origin.addingReportingOverflow(start)
    guard !overflow, start > 0, count > 0, first < limit, count <= limit &- first else { return nil }
    return Partition(number: number, start: first, sectorCount: count, type: .number(type))
  }
}

extension BlockDevice {
  /// One sector's bytes.
  mutating func sector(_ sector: UInt32) throws(BlockDeviceFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Sector.size)
    var span = bytes.mutableSpan
    try read(from: sector, into: &span)
    return bytes
  }
}

/// The checksum of the UEFI Specification: CRC-32 with the polynomial of ISO 3309, bits reversed.
struct Checksum {
  private var state: UInt32 = .max
  var value: UInt32 { ~state }

  mutating func add(_ bytes: Span<UInt8>) {
    for index in bytes.indices { add(bytes[index]) }
  }

  mutating func add(_ byte: UInt8) {
    state ^= UInt32(byte)
    for _ in 0..<8 { state = state &>> 1 ^ (state & 1 == 0 ? 0 : 0xedb8_8320) }
  }
}
