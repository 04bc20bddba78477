// Archives built field by field, so that every field can be wrong, and the memory that they lie in.

import Files
import Primitives
import TestSupport

/// One entry, written as it is told.
struct RawEntry {
  var name: String
  var contents: [UInt8] = []
  var mode: UInt32 = 0o100644
  var inode: UInt32 = 1
  var linkCount: UInt32 = 1
  var magic = "070701"
  var nameSize: UInt32?
  var fileSize: UInt32?
  var nameTail: [UInt8] = [0]
  var digits = "0123456789abcdef"

  static func folder(_ name: String) -> RawEntry { RawEntry(name: name, mode: 0o040755) }
  static func file(_ name: String, _ contents: String = "") -> RawEntry {
    RawEntry(name: name, contents: Array(contents.utf8))
  }

  func append(to bytes: inout [UInt8]) {
    let start = bytes.count / 4 * 4
    func pad(_ bytes: inout [UInt8]) { while (bytes.count - start) % 4 != 0 { bytes.append(0) } }
    bytes += Array(magic.utf8)
    let nameBytes = Array(name.utf8) + nameTail
    let alphabet = Array(digits.utf8)
    let fields: [UInt32] = [
      inode, mode, 1000, 100, linkCount, 0x6500_0000, fileSize ?? UInt32(contents.count), 8, 1, 0, 0,
      nameSize ?? UInt32(nameBytes.count), 0,
    ]
    for field in fields {
      for shift in stride(from: 28, through: 0, by: -4) {
        bytes.append(alphabet[Int(field >> UInt32(shift) & 15)])
      }
    }
    bytes += nameBytes
    pad(&bytes)
    bytes += contents
    pad(&bytes)
  }
}

/// An archive of `entries` with its trailer.
func rawArchive(_ entries: [RawEntry], hasTrailer: Bool = true) -> [UInt8] {
  var bytes: [UInt8] = []
  for entry in entries { entry.append(to: &bytes) }
  if hasTrailer { RawEntry(name: "TRAILER!!!", mode: 0).append(to: &bytes) }
  return bytes
}

/// Memory that outlives the archives in it.
final class ArchiveMemory {
  private let buffer: UnsafeMutableRawBufferPointer
  init(_ bytes: [UInt8]) {
    buffer = .allocate(byteCount: bytes.count, alignment: 16)
    buffer.copyBytes(from: bytes)
  }
  deinit { buffer.deallocate() }

  func archive() throws(ArchiveError) -> Archive {
    // An empty buffer has an address too.
    try unsafe Archive(at: UnsafeRawPointer(buffer.baseAddress!), count: buffer.count)
  }
}

/// Memory for the index of a set, which lives as long. The words behind it must stay as they were.
final class IndexMemory {
  private let buffer: UnsafeMutableRawBufferPointer
  private let size: Int

  init(for set: inout ArchiveSet) {
    size = set.indexSize
    buffer = .allocate(byteCount: size + 64, alignment: 16)
    buffer.initializeMemory(as: UInt8.self, repeating: 0xa5)
    unsafe set.makeIndex(in: buffer.baseAddress!)
  }
  deinit {
    precondition(buffer[size...].allSatisfy { $0 == 0xa5 }, "the index has outgrown its memory")
    buffer.deallocate()
  }
}

extension Span<UInt8> {
  var string: String {
    var bytes: [UInt8] = []
    for index in indices { bytes.append(self[index]) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension ArchiveItem {
  /// The kind and, for a file or link, the contents.
  var summary: String {
    switch self {
    case .impliedFolder: "folder (implied)"
    case .entry(let entry): "\(entry.kind) \(entry.contents.string)"
    }
  }
}

/// A set of archives as plain values.
final class Tree {
  private let memories: [ArchiveMemory]
  private var set = ArchiveSet()
  private let index: IndexMemory

  init(_ archives: [[UInt8]]) throws {
    memories = archives.map { ArchiveMemory($0) }
    for memory in memories { try set.add(memory.archive()) }
    index = IndexMemory(for: &set)
  }

  convenience init(_ entries: RawEntry...) throws { try self.init([rawArchive(entries)]) }

  subscript(path: String) -> String? {
    get throws {
      let bytes = Array(path.utf8)
      return try set.item(at: bytes.span)?.summary
    }
  }

  /// The clean paths of all visible entries.
  var paths: [String] {
    var paths: [String] = []
    while let entry = set.entry(at: paths.count) {
      var text = TextCollector()
      entry.writePath(to: &text)
      paths.append(text.text)
    }
    return paths
  }
}
