// Writes small ELF files for the tests, and changes single fields of them.

/// The bytes of a file under test.
struct ElfFile {
  var bytes: [UInt8]

  /// A segment to write: its program header and its contents.
  struct Segment {
    var type: UInt32 = 1
    var address: UInt32
    var flags: UInt32
    var contents: [UInt8]
    var memorySize: UInt32
    var fileOffset: UInt32
  }

  /// Where program header `index` begins.
  static func headerOffset(_ index: Int) -> Int { 52 + 32 * index }

  /// A file with these segments, each at its file offset.
  init(type: UInt16 = 2, entry: UInt32, segments: [Segment]) {
    bytes = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1] + [UInt8](repeating: 0, count: 45)
    bytes += [UInt8](repeating: 0, count: 32 * segments.count)
    poke16(16, type)
    poke16(18, 3)
    poke32(20, 1)
    poke32(24, entry)
    poke32(28, 52)
    poke16(40, 52)
    poke16(42, 32)
    poke16(44, UInt16(segments.count))
    for (index, segment) in segments.enumerated() {
      let header = Self.headerOffset(index)
      poke32(header, segment.type)
      poke32(header + 4, segment.fileOffset)
      poke32(header + 8, segment.address)
      poke32(header + 12, segment.address)
      poke32(header + 16, UInt32(segment.contents.count))
      poke32(header + 20, segment.memorySize)
      poke32(header + 24, segment.flags)
      poke32(header + 28, 4096)
      let end = Int(segment.fileOffset) + segment.contents.count
      if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
      bytes.replaceSubrange(Int(segment.fileOffset)..<end, with: segment.contents)
    }
  }

  /// P of the case list: a good static program of one R|X and one R|W segment.
  static func program() -> ElfFile {
    ElfFile(
      entry: 0x40_0010,
      segments: [
        Segment(
          address: 0x40_0000, flags: 5, contents: [UInt8](repeating: 0x90, count: 256), memorySize: 256,
          fileOffset: 0x200),
        Segment(
          address: 0x40_1000, flags: 6, contents: [UInt8](repeating: 7, count: 128), memorySize: 0x2345,
          fileOffset: 0x300),
      ])
  }

  mutating func poke16(_ offset: Int, _ value: UInt16) {
    bytes[offset] = UInt8(truncatingIfNeeded: value)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
  }

  mutating func poke32(_ offset: Int, _ value: UInt32) {
    for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
  }

  /// Sets a field of program header `index`; `field` is its offset inside the header.
  mutating func poke(header index: Int, _ field: HeaderField, _ value: UInt32) {
    poke32(Self.headerOffset(index) + field.rawValue, value)
  }

  enum HeaderField: Int {
    case type = 0, offset = 4, address = 8, fileSize = 16, memorySize = 20, flags = 24, alignment = 28
  }
}
