// Finding the partitions of a disk, right ones and such that contradict themselves.

import ABI
import FileSystems
import TestSupport
import Testing

/// Builds a disk with a partition table, byte by byte.
struct TableImage {
  var bytes: [UInt8]

  init(sectors: Int) { bytes = [UInt8](repeating: 0, count: sectors * 512) }

  mutating func set(_ value: UInt64, _ size: Int, at offset: Int) {
    for index in 0..<size { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
  }

  /// An entry of the boot record in a sector.
  mutating func entry(_ index: Int, in sector: Int, type: UInt8, start: UInt32, count: UInt32) {
    let offset = sector * 512 + 446 + 16 * index
    bytes[offset + 4] = type
    set(UInt64(start), 4, at: offset + 8)
    set(UInt64(count), 4, at: offset + 12)
    set(0xaa55, 2, at: sector * 512 + 510)
  }

  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var table: [UInt32] = []
    for index in 0..<256 as Range<UInt32> {
      var value = index
      for _ in 0..<8 { value = value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
      table.append(value)
    }
    var state: UInt32 = .max
    for byte in bytes { state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ state >> 8 }
    return UInt64(~state)
  }

  /// A GUID partition table with its header in a sector and its entries from another on.
  mutating func guid(
    header: Int, entries: Int, partitions: [(first: UInt64, last: UInt64)], count: Int = 128, entrySize: Int = 128
  ) {
    for (index, partition) in partitions.enumerated() {
      let offset = entries * 512 + index * entrySize
      set(0x477d_4069_0fc6_3daf, 8, at: offset)
      set(0xe47d_47d8_693d_7972, 8, at: offset + 8)
      set(partition.first, 8, at: offset + 32)
      set(partition.last, 8, at: offset + 40)
    }
    let start = header * 512
    bytes.replaceSubrange(start..<start + 8, with: Array("EFI PART".utf8))
    set(0x1_0000, 4, at: start + 8)
    set(92, 4, at: start + 12)
    set(0, 4, at: start + 16)
    set(UInt64(header), 8, at: start + 24)
    set(UInt64(entries), 8, at: start + 72)
    set(UInt64(count), 4, at: start + 80)
    set(UInt64(entrySize), 4, at: start + 84)
    set(Self.checksum(bytes[entries * 512..<entries * 512 + count * entrySize]), 4, at: start + 88)
    set(Self.checksum(bytes[start..<start + 92]), 4, at: start + 16)
  }

  func read() throws -> PartitionTable {
    var disk = MemoryDisk(bytes)
    return try PartitionTable.read(from: &disk)
  }
}

@Suite struct PartitionTests {
  static let linux = PartitionType.guid(0x477d_4069_0fc6_3daf, 0xe47d_47d8_693d_7972)

  @Test func primaryAndLogical() throws {
    var image = TableImage(sectors: 1000)
    image.entry(0, in: 0, type: 0x83, start: 10, count: 90)
    image.entry(1, in: 0, type: 0x0c, start: 100, count: 900)
    // One that does not lie on the disk.
    image.entry(2, in: 0, type: 0x83, start: 900, count: 101)
    image.entry(3, in: 0, type: 0x05, start: 200, count: 500)
    image.entry(0, in: 200, type: 0x83, start: 1, count: 50)
    image.entry(1, in: 200, type: 0x05, start: 60, count: 100)
    image.entry(0, in: 260, type: 0x82, start: 2, count: 20)
    image.entry(1, in: 260, type: 0x05, start: 160, count: 100)
    // This one lies out of the extended one.
    image.entry(0, in: 360, type: 0x83, start: 2, count: 400)
    let table = try image.read()
    #expect(
      table
        == .masterBootRecord([
          Partition(1, 10, 90, .number(0x83)), Partition(2, 100, 900, .number(0x0c)),
          Partition(5, 201, 50, .number(0x83)), Partition(6, 262, 20, .number(0x82)),
        ]))
  }

  @Test func aChainThatLeadsBack() throws {
    for next in [0, 10, 50] as [UInt32] {
      var image = TableImage(sectors: 1000)
      image.entry(0, in: 0, type: 0x0f, start: 100, count: 500)
      image.entry(0, in: 100, type: 0x83, start: 1, count: 5)
      image.entry(1, in: 100, type: 0x05, start: 50, count: 10)
      image.entry(0, in: 150, type: 0x83, start: 1, count: 5)
      image.entry(1, in: 150, type: 0x05, start: next, count: 10)
      let table = try image.read()
      #expect(table.partitions.map { $0.start } == [101, 151])
    }
  }

  @Test func noTable() throws {
    var image = TableImage(sectors: 100)
    var table = try image.read()
    #expect(table == .none)
    // Code of a boot sector lies where the entries would.
    image.entry(0, in: 0, type: 0x83, start: 1, count: 5)
    image.bytes[446] = 0x33
    table = try image.read()
    #expect(table == .none)
    var disk = MemoryDisk([UInt8](repeating: 0, count: 512))
    let small = try PartitionTable.read(from: &disk)
    #expect(small == .none)
  }

  static func guidImage() -> TableImage {
    var image = TableImage(sectors: 200)
    image.entry(0, in: 0, type: 0xee, start: 1, count: 199)
    let partitions: [(UInt64, UInt64)] = [(40, 79), (80, 80), (90, 400), (70, 60), (100, .max)]
    image.guid(header: 1, entries: 2, partitions: partitions)
    image.guid(header: 199, entries: 160, partitions: [(40, 79)])
    return image
  }

  @Test func guidTables() throws {
    var image = Self.guidImage()
    var table = try image.read()
    let both = [Partition(1, 40, 40, Self.linux), Partition(2, 80, 1, Self.linux)]
    #expect(table == .guid(both, isFromCopy: false))
    // Wherever a byte of the header or of an entry is wrong, the copy is taken.
    for place in [512, 512 + 8, 512 + 16, 512 + 40, 512 + 72, 512 + 80, 512 + 88, 1024, 1024 + 33, 1024 + 127 * 128] {
      var damaged = image
      damaged.bytes[place] ^= 0x10
      let table = try damaged.read()
      #expect(table == .guid([both[0]], isFromCopy: true), "at \(place)")
    }
    image.bytes[512] = 0
    image.bytes[199 * 512] = 0
    table = try image.read()
    #expect(table == .damaged && table.partitions.isEmpty)
  }

  /// Headers whose checksums are right and whose numbers are not.
  @Test(
    arguments: [
      (72, 8, .max), (72, 8, 198), (80, 4, .max), (80, 4, 2000), (84, 4, 0), (84, 4, 100), (84, 4, 1024), (12, 4, 0),
      (12, 4, .max), (24, 8, 5),
    ] as [(Int, Int, UInt64)])
  func headersThatLie(offset: Int, size: Int, value: UInt64) throws {
    var image = Self.guidImage()
    image.set(value, size, at: 512 + offset)
    image.set(0, 4, at: 512 + 16)
    image.set(TableImage.checksum(image.bytes[512..<512 + 92]), 4, at: 512 + 16)
    let table = try image.read()
    #expect(table == .guid([Partition(1, 40, 40, Self.linux)], isFromCopy: true))
  }

  @Test func noBytesMakeItTrap() throws {
    var extended = TableImage(sectors: 200)
    extended.entry(0, in: 0, type: 0x05, start: 50, count: 100)
    extended.entry(0, in: 50, type: 0x83, start: 1, count: 5)
    extended.entry(1, in: 50, type: 0x05, start: 20, count: 10)
    extended.entry(0, in: 70, type: 0x83, start: 1, count: 5)
    var generator = SeededGenerator(seed: 3)
    let guid = Self.guidImage()
    for number in 0..<2000 {
      var image = number % 4 == 0 ? guid : extended
      for _ in 0..<3 {
        let sector = [0, 1, 2, 50, 70, 199].randomElement(using: &generator) ?? 0
        let place = sector * 512 + (sector == 0 || sector >= 50 ? 446 : 0) + Int.random(in: 0..<66, using: &generator)
        image.bytes[place] = [0, 1, 0xff, UInt8.random(in: 0...255, using: &generator)].randomElement(
          using: &generator)!
      }
      for partition in try image.read().partitions {
        #expect(partition.sectorCount > 0 && partition.start > 0)
        #expect(UInt64(partition.start) + UInt64(partition.sectorCount) <= 200)
      }
    }
  }

  @Test func aPartIsADevice() throws {
    let disk = MemoryDisk((0..<20 * 512).map { UInt8($0 / 512) })
    var part = try #require(PartitionedDevice(disk, Partition(1, 5, 10, .number(0x83))))
    #expect(part.sectorCount == 10)
    var bytes = [UInt8](repeating: 0, count: 1024)
    func read(_ sector: UInt32) throws -> [UInt8] {
      var span = bytes.mutableSpan
      try part.read(from: sector, into: &span)
      return [bytes[0], bytes[512]]
    }
    let (first, last) = (try read(0), try read(8))
    #expect(first == [5, 6] && last == [13, 14])
    for sector in [9, 10, 11, .max] as [UInt32] {
      #expect(throws: BlockDeviceFailure.outOfRange) { try read(sector) }
      #expect(throws: BlockDeviceFailure.outOfRange) {
        try part.write([UInt8](repeating: 1, count: 1024).span, to: sector)
      }
    }
    try part.write([UInt8](repeating: 99, count: 512).span, to: 9)
    #expect(disk.contents.bytes[14 * 512] == 99 && disk.contents.bytes[15 * 512] == 15)
    #expect(PartitionedDevice(disk, start: 15, sectorCount: 6) == nil)
    #expect(PartitionedDevice(disk, start: .max, sectorCount: 2) == nil)
  }

  @Test(.enabled(if: Ext2Tools.arePresent, "mke2fs, e2fsck or debugfs is not there (package e2fsprogs)"))
  func ext2InAPart() throws {
    let image = try ImageKind(1024, "-b 1024").make()
    // The whole disk: no table is found.
    var whole = MemoryDisk(image)
    let none = try PartitionTable.read(from: &whole)
    #expect(none == .none)
    var table = TableImage(sectors: 2100)
    table.entry(0, in: 0, type: 0x83, start: 50, count: 2048)
    table.bytes.replaceSubrange(50 * 512..<50 * 512 + image.count, with: image)
    var disk = MemoryDisk(table.bytes)
    let partition = try #require(try PartitionTable.read(from: &disk).partitions.first)
    let device = try #require(PartitionedDevice(disk, partition))
    var files = try Ext2FileSystem(on: device)
    let file = try files.make("file")
    try files.put([1, 2, 3], in: file)
    try files.unmount()
    let part = Array(disk.contents.bytes[50 * 512..<50 * 512 + image.count])
    let complaint = try Ext2Tools.complaint(about: part)
    #expect(complaint == nil)
    #expect(disk.contents.bytes[..<(50 * 512)] == table.bytes[..<(50 * 512)])
  }
}

extension Partition {
  fileprivate init(_ number: UInt32, _ start: UInt32, _ sectorCount: UInt32, _ type: PartitionType) {
    self.init(number: number, start: start, sectorCount: sectorCount, type: type)
  }
}
