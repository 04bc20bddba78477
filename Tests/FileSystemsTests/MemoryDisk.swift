// A disk in memory that keeps what was written in which order, loses power, and fails.

import ABI
import FileSystems

/// What happens at a disk, in order.
enum DiskEvent {
  /// Bytes that one request wrote, from a sector on.
  case write(sector: Int, bytes: [UInt8])
  case flush
}

/// The contents, shared by all values of `MemoryDisk` that were made with it.
final class DiskContents {
  var bytes: [UInt8]
  var isRecording = false
  var events: [DiskEvent] = []
  var (reads, writes, flushes) = (0, 0, 0)
  /// How many requests go well before one fails; nil: all.
  var readsUntilFailure: Int?
  var writesUntilFailure: Int?
  /// Whether all fail after the first that does.
  var staysBroken = true
  var isReadOnly = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func repair() { (readsUntilFailure, writesUntilFailure) = (nil, nil) }

  fileprivate func fails(_ left: inout Int?) -> Bool {
    guard let count = left else { return false }
    if count > 0 {
      left = count - 1
      return false
    }
    if !staysBroken { left = nil }
    return true
  }
}

struct MemoryDisk: BlockDevice {
  let contents: DiskContents
  var sectorCount: UInt32 { UInt32(contents.bytes.count / 512) }

  init(_ contents: DiskContents) { self.contents = contents }
  init(_ bytes: [UInt8]) { contents = DiskContents(bytes) }

  private func range(_ sector: UInt32, _ count: Int) throws(BlockDeviceFailure) -> Range<Int> {
    precondition(count > 0 && count % 512 == 0)
    let start = Int(sector) * 512
    guard start + count <= contents.bytes.count / 512 * 512 else { throw .outOfRange }
    return start..<start + count
  }

  mutating func read(from sector: UInt32, into bytes: inout MutableSpan<UInt8>) throws(BlockDeviceFailure) {
    let range = try range(sector, bytes.count)
    contents.reads += 1
    if contents.fails(&contents.readsUntilFailure) { throw .failed }
    contents.bytes.withUnsafeBytes { source in
      bytes.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range])) }
    }
  }

  mutating func write(_ bytes: Span<UInt8>, to sector: UInt32) throws(BlockDeviceFailure) {
    let range = try range(sector, bytes.count)
    if contents.isReadOnly { throw .readOnly }
    contents.writes += 1
    if contents.fails(&contents.writesUntilFailure) { throw .failed }
    bytes.withUnsafeBytes { source in
      contents.bytes.withUnsafeMutableBytes {
        UnsafeMutableRawBufferPointer(rebasing: $0[range]).copyMemory(from: source)
      }
    }
    if contents.isRecording {
      contents.events.append(.write(sector: Int(sector), bytes: Array(contents.bytes[range])))
    }
  }

  mutating func flush() throws(BlockDeviceFailure) {
    contents.flushes += 1
    if contents.isRecording { contents.events.append(.flush) }
  }
}
