// What can be wrong with an archive, each with the offset where it was found.

import Primitives

/// Why an archive was refused. Offsets are in bytes from the archive's start.
public enum ArchiveError: Error, Equatable, Sendable {
  /// No entry at all: no bytes, or only zeros.
  case noArchive
  /// What should be an entry does not start with a cpio magic number.
  case notAnEntry(offset: Int)
  /// A cpio format that is not read: with checksums (070702) or portable ASCII (070707).
  case otherFormat(offset: Int, hasChecksums: Bool)
  /// The archive ends inside the 110 bytes of a header.
  case headerCutShort(offset: Int, available: Int)
  /// A byte of a header field is no hexadecimal digit.
  case badDigit(offset: Int, byte: UInt8)
  /// The name has no bytes besides its NUL, or not even that.
  case noName(offset: Int)
  case nameCutShort(offset: Int, size: UInt32, available: Int)
  /// The last byte of the name is not NUL.
  case nameUnterminated(offset: Int)
  /// The name has a component `..`.
  case nameClimbs(offset: Int)
  case dataCutShort(offset: Int, size: UInt32, available: Int)
  /// The archive ends without the entry `TRAILER!!!`.
  case noTrailer(offset: Int)
  /// More archives than an `ArchiveSet` takes, more entries, or more components in the paths of these.
  case tooManyArchives(limit: Int)
  case tooManyEntries(count: Int, limit: Int)
  case tooManyComponents(count: Int, limit: Int)

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .noArchive:
      output.write("The archive is empty or nothing but zeros")
    case .notAnEntry(let offset):
      Self.place("entry", offset, to: &output)
      output.write(" does not start with the magic number 070701")
    case .otherFormat(let offset, let hasChecksums):
      Self.place("entry", offset, to: &output)
      output.write(hasChecksums ? " is of format 070702" : " is of format 070707")
      output.write("; only cpio's newc format 070701 is read")
    case .headerCutShort(let offset, let available):
      Self.place("header", offset, to: &output)
      output.write(" takes 110 bytes, and the archive has ")
      output.write(decimal: available)
      output.write(" more")
    case .badDigit(let offset, let byte):
      Self.place("header field byte", offset, to: &output)
      output.write(" is ")
      output.write(hexadecimal: UInt64(byte), digits: 2)
      output.write(", which is no hexadecimal digit")
    case .noName(let offset):
      Self.place("entry", offset, to: &output)
      output.write(" has no name")
    case .nameCutShort(let offset, let size, let available):
      Self.place("name of the entry", offset, to: &output)
      Self.cutShort(size, available, to: &output)
    case .nameUnterminated(let offset):
      Self.place("name of the entry", offset, to: &output)
      output.write(" does not end with NUL")
    case .nameClimbs(let offset):
      Self.place("name of the entry", offset, to: &output)
      output.write(" climbs out of its folder by \"..\"")
    case .dataCutShort(let offset, let size, let available):
      Self.place("data of the entry", offset, to: &output)
      Self.cutShort(size, available, to: &output)
    case .noTrailer(let offset):
      output.write("The archive ends at byte ")
      output.write(decimal: offset)
      output.write(" without its trailer")
    case .tooManyArchives(let limit):
      output.write("There are more than ")
      output.write(decimal: limit)
      output.write(" archives")
    case .tooManyEntries(let count, let limit):
      output.write("The archives have ")
      output.write(decimal: count)
      output.write(" entries together; the limit is ")
      output.write(decimal: limit)
    case .tooManyComponents(let count, let limit):
      output.write("The paths of the archives' entries have ")
      output.write(decimal: count)
      output.write(" components together; the limit is ")
      output.write(decimal: limit)
    }
    output.write(".")
  }

  private static func place(_ what: StaticString, _ offset: Int, to output: inout some TextOutput) {
    output.write("The ")
    output.write(what)
    output.write(" at byte ")
    output.write(decimal: offset)
  }

  private static func cutShort(_ size: UInt32, _ available: Int, to output: inout some TextOutput) {
    output.write(" takes ")
    output.write(decimal: size)
    output.write(" bytes, and the archive has ")
    output.write(decimal: available)
    output.write(" more")
  }
}
