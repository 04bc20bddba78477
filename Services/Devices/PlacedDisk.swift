// The disk on the legacy ATA interface, for a service in whatever placement: the driver of Drivers/AtaDisk.swift on ports and an
// interrupt line that the placement provides.
//
// Invariants:
// - The disk is reset and its controller stopped before the memory that a driver before had for it is given back.
// - The ports and the line are claimed with the first request, since the placement before gives them back only when its
//   last call has been answered.

import Drivers
import Primitives
import ServiceSupport

struct PlacedDisk {
  private typealias Disk = AtaDisk<PlacedPorts, PlacedLine, PlacedMemory>
  private typealias Master = BusMaster<PlacedPorts, PlacedMemory>
  private typealias Configuration = ConfigurationSpace<PlacedPorts>
  private var disk: Disk?

  /// 0 as long as it has not been attached.
  var sectorCount: UInt32 { disk?.sectorCount ?? 0 }
  /// Whether the controller moves the data by itself.
  var hasMaster: Bool { disk?.master != nil }

  mutating func read(_ sector: UInt32, into bytes: inout MutableSpan<UInt8>) throws(DiskFailure) {
    do throws(AtaDiskError) { try disk?.read(sector, into: &bytes) } catch { throw failure(error) }
  }

  /// Returns when the bytes are on the medium.
  mutating func write(_ sector: UInt32, from bytes: Span<UInt8>) throws(DiskFailure) {
    do throws(AtaDiskError) { try disk?.write(sector, from: bytes) } catch { throw failure(error) }
  }

  /// What the client is told; people are told more, unless the client asked for what is not there.
  private func failure(_ error: AtaDiskError) -> DiskFailure {
    let failure: DiskFailure
    switch error {
    case .absent, .notADisk: failure = .absent
    case .outOfRange: failure = .outOfRange
    case .silent, .failed: failure = .failed
    case .cancelled: return .failed
    }
    guard failure != .outOfRange else { return failure }
    let others = failure == .absent ? undrivenControllers() : []
    PlacedLog.write { line in
      error.describe(to: &line)
      for other in others {
        line.write("; ")
        other.describe(to: &line)
      }
    }
    return failure
  }

  /// Where a disk may be that this driver cannot reach: the first controllers of other kinds, as many as a line has room for.
  private func undrivenControllers() -> [UndrivenController] {
    guard PlacedPorts.claimFromPredecessor(Configuration.ports) else { return [] }
    defer { PlacedPorts.giveBack(Configuration.ports) }
    return Configuration.undrivenControllers(limit: 3)
  }

  /// Takes the disk, where it has not been taken yet.
  mutating func attach() throws(DiskFailure) {
    guard disk == nil else { return }
    guard PlacedPorts.claimFromPredecessor(Disk.commandPorts),
      PlacedPorts.claim(Disk.controlPort...Disk.controlPort), let line = PlacedLine(Disk.line)
    else {
      PlacedPorts.giveBack()
      throw DiskFailure.absent
    }
    do throws(AtaDiskError) { disk = try Disk(line: line) } catch {
      line.close()
      PlacedPorts.giveBack()
      throw failure(error)
    }
    takeMaster()
  }

  /// Lets the controller move the data itself, where it can and the placement has memory for that. The disk has been reset:
  /// with its controller stopped it uses no memory that a driver before had.
  private mutating func takeMaster() {
    guard PlacedPorts.claimFromPredecessor(Configuration.ports) else { return }
    let base = Configuration.findBusMaster()
    PlacedPorts.giveBack(Configuration.ports)
    guard let base, PlacedPorts.claimFromPredecessor(base...base + 7) else { return }
    Master.stop(base: base)
    guard let memory = PlacedMemory(for: Disk.commandPorts.lowerBound, size: Master.memorySize) else {
      return PlacedPorts.giveBack(base...base + 7)
    }
    disk?.master = Master(base: base, memory: memory)
  }
}
