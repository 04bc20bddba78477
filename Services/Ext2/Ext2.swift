// The service of an ext2 file system on the disk: on the first partition that holds one, or on a disk without partitions.
//
// Invariant: it has no state that another placement would need: before it moves or ends, all is on the disk (`settle`).

import ABI
import FileSystems
import Primitives
import ServiceSupport

/// The disk as the file system sees it.
private struct Ext2Disk: BlockDevice {
  var disk: PlacedDisk
  var sectorCount: UInt32 { disk.sectorCount }

  private static func failure(_ failure: DiskFailure) -> BlockDeviceFailure {
    failure == .outOfRange ? .outOfRange : .failed
  }

  mutating func read(from sector: UInt32, into bytes: inout MutableSpan<UInt8>) throws(BlockDeviceFailure) {
    do throws(DiskFailure) { try disk.read(sector, into: &bytes) } catch { throw Self.failure(error) }
  }

  mutating func write(_ bytes: Span<UInt8>, to sector: UInt32) throws(BlockDeviceFailure) {
    do throws(DiskFailure) { try disk.write(sector, from: bytes) } catch { throw Self.failure(error) }
  }

  /// Each write is on the medium when it comes back.
  mutating func flush() throws(BlockDeviceFailure) {}
}

struct Ext2Service: Service {
  static var name: StaticString { "ext2" }

  private typealias Device = PartitionedDevice<Ext2Disk>
  private var server: FileServer<Ext2FileSystem<Device>>?
  /// Its ports stay claimed while the service lives, also where there is nothing to mount.
  private var disk = PlacedDisk()

  mutating func handle(_ request: inout Request) {
    guard FileRequest(rawValue: request.operation) != nil else {
      request.reply[0] = unknownOperation
      return
    }
    do throws(FileFailure) {
      if server == nil { server = FileServer(try mount()) }
      _ = server?.handle(&request)
    } catch { request.reply[0] = UInt32(bitPattern: error.rawValue) }
  }

  mutating func settle() {
    do throws(FileFailure) { try server?.system.sync() } catch {
      PlacedLog.write { line in line.write("ext2: what was not synced before could not be written") }
    }
  }

  // MARK: Mounting

  /// Mounts the first file system that is there. People are told why there is none, or why it cannot be written.
  private mutating func mount() throws(FileFailure) -> Ext2FileSystem<Device> {
    do throws(DiskFailure) { try disk.attach() } catch { throw .deviceFailed }
    var device = Ext2Disk(disk: disk)
    var problem: Ext2Problem?
    for part in try Self.parts(of: &device) {
      do throws(Ext2Problem) {
        let system = try Ext2FileSystem(on: part)
        if let reason = system.readOnlyReason { Self.tell(reason, "it is read-only") }
        return system
      } catch { if problem == nil { problem = error } }
    }
    guard let problem else {
      PlacedLog.write { line in line.write("ext2: the disk has no partition for it") }
      throw .unsupported
    }
    Self.tell(problem, "there is no file system")
    switch problem {
    case .unreadable: throw .deviceFailed
    case .notExt2, .unknownRevision, .blockSize, .inodeSize, .incompatible, .journalInUse: throw .unsupported
    default: throw .damaged
    }
  }

  /// Where a file system may be.
  private static func parts(of device: inout Ext2Disk) throws(FileFailure) -> [Device] {
    let table: PartitionTable
    do throws(BlockDeviceFailure) { table = try PartitionTable.read(from: &device) } catch { throw .deviceFailed }
    if case .none = table {
      return Device(device, start: 0, sectorCount: device.sectorCount).map { [$0] } ?? []
    }
    if case .damaged = table { PlacedLog.write { line in line.write("ext2: the table of partitions is damaged") } }
    return table.partitions.compactMap { Device(device, $0) }
  }

  private static func tell(_ problem: Ext2Problem, _ outcome: StaticString) {
    PlacedLog.write { line in
      problem.describe(to: &line)
      line.write("; ")
      line.write(outcome)
    }
  }
}

typealias PlacedService = Ext2Service
