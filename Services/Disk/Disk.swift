// The service that reads and writes the disk: the driver of Drivers/AtaDisk.swift on ports and an interrupt line that the
// placement provides (Services/Server/ServerDevices.swift, Services/Module/ModuleDevices.swift).
//
// Invariants:
// - The disk is reset and its controller stopped before the memory that a driver before had for it is given back.
// - It has no state that another placement would need: the disk holds everything, and each write is on it when it is
//   answered.
// - The ports and the line are claimed with the first request, since the placement before gives them back only when its
//   last call has been answered.

import Drivers
import Primitives
import ServiceSupport

struct DiskService: Service {
  static var name: StaticString { "disk" }

  private typealias Disk = AtaDisk<PlacedPorts, PlacedLine, PlacedMemory>
  private typealias Master = BusMaster<PlacedPorts, PlacedMemory>
  private typealias Configuration = ConfigurationSpace<PlacedPorts>
  private var disk: Disk?
  private var reads: UInt32 = 0
  private var writes: UInt32 = 0

  mutating func handle(_ request: inout Request) {
    guard let operation = DiskOperation(rawValue: request.operation) else {
      request.reply[0] = unknownOperation
      return
    }
    do throws(DiskFailure) {
      try attach()
      switch operation {
      case .status:
        request.reply[1] = disk?.sectorCount ?? 0
        request.reply[2] = reads
        request.reply[3] = writes
        request.reply[4] = disk?.master == nil ? 0 : 1
      case .read: try read(&request)
      case .write: try write(&request)
      }
    } catch {
      request.reply[0] = error.rawValue
    }
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
  private mutating func attach() throws(DiskFailure) {
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

  private mutating func read(_ request: inout Request) throws(DiskFailure) {
    let count = request.words[1]
    guard count > 0, count <= DiskOperation.sectorLimit,
      Int(count) * DiskOperation.sectorSize <= request.capacity
    else { throw DiskFailure.outOfRange }
    var bytes = [UInt8](repeating: 0, count: Int(count) * DiskOperation.sectorSize)
    var span = bytes.mutableSpan
    do throws(AtaDiskError) { try disk?.read(request.words[0], into: &span) } catch { throw failure(error) }
    reads &+= count
    request.write(bytes)
  }

  private mutating func write(_ request: inout Request) throws(DiskFailure) {
    let size = request.data.count
    guard size > 0, size % DiskOperation.sectorSize == 0 else { throw DiskFailure.outOfRange }
    do throws(AtaDiskError) { try disk?.write(request.words[0], from: request.data) } catch { throw failure(error) }
    writes &+= UInt32(size / DiskOperation.sectorSize)
  }
}

typealias PlacedService = DiskService
