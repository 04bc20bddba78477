// Finds a named section, for what tools put into a file beside what is loaded (the compact symbol
// table). A file runs without section headers, so nothing about them is an error: a table that makes no
// sense means that there is no such section.
//
// Invariant: every read is inside the file; the work is bounded by the number of section headers.

/// Where a section's bytes lie in a file.
public struct SectionLocation: Equatable, Sendable {
  /// The offset of the first byte.
  public var offset: UInt32
  /// The number of bytes.
  public var size: UInt32
}

/// A section header (Elf32_Shdr), as far as it is used here.
package struct SectionHeader {
  /// Its size in bytes.
  package static var size: UInt32 { 40 }
  /// Of a section without bytes in the file (SHT_NOBITS).
  package static var noBytes: UInt32 { 8 }

  package var nameOffset: UInt32
  package var type: UInt32
  package var offset: UInt32
  package var byteCount: UInt32

  /// Reads header `index`, or nil where it is not in the file.
  package init?<Source: ByteSource & ~Copyable & ~Escapable>(
    _ index: UInt16, of header: ElfHeader, from source: inout Source
  ) {
    let position = UInt64(header.sectionHeaderOffset) &+ UInt64(index) &* UInt64(Self.size)
    guard position <= UInt64(UInt32.max) else { return nil }
    var bytes = InlineArray<40, UInt8>(repeating: 0)
    var destination = bytes.mutableSpan
    guard source.read(from: UInt32(truncatingIfNeeded: position), into: &destination) else { return nil }
    let view = bytes.span
    nameOffset = littleEndian32(view, at: 0)
    type = littleEndian32(view, at: 4)
    offset = littleEndian32(view, at: 16)
    byteCount = littleEndian32(view, at: 20)
  }

  /// The address behind the section's last byte in the file.
  package var fileEnd: UInt64 { UInt64(offset) &+ UInt64(byteCount) }

  /// The section's place, or nil where it has no bytes in a file of `fileSize` bytes.
  func location(fileSize: UInt32) -> SectionLocation? {
    guard type != 0, type != Self.noBytes, fileEnd <= UInt64(fileSize) else { return nil }
    return SectionLocation(offset: offset, size: byteCount)
  }
}

/// Finds the first section of this name that has bytes in the file.
///
/// - Returns: nil where there is none, or the section headers make no sense, or a read fails.
public func findSection<Source: ByteSource & ~Copyable & ~Escapable>(
  named name: StaticString, in source: inout Source
) -> SectionLocation? {
  guard let header = try? ElfHeader(from: &source), header.magic == 0x464c_457f,
    UInt32(header.sectionHeaderSize) == SectionHeader.size,
    header.sectionNamesIndex < header.sectionHeaderCount,
    let names = SectionHeader(header.sectionNamesIndex, of: header, from: &source)?
      .location(fileSize: source.byteCount)
  else { return nil }
  for index in 0..<header.sectionHeaderCount {
    guard let section = SectionHeader(index, of: header, from: &source) else { return nil }
    guard let location = section.location(fileSize: source.byteCount) else { continue }
    if isName(name, at: section.nameOffset, in: names, of: &source) { return location }
  }
  return nil
}

/// Finds a section in a file that lies in memory as a whole.
public func findSection(named name: StaticString, in file: Span<UInt8>) -> SectionLocation? {
  var source = SpanSource(file)
  return findSection(named: name, in: &source)
}

/// True where the string at `offset` of the table `names` is `name`.
private func isName<Source: ByteSource & ~Copyable & ~Escapable>(
  _ name: StaticString, at offset: UInt32, in names: SectionLocation, of source: inout Source
) -> Bool {
  let length = name.utf8CodeUnitCount
  guard UInt64(offset) &+ UInt64(length) < UInt64(names.size) else { return false }
  var byte = InlineArray<1, UInt8>(repeating: 0)
  for index in 0...length {
    var destination = byte.mutableSpan
    // Inside the table, which is inside the file: no sum here can wrap.
    guard source.read(from: names.offset &+ offset &+ UInt32(index), into: &destination) else { return false }
    let expected = index < length ? unsafe name.utf8Start[index] : 0
    guard byte[0] == expected else { return false }
  }
  return true
}
