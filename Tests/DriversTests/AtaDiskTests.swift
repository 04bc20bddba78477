// The disk's driver against a model of a disk that answers late, fails, and is not there.

import Drivers
import TestSupport
import Testing

private typealias Disk = AtaDisk<FakePorts, CountingLine, FakeTransferMemory>

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

  /// Whoever asked is killed in one wait of a transfer after the other. Its request ends there, and the next one, which
  /// begins with a reset, finds the disk as it must be.
  @Test(arguments: [false, true]) func aTaskThatIsToEndGivesItsRequestUp(isWrite: Bool) throws {
    var cancelled = 0
    for endAt in 1...40 {
      try run { model in
        model.delay = 1500
        var disk: Disk
        do throws(AtaDiskError) { disk = try Disk(line: CountingLine(endAt: endAt)) } catch {
          #expect(error == .cancelled)
          cancelled += 1
          return
        }
        let resets = model.resets
        var bytes = [UInt8](repeating: 0xa5, count: 4 * 512)
        var span = bytes.mutableSpan
        do throws(AtaDiskError) {
          if isWrite { try disk.write(5, from: span.span) } else { try disk.read(5, into: &span) }
          return
        } catch {
          #expect(error == .cancelled)
          cancelled += 1
        }
        var next = [UInt8](repeating: 0, count: 2 * 512)
        var nextSpan = next.mutableSpan
        try disk.read(20, into: &nextSpan)
        #expect(next == Array(model.bytes[20 * 512..<22 * 512]))
        #expect(model.resets == resets + 1)
      }
    }
    #expect(cancelled > 5)
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
