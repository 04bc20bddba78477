// The service that reads and writes the disk, by sectors (Services/Devices/PlacedDisk.swift).
//
// Invariant: it has no state that another placement would need: the disk holds everything, and each write is on it when it is
// answered. Sectors are for those alone who might drive the disk: what lies there is everybody's.

import ABI
import Primitives
import ServiceSupport

struct DiskService: Service {
  static var name: StaticString { "disk" }

  private var disk = PlacedDisk()
  private var reads: UInt32 = 0
  private var writes: UInt32 = 0

  mutating func handle(_ request: inout Request) {
    guard let operation = DiskOperation(rawValue: request.operation) else {
      request.reply[0] = unknownOperation
      return
    }
    do throws(DiskFailure) {
      guard operation == .status || request.senderRights.contains(.disk) else { throw .notPermitted }
      try disk.attach()
      switch operation {
      case .status:
        request.reply[1] = disk.sectorCount
        request.reply[2] = reads
        request.reply[3] = writes
        request.reply[4] = disk.hasMaster ? 1 : 0
      case .read: try read(&request)
      case .write: try write(&request)
      }
    } catch {
      request.reply[0] = error.rawValue
    }
  }

  private mutating func read(_ request: inout Request) throws(DiskFailure) {
    let count = request.words[1]
    guard count > 0, count <= DiskOperation.sectorLimit,
      Int(count) * DiskOperation.sectorSize <= request.capacity
    else { throw DiskFailure.outOfRange }
    var bytes = [UInt8](repeating: 0, count: Int(count) * DiskOperation.sectorSize)
    var span = bytes.mutableSpan
    try disk.read(request.words[0], into: &span)
    reads &+= count
    request.write(bytes)
  }

  private mutating func write(_ request: inout Request) throws(DiskFailure) {
    let size = request.data.count
    guard size > 0, size % DiskOperation.sectorSize == 0 else { throw DiskFailure.outOfRange }
    try disk.write(request.words[0], from: request.data)
    writes &+= UInt32(size / DiskOperation.sectorSize)
  }
}

typealias PlacedService = DiskService
