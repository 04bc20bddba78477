// A model of a disk that answers late, fails, and is not there, with a controller that moves data by itself.

import Drivers

/// A disk behind the ports of the first channel, with 64 sectors.
final class DiskModel {
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
  /// The part of its controller that moves data by itself, and what it is to move.
  let master = MasterModel()
  private var masterTransfer: (sector: Int, count: Int, isWrite: Bool)?
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
    return !identification.isEmpty || transfer != nil || masterTransfer != nil ? 0x48 : 0x40
  }

  private func read(_ port: UInt32) -> UInt32 {
    if let value = master.read(port) { return value }
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
    if master.write(port, value) {
      moveByMaster()
      return
    }
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
        masterTransfer = nil
        identification = []
        hasFailed = false
        isStuck = false
      }
    default: registers[Int(port - 0x1f0)] = value
    }
  }

  /// Moves all of a transfer, once the master was started for it.
  private func moveByMaster() {
    guard let (sector, count, isWrite) = masterTransfer, master.isStarted else { return }
    masterTransfer = nil
    guard sector != failingSector else {
      hasFailed = true
      return master.finish(hasFailed: true)
    }
    let range = sector * 512..<(sector + count) * 512
    if isWrite {
      guard let moved = master.take(range.count) else { return master.finish(hasFailed: true) }
      bytes.replaceSubrange(range, with: moved)
      master.finish(hasFailed: false)
    } else {
      master.finish(hasFailed: !master.put(Array(bytes[range])))
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
    case 0xc8, 0xca: masterTransfer = (sector, Int(registers[2]), command == 0xca)
    case 0xe7: flushes += 1
    default: hasFailed = true
    }
  }
}

struct CountingLine: DeviceLine {
  var waits = 0
  /// The wait in which the task learns that it is to end. The next request is another task's.
  var endAt: Int?
  mutating func wait() -> Bool {
    waits += 1
    guard let endAt else { return true }
    return waits != endAt
  }
  mutating func acknowledge() {}
}

/// Memory of a machine of its own, that a controller reaches too. It lies across a border of 64 KiB.
struct FakeTransferMemory: TransferMemory {
  final class Storage { var bytes = [UInt8](repeating: 0, count: 4096 + 65536) }
  let storage = Storage()
  var physicalAddress: UInt32 { 0x00ff_8000 }

  func write32(_ value: UInt32, at offset: Int) {
    for index in 0..<4 { storage.bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(index * 8)) }
  }

  func read32(at address: UInt32) -> UInt32 {
    let offset = Int(address - physicalAddress)
    return (0..<4).reduce(0) { $0 | UInt32(storage.bytes[offset + $1]) << UInt32($1 * 8) }
  }

  func read(_ offset: Int, into bytes: inout MutableSpan<UInt8>) {
    for index in bytes.indices { bytes[index] = storage.bytes[offset + index] }
  }

  func write(_ offset: Int, from bytes: Span<UInt8>) {
    for index in bytes.indices { storage.bytes[offset + index] = bytes[index] }
  }
}

/// A bus master at ports 0xc000 to 0xc007, found as function 1 of device 1 on the PCI bus.
final class MasterModel {
  var isPresent = false
  let memory = FakeTransferMemory()
  private(set) var isEnabled = false
  private var address: UInt32 = 0
  private var command: UInt32 = 0
  private var status: UInt32 = 0x60
  private var table: UInt32 = 0
  private var isBusy = false

  var isStarted: Bool { command & 1 != 0 }

  func read(_ port: UInt32) -> UInt32? {
    switch port {
    case 0xc000: command
    case 0xc002: status | (isBusy ? 1 : 0)
    case 0xcfc: configuration
    default: nil
    }
  }

  private var configuration: UInt32 {
    guard isPresent, address & ~0xff == 0x8000_0900 else { return .max }
    return switch address & 0xff {
    case 0x04: 0x0280_0000 | (isEnabled ? 5 : 0)
    case 0x08: 0x0101_8000
    case 0x20: 0xc001
    default: 0
    }
  }

  /// Whether it is one of its ports.
  func write(_ port: UInt32, _ value: UInt32) -> Bool {
    switch port {
    case 0xc000:
      // Stopping it in the middle leaves what is half done.
      if value & 1 == 0 { isBusy = false } else if command & 1 == 0 { isBusy = true }
      command = value
    case 0xc002: status = (status & 0x06 & ~value) | value & 0x60
    case 0xc004: table = value
    case 0xcf8: address = value
    case 0xcfc: isEnabled = address == 0x8000_0904 && value & 5 == 5
    default: return false
    }
    return true
  }

  func finish(hasFailed: Bool) {
    if !hasFailed { isBusy = false }
    status |= hasFailed ? 0x06 : 0x04
  }

  /// The pieces of memory that the table names, or nil where they are fewer bytes or cross a border of 64 KiB.
  private func pieces(_ count: Int) -> [Range<Int>]? {
    guard isEnabled else { return nil }
    var pieces: [Range<Int>] = []
    var left = count
    var entry = table
    while left > 0 {
      let start = memory.read32(at: entry)
      let length = memory.read32(at: entry + 4)
      let size = length & 0xffff == 0 ? 65536 : Int(length & 0xffff)
      guard start & 0xffff + UInt32(size) <= 0x1_0000 else { return nil }
      let offset = Int(start - memory.physicalAddress)
      pieces.append(offset..<offset + min(size, left))
      left -= size
      if length & 0x8000_0000 != 0 { break }
      entry += 8
    }
    return left == 0 ? pieces : nil
  }

  func put(_ bytes: [UInt8]) -> Bool {
    guard command & 8 != 0, let pieces = pieces(bytes.count) else { return false }
    var done = 0
    for piece in pieces {
      memory.storage.bytes.replaceSubrange(piece, with: bytes[done..<done + piece.count])
      done += piece.count
    }
    return true
  }

  func take(_ count: Int) -> [UInt8]? {
    guard command & 8 == 0, let pieces = pieces(count) else { return nil }
    return pieces.flatMap { memory.storage.bytes[$0] }
  }
}
