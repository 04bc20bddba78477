// The disk's driver against a model of a disk that answers late, fails, and is not there.

import Drivers
import TestSupport
import Testing

/// A disk behind the ports of the first channel, with 64 sectors.
private final class DiskModel {
  var bytes = (0..<64 * 512).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 512) }
  var isPresent = true
  var isPacketDevice = false
  /// How many times the status says busy after a command.
  var delay = 0
  var failingSector: Int?
  /// Never becomes ready again.
  var isStuck = false
  private(set) var resets = 0
  private(set) var flushes = 0
  private var registers = [UInt32](repeating: 0, count: 8)
  private var transfer: (sector: Int, left: Int, offset: Int, isWrite: Bool)?
  private var identification: [UInt16] = []
  private var busyReads = 0
  private var hasFailed = false

  func attach(to recorder: Recorder) {
    recorder.onRead = { self.read($0) }
    recorder.onWrite = { self.write($0, $1) }
  }

  private var status: UInt32 {
    guard isPresent else { return 0xff }
    if isStuck { return 0x80 }
    if busyReads > 0 {
      busyReads -= 1
      return 0x80
    }
    if hasFailed { return 0x41 }
    return !identification.isEmpty || transfer != nil ? 0x48 : 0x40
  }

  private func read(_ port: UInt32) -> UInt32 {
    switch port {
    case 0x1f0: return nextWord()
    case 0x1f1: return hasFailed ? 0x40 : 0
    case 0x1f4: return isPacketDevice ? 0x14 : 0
    case 0x1f5: return isPacketDevice ? 0xeb : 0
    case 0x1f7, 0x3f6: return status
    default: return 0xff
    }
  }

  private func nextWord() -> UInt32 {
    if !identification.isEmpty { return UInt32(identification.removeFirst()) }
    guard var current = transfer, !current.isWrite else { return 0xffff }
    let place = current.sector * 512 + current.offset
    let value = UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8
    current.offset += 2
    transfer = advance(current)
    return value
  }

  private func advance(
    _ current: (sector: Int, left: Int, offset: Int, isWrite: Bool)
  ) -> (sector: Int, left: Int, offset: Int, isWrite: Bool)? {
    var current = current
    guard current.offset == 512 else { return current }
    current.offset = 0
    current.sector += 1
    current.left -= 1
    busyReads = delay
    if current.left > 0, current.sector == failingSector {
      hasFailed = true
      return nil
    }
    return current.left == 0 ? nil : current
  }

  private func write(_ port: UInt32, _ value: UInt32) {
    switch port {
    case 0x1f0:
      guard var current = transfer, current.isWrite else { return }
      let place = current.sector * 512 + current.offset
      bytes[place] = UInt8(value & 0xff)
      bytes[place + 1] = UInt8(value >> 8)
      current.offset += 2
      transfer = advance(current)
    case 0x1f7: command(value)
    case 0x3f6:
      if value & 4 != 0 {
        resets += 1
        transfer = nil
        identification = []
        hasFailed = false
        isStuck = false
      }
    default: registers[Int(port - 0x1f0)] = value
    }
  }

  private func command(_ command: UInt32) {
    busyReads = delay
    hasFailed = false
    let sector = Int(registers[3] | registers[4] << 8 | registers[5] << 16 | (registers[6] & 15) << 24)
    switch command {
    case 0xec:
      identification = [UInt16](repeating: 0, count: 256)
      identification[60] = 64
    case 0x20, 0x30:
      if sector == failingSector {
        hasFailed = true
      } else {
        transfer = (sector, Int(registers[2]), 0, command == 0x30)
      }
    case 0xe7: flushes += 1
    default: hasFailed = true
    }
  }
}

private struct CountingLine: DeviceLine {
  var waits = 0
  mutating func wait() -> Bool {
    waits += 1
    return true
  }
  mutating func acknowledge() {}
}

private typealias Disk = AtaDisk<FakePorts, CountingLine>

@Suite struct AtaDiskTests {
  private func run<Result>(_ model: DiskModel = DiskModel(), _ body: (DiskModel) throws -> Result) rethrows -> Result {
    let recorder = Recorder()
    model.attach(to: recorder)
    return try recorder.run { _ in try body(model) }
  }

  @Test(arguments: [0, 1, 5]) func readsWhatIsThere(delay: Int) throws {
    try run { model in
      model.delay = delay
      var disk = try Disk(line: CountingLine())
      #expect(disk.sectorCount == 64)
      for (sector, count) in [(0, 1), (63, 1), (10, 3), (0, 64)] {
        var bytes = [UInt8](repeating: 0, count: count * 512)
        var span = bytes.mutableSpan
        try disk.read(UInt32(sector), into: &span)
        #expect(bytes == Array(model.bytes[sector * 512..<(sector + count) * 512]))
      }
      #expect(model.resets == 1)
    }
  }

  @Test func writesAndFlushes() throws {
    try run { model in
      var disk = try Disk(line: CountingLine())
      let bytes = (0..<1024).map { UInt8(truncatingIfNeeded: 200 &- $0) }
      let before = model.bytes
      try disk.write(5, from: bytes.span)
      #expect(Array(model.bytes[5 * 512..<7 * 512]) == bytes)
      #expect(Array(model.bytes[..<(5 * 512)]) == Array(before[..<(5 * 512)]))
      #expect(Array(model.bytes[(7 * 512)...]) == Array(before[(7 * 512)...]))
      #expect(model.flushes == 1)
    }
  }

  @Test(arguments: [(UInt32(64), 1), (63, 2), (0, 129), (.max, 1), (0, 0)])
  func refusesSectorsThatAreNotThere(sector: UInt32, count: Int) throws {
    try run { _ in
      var disk = try Disk(line: CountingLine())
      var bytes = [UInt8](repeating: 0, count: count * 512)
      var span = bytes.mutableSpan
      do throws(AtaDiskError) {
        try disk.read(sector, into: &span)
        Issue.record("sectors that are not there were read")
      } catch {
        #expect(error == .outOfRange(sector: sector, count: UInt32(count), limit: 64))
      }
    }
  }

  @Test func aBadSectorIsAnErrorAndTheNextReadWorks() throws {
    try run { model in
      var disk = try Disk(line: CountingLine())
      model.failingSector = 7
      var bytes = [UInt8](repeating: 0, count: 4 * 512)
      var span = bytes.mutableSpan
      do throws(AtaDiskError) {
        try disk.read(5, into: &span)
        Issue.record("a bad sector was read")
      } catch {
        #expect(error == .failed(status: 0x41, error: 0x40))
      }
      var other = [UInt8](repeating: 0, count: 512)
      var otherSpan = other.mutableSpan
      try disk.read(8, into: &otherSpan)
      #expect(other == Array(model.bytes[8 * 512..<9 * 512]))
      #expect(model.resets == 2)
    }
  }

  @Test func aSilentDiskIsAnErrorAndIsReset() throws {
    try run { model in
      var disk = try Disk(line: CountingLine())
      model.isStuck = true
      var bytes = [UInt8](repeating: 0, count: 512)
      var span = bytes.mutableSpan
      do throws(AtaDiskError) {
        try disk.read(0, into: &span)
        Issue.record("a silent disk was read")
      } catch {
        #expect(error == .silent(status: 0x80))
      }
      try disk.read(1, into: &span)
      #expect(bytes == Array(model.bytes[512..<1024]))
    }
  }

  @Test func noDiskAndNoDiskByNumber() {
    let absent = DiskModel()
    absent.isPresent = false
    #expect(throws: AtaDiskError.absent) { try run(absent) { _ in _ = try Disk(line: CountingLine()) } }
    let packet = DiskModel()
    packet.isPacketDevice = true
    #expect(throws: AtaDiskError.notADisk) { try run(packet) { _ in _ = try Disk(line: CountingLine()) } }
  }

  @Test func errorsReadAsSentences() {
    func text(_ error: AtaDiskError) -> String {
      var output = TextCollector()
      error.describe(to: &output)
      return output.text
    }
    #expect(text(.failed(status: 0x41, error: 0x40)) == "disk: it failed with status 0x41 and error 0x40")
    #expect(
      text(.outOfRange(sector: 9, count: 2, limit: 10)) == "disk: 2 sectors from 9 are not on it: it has 10")
  }
}
