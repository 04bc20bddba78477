// One entry of a cpio archive in the newc format: a header of 110 characters, the name, the data, each of
// the last two padded to 4 bytes.
//
// Invariant: the ranges of an entry lie inside the archive that it was read from.

import Primitives

/// What an entry is, from the type bits of its mode.
public enum EntryKind: Equatable, Sendable {
  case file, folder, symbolicLink, characterDevice, blockDevice, pipe, socket
  /// Type bits that no system defines.
  case other

  init(mode: UInt32) {
    switch mode & 0o170000 {
    case 0o100000: self = .file
    case 0o040000: self = .folder
    case 0o120000: self = .symbolicLink
    case 0o020000: self = .characterDevice
    case 0o060000: self = .blockDevice
    case 0o010000: self = .pipe
    case 0o140000: self = .socket
    default: self = .other
    }
  }
}

/// One entry of an archive.
public struct ArchiveEntry: Equatable, Sendable {
  /// Where the header begins, in bytes from the archive's start.
  public let offset: Int
  /// Type and permission bits (`c_mode`).
  public let mode: UInt32
  public var kind: EntryKind { EntryKind(mode: mode) }
  /// The bytes of the name, without NUL, as they are written in the archive.
  let name: Range<Int>
  /// The bytes of the data. For all but one of a file's hard links the range is empty.
  let data: Range<Int>
  let identity: FileIdentity
  let linkCount: UInt32
  /// Where the archive begins that this entry belongs to, if several follow one another.
  let segment: Int
  /// True for the entry that ends an archive.
  let isTrailer: Bool

  /// What the hard links of one file have in common: `c_ino`, `c_devmajor`, `c_devminor`.
  struct FileIdentity: Equatable, Sendable {
    let inode: UInt32
    let deviceMajor: UInt32
    let deviceMinor: UInt32
  }

  /// Reads the entry whose header begins at `offset`.
  /// - Parameter segment: where its archive begins; padding counts from there.
  /// - Returns: the entry and where the next header begins, which may lie past the end.
  static func read(
    from bytes: Span<UInt8>, at offset: Int, segment: Int
  ) throws(ArchiveError) -> (entry: ArchiveEntry, next: Int) {
    let header = try Header(from: bytes, at: offset)
    let nameStart = offset &+ Header.size
    let nameSize = header[.nameSize]
    guard nameSize != 0 else { throw .noName(offset: offset) }
    guard UInt64(nameSize) <= UInt64(bytes.count &- nameStart) else {
      throw .nameCutShort(offset: offset, size: nameSize, available: bytes.count &- nameStart)
    }
    let nameLimit = nameStart &+ Int(truncatingIfNeeded: nameSize)
    guard bytes[nameLimit &- 1] == 0 else { throw .nameUnterminated(offset: offset) }
    // Some writers pad names with NULs so that the data is aligned: the first one ends the name.
    var nameEnd = nameStart
    while bytes[nameEnd] != 0 { nameEnd &+= 1 }
    let name = bytes.extracting(nameStart..<nameEnd)
    do throws(PathError) { try name.validatePath() } catch {
      throw error == .empty ? .noName(offset: offset) : .nameClimbs(offset: offset)
    }

    let dataStart = min(padded(nameLimit, from: segment), bytes.count)
    let dataSize = header[.fileSize]
    guard UInt64(dataSize) <= UInt64(bytes.count &- dataStart) else {
      throw .dataCutShort(offset: offset, size: dataSize, available: bytes.count &- dataStart)
    }
    let dataEnd = dataStart &+ Int(truncatingIfNeeded: dataSize)
    let identity = FileIdentity(
      inode: header[.inode], deviceMajor: header[.deviceMajor], deviceMinor: header[.deviceMinor])
    let entry = ArchiveEntry(
      offset: offset, mode: header[.mode], name: nameStart..<nameEnd, data: dataStart..<dataEnd,
      identity: identity, linkCount: header[.linkCount], segment: segment,
      isTrailer: name.hasSameBytes(as: "TRAILER!!!"))
    return (entry, padded(dataEnd, from: segment))
  }

  /// `position` moved up to the next multiple of 4 from `segment`. Positions lie inside the archive, far
  /// enough from the top of the address space not to wrap.
  private static func padded(_ position: Int, from segment: Int) -> Int {
    segment &+ ((position &- segment &+ 3) & ~3)
  }
}

/// The header: a magic number of 6 characters, then fields of 8 hexadecimal digits.
private struct Header {
  static var size: Int { 110 }

  /// The fields in their order.
  enum Field: Int {
    case inode, mode, user, group, linkCount, modificationTime, fileSize
    case deviceMajor, deviceMinor, specialMajor, specialMinor, nameSize, checksum
  }

  private var words = InlineArray<13, UInt32>(repeating: 0)

  subscript(field: Field) -> UInt32 { words[field.rawValue] }

  init(from bytes: Span<UInt8>, at offset: Int) throws(ArchiveError) {
    let available = bytes.count &- offset
    let magic = bytes.extracting(offset..<offset &+ min(available, 6))
    if magic.hasSameBytes(as: "070702") { throw .otherFormat(offset: offset, hasChecksums: true) }
    if magic.hasSameBytes(as: "070707") { throw .otherFormat(offset: offset, hasChecksums: false) }
    if magic.count == 6 && !magic.hasSameBytes(as: "070701") { throw .notAnEntry(offset: offset) }
    guard available >= Self.size else {
      throw .headerCutShort(offset: offset, available: available)
    }
    for index in words.indices {
      words[index] = try Self.word(from: bytes, at: offset &+ 6 &+ index &* 8)
    }
  }

  private static func word(from bytes: Span<UInt8>, at offset: Int) throws(ArchiveError) -> UInt32 {
    guard let high = fourDigits(of: bytes, at: offset), let low = fourDigits(of: bytes, at: offset &+ 4) else {
      throw badDigit(of: bytes, at: offset)
    }
    return high &<< 16 | low
  }

  /// The value of four hexadecimal digits, all at once: every entry has 104, and most of the time of reading an archive
  /// is theirs. Nil where one is none.
  private static func fourDigits(of bytes: Span<UInt8>, at offset: Int) -> UInt32? {
    // The first digit in the highest byte.
    let digits = unsafe bytes.withUnsafeBytes {
      unsafe UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    // Bit 6 tells a letter, whose value is 9 more than its lowest bits say, from "0" to "9".
    let letters = (digits & 0x4040_4040) &>> 6
    let values = (digits & 0x0f0f_0f0f) &+ letters &* 9
    // Written again, in capital letters, valid digits are what they were.
    let isLetter = ((values &+ 0x0606_0606) &>> 4) & 0x0101_0101
    let again = values &+ 0x3030_3030 &+ isLetter &* 7
    guard values & 0xf0f0_f0f0 == 0, again == digits & ~(letters &<< 5) else { return nil }
    let pairs = (values | values &>> 4) & 0x00ff_00ff
    return (pairs | pairs &>> 8) & 0xffff
  }

  /// The first of eight bytes that is no digit.
  @inline(never)
  private static func badDigit(of bytes: Span<UInt8>, at offset: Int) -> ArchiveError {
    func isDigit(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
      default: false
      }
    }
    var position = offset
    while position < offset &+ 7 && isDigit(bytes[position]) { position &+= 1 }
    return .badDigit(offset: position, byte: bytes[position])
  }
}
