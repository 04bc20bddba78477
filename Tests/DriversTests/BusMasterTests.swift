// The disk's driver with a controller that moves the data by itself.

import Drivers
import Testing

private typealias Disk = AtaDisk<FakePorts, CountingLine, FakeTransferMemory>
private typealias Master = BusMaster<FakePorts, FakeTransferMemory>

@Suite struct BusMasterTests {
  /// A disk whose controller was found and is used.
  private func run(_ body: (DiskModel, inout Disk) throws -> Void) throws {
    let model = DiskModel()
    model.master.isPresent = true
    let recorder = Recorder()
    model.attach(to: recorder)
    try recorder.run { _ in
      var disk = try Disk(line: CountingLine())
      let base = try #require(ConfigurationSpace<FakePorts>.findBusMaster())
      #expect(base == 0xc000)
      disk.master = Master(base: base, memory: model.master.memory)
      try body(model, &disk)
    }
  }

  private func failure(_ disk: inout Disk, _ sector: UInt32, _ count: Int) -> AtaDiskError? {
    do throws(AtaDiskError) {
      _ = try read(&disk, sector, count)
      return nil
    } catch { return error }
  }

  private func read(_ disk: inout Disk, _ sector: UInt32, _ count: Int) throws(AtaDiskError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count * 512)
    var span = bytes.mutableSpan
    try disk.read(sector, into: &span)
    return bytes
  }

  @Test(arguments: [0, 3]) func readsAndWrites(delay: Int) throws {
    try run { model, disk in
      model.delay = delay
      // 55 sectors end at the border of 64 KiB in memory, 57 go over it.
      for (sector, count) in [(0, 1), (63, 1), (0, 55), (0, 56), (0, 57), (0, 64)] {
        let bytes = try read(&disk, UInt32(sector), count)
        #expect(bytes == Array(model.bytes[sector * 512..<(sector + count) * 512]))
      }
      let bytes = (0..<60 * 512).map { UInt8(truncatingIfNeeded: $0 &* 5 &+ 1) }
      try disk.write(2, from: bytes.span)
      #expect(Array(model.bytes[2 * 512..<62 * 512]) == bytes)
      #expect(model.flushes == 1)
    }
  }

  @Test func movesNoWordItself() throws {
    try run { model, disk in
      _ = try read(&disk, 3, 4)
      #expect(Recorder.current.trace.filter { $0 == .read(0x1f0) }.count == 256)
      #expect(Recorder.current.writes(to: 0x1f7) == [0xec, 0xc8])
    }
  }

  /// A transfer that fails is stopped, and the disk is reset before the next.
  @Test func aFailureStopsTheMaster() throws {
    try run { model, disk in
      model.failingSector = 7
      let error = failure(&disk, 7, 2)
      #expect(error == .failed(status: 0x41, error: 0x40))
      #expect(!model.master.isStarted)
      let next = try read(&disk, 8, 1)
      #expect(next == Array(model.bytes[8 * 512..<9 * 512]))
      #expect(model.resets == 2)
    }
  }

  @Test func sectorsThatAreNotThereMoveNothing() throws {
    try run { model, disk in
      for (sector, count) in [(60, 5), (0, 129)] as [(UInt32, Int)] {
        let error = failure(&disk, sector, count)
        #expect(error == .outOfRange(sector: sector, count: UInt32(count), limit: 64))
      }
      #expect(!model.master.isStarted)
    }
  }

  /// What a driver left running that is no more.
  @Test func stoppingNeedsNoMemory() throws {
    try run { model, disk in
      Master(base: 0xc000, memory: model.master.memory).begin(toMemory: true)
      #expect(model.master.isStarted)
      Master.stop(base: 0xc000)
      #expect(!model.master.isStarted)
    }
  }

  @Test func withoutOneThereIsNone() {
    let model = DiskModel()
    let recorder = Recorder()
    model.attach(to: recorder)
    recorder.run { _ in #expect(ConfigurationSpace<FakePorts>.findBusMaster() == nil) }
  }
}
