// What files are like, as `stat64` and `statx` lay it out (arch/x86/include/uapi/asm/stat.h, linux/stat.h).

import ABI

/// A `FileInformation` as it comes back from a native call.
struct FileDescription {
  static var size: Int { 28 }

  var kind: UInt32
  var fileSize: UInt32
  var links: UInt32
  var mode: UInt32
  var modified: UInt32
  var blocks: UInt32
  var node: UInt32
  /// Major and minor number of a device.
  var device: (major: UInt32, minor: UInt32) = (0, 0)

  init(_ bytes: [UInt8], at offset: Int = 0) {
    func word(_ index: Int) -> UInt32 { bytes.littleEndianWord(at: offset + index * 4) }
    kind = word(0)
    fileSize = word(1)
    links = word(2)
    mode = word(3)
    modified = word(4)
    blocks = word(5)
    node = word(6)
  }

  var isDirectory: Bool { kind == NodeKind.directory.rawValue }

  /// Of a handle that is for no file. Nil: no descriptor is for such a thing.
  init?(handleOf kind: UInt32) {
    self.init([])
    links = 1
    switch ObjectKind(rawValue: kind) {
    case .terminal, .terminalMaster:
      typeBits = 0o020000
      mode = 0o620
      device = (5, 1)
    case .nullDevice:
      typeBits = 0o020000
      mode = 0o666
      device = (1, 3)
    case .zeroDevice:
      typeBits = 0o020000
      mode = 0o666
      device = (1, 5)
    case .pipeReader, .pipeWriter:
      typeBits = 0o010000
      mode = 0o600
    default: return nil
    }
  }

  private var typeBits: UInt32 = 0

  /// Type and permissions together, as both structures have them.
  var wholeMode: UInt32 {
    if typeBits != 0 { return typeBits | mode }
    switch NodeKind(rawValue: kind) {
    case .directory: return 0o040000 | (mode == 0 ? 0o755 : mode)
    case .symbolicLink: return 0o120000 | 0o777
    case .file: return 0o100000 | mode
    default: return 0o020000 | (mode == 0 ? 0o666 : mode)
    }
  }

  /// The type as `getdents64` has it.
  var entryType: UInt8 { UInt8(truncatingIfNeeded: wholeMode >> 12) }

  func bytes(_ form: StatusForm) -> [UInt8] { form == .stat64 ? stat64 : statx }

  private var stat64: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 96)
    bytes.put(1 as UInt64, at: 0)
    bytes.put(node, at: 12)
    bytes.put(wholeMode, at: 16)
    bytes.put(links, at: 20)
    bytes.put(UInt64(device.major << 8 | device.minor), at: 32)
    bytes.put(UInt64(fileSize), at: 44)
    bytes.put(4096 as UInt32, at: 52)
    bytes.put(UInt64(blocks), at: 56)
    for offset in [64, 72, 80] { bytes.put(modified, at: offset) }
    bytes.put(UInt64(node), at: 88)
    return bytes
  }

  private var statx: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 256)
    // STATX_BASIC_STATS.
    bytes.put(0x7ff as UInt32, at: 0)
    bytes.put(4096 as UInt32, at: 4)
    bytes.put(links, at: 16)
    bytes.put(wholeMode, at: 28)
    bytes.put(UInt64(node), at: 32)
    bytes.put(UInt64(fileSize), at: 40)
    bytes.put(UInt64(blocks), at: 48)
    for offset in [64, 96, 112] { bytes.put(UInt64(modified), at: offset) }
    bytes.put(device.major, at: 128)
    bytes.put(device.minor, at: 132)
    bytes.put(1 as UInt32, at: 140)
    return bytes
  }
}

/// One name of a directory, as it comes back from a native call.
struct NativeEntry {
  static var size: Int { 4 + FileDescription.size + 4 + 256 }

  let next: UInt32
  let description: FileDescription
  let name: [UInt8]

  init(_ bytes: [UInt8]) {
    next = bytes.littleEndianWord(at: 0)
    description = FileDescription(bytes, at: 4)
    let start = 8 + FileDescription.size
    let length = Int(min(bytes.littleEndianWord(at: 4 + FileDescription.size), 255))
    name = bytes.count >= start + length ? Array(bytes[start..<(start + length)]) : []
  }
}

/// One name as `getdents64` lays it out (linux/dirent.h), whole words.
enum DirectoryRecord {
  static func bytes(name: [UInt8], node: UInt32, type: UInt8, next: UInt64) -> [UInt8] {
    let size = (19 + name.count + 1 + 7) & ~7
    var bytes = [UInt8](repeating: 0, count: size)
    bytes.put(UInt64(max(node, 1)), at: 0)
    bytes.put(next, at: 8)
    bytes[16] = UInt8(truncatingIfNeeded: size)
    bytes[17] = UInt8(truncatingIfNeeded: size >> 8)
    bytes[18] = type
    for index in name.indices { bytes[19 + index] = name[index] }
    return bytes
  }
}
