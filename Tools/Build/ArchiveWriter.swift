// Writes boot archives: cpio in the newc format. The same files always make the same bytes, whatever the
// day and the machine: numbers count from 1, times and owners are zero.

/// A file for an archive.
public struct ArchiveFile: Sendable {
  /// As it will be found, with or without a leading `/`.
  public var path: String
  public var contents: [UInt8]
  /// Whether it begins at a multiple of 4,096 bytes in the archive, and so on a page when the archive is in memory.
  public var beginsOnPage: Bool

  public init(path: String, contents: [UInt8], beginsOnPage: Bool) {
    (self.path, self.contents, self.beginsOnPage) = (path, contents, beginsOnPage)
  }
}

/// Writes one archive.
public struct ArchiveWriter {
  private var bytes: [UInt8] = []
  private var nextInode: UInt32 = 1

  public init() {}

  /// Adds a file.
  /// - Parameters:
  ///   - path: as it will be found, with or without a leading `/`.
  ///   - mode: the permission bits.
  ///   - alignment: the file begins at a multiple of this in the archive.
  public mutating func add(
    path: String, contents: [UInt8], mode: UInt32 = 0o755, alignment: Int = 4
  ) throws(ArchiveWriterError) {
    try add(path: path, contents: contents, typeAndMode: 0o100000 | mode & 0o7777, alignment: alignment)
  }

  /// Adds files: those that begin on pages in their order, and before each of them what fits of the others into the gap,
  /// the largest first.
  public mutating func add(_ files: [ArchiveFile]) throws(ArchiveWriterError) {
    var others = files.filter { !$0.beginsOnPage }
    for file in files where file.beginsOnPage {
      while let index = Self.largest(of: others, within: gap(before: file)) {
        let other = others.remove(at: index)
        try add(path: other.path, contents: other.contents)
      }
      try add(path: file.path, contents: file.contents, alignment: Self.pageSize)
    }
    for other in others { try add(path: other.path, contents: other.contents) }
  }

  private static let headerSize = 110
  private static let pageSize = 4096

  private static func roundedUp(_ count: Int) -> Int { (count + 3) / 4 * 4 }

  /// How many bytes lie between a page and the contents of `file` if it was added now.
  private func gap(before file: ArchiveFile) -> Int {
    let start = bytes.count + Self.headerSize + file.path.utf8.count + 1
    return (Self.pageSize - start % Self.pageSize) % Self.pageSize
  }

  private static func largest(of files: [ArchiveFile], within room: Int) -> Int? {
    func size(_ file: ArchiveFile) -> Int {
      roundedUp(headerSize + file.path.utf8.count + 1) + roundedUp(file.contents.count)
    }
    return files.indices.filter { size(files[$0]) <= room }.max { size(files[$0]) < size(files[$1]) }
  }

  /// Adds a folder. Files need none: a path makes its folders.
  public mutating func addFolder(path: String, mode: UInt32 = 0o755) throws(ArchiveWriterError) {
    try add(path: path, contents: [], typeAndMode: 0o040000 | mode & 0o7777)
  }

  /// The archive: all entries, the trailer, and zeros up to a block of 512 bytes as cpio writes them.
  public consuming func finish() -> [UInt8] {
    appendEntry(name: "TRAILER!!!", contents: [], typeAndMode: 0, inode: 0)
    pad(to: 512)
    return bytes
  }

  private mutating func add(
    path: String, contents: [UInt8], typeAndMode: UInt32, alignment: Int = 4
  ) throws(ArchiveWriterError) {
    let components = path.split(separator: "/").filter { $0 != "." }
    guard !components.isEmpty, !components.contains(".."), !path.utf8.contains(0),
      components != ["TRAILER!!!"]
    else { throw ArchiveWriterError.badPath(path) }
    guard contents.count <= UInt32.max else {
      throw ArchiveWriterError.tooLarge(path, count: contents.count)
    }
    appendEntry(
      name: components.joined(separator: "/"), contents: contents, typeAndMode: typeAndMode,
      inode: nextInode, alignment: alignment)
    nextInode += 1
  }

  private mutating func appendEntry(
    name: String, contents: [UInt8], typeAndMode: UInt32, inode: UInt32, alignment: Int = 4
  ) {
    // The format pads names to 4. More zeros count as part of the name, which ends with the first one.
    var nameBytes = Array(name.utf8) + [0]
    while alignment > 4, (bytes.count + Self.headerSize + nameBytes.count) % alignment != 0 { nameBytes.append(0) }
    bytes += Array("070701".utf8)
    let linkCount: UInt32 = 1
    let nameSize = UInt32(nameBytes.count)
    // Inode, mode, user, group, links, time, size, device, special device, name size, checksum.
    for field in [
      inode, typeAndMode, 0, 0, linkCount, 0, UInt32(contents.count), 0, 0, 0, 0, nameSize, 0,
    ] {
      let digits = String(field, radix: 16)
      bytes += [UInt8](repeating: UInt8(ascii: "0"), count: 8 - digits.utf8.count) + Array(digits.utf8)
    }
    bytes += nameBytes
    pad(to: 4)
    bytes += contents
    pad(to: 4)
  }

  private mutating func pad(to boundary: Int) {
    while bytes.count % boundary != 0 { bytes.append(0) }
  }
}

/// Why a file cannot be put into an archive.
public enum ArchiveWriterError: Error, Equatable, CustomStringConvertible {
  /// The path is empty, has `..` or a NUL, or is the name that ends an archive.
  case badPath(String)
  /// The format holds at most 4 GiB a file.
  case tooLarge(String, count: Int)

  public var description: String {
    switch self {
    case .badPath(let path):
      "\"\(path)\" cannot be a path in an archive: it is empty, has \"..\" or a NUL, or is \"TRAILER!!!\"."
    case .tooLarge(let path, let count):
      "\"\(path)\" has \(count) bytes; an archive holds at most 4294967295 a file."
    }
  }
}
