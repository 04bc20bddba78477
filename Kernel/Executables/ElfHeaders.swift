// The headers of an ELF32 file (System V ABI, chapter 4 "Object Files" and chapter 5 "Program Loading"),
// decoded field by field from bytes. Decoding judges nothing: `ElfHeader.validate` does, and the
// program and module loaders add their own rules.
//
// Invariant: all reads go through `ByteSource`, so that a header is wholly there or an error.

/// The file header (Elf32_Ehdr).
package struct ElfHeader {
  /// Its size in bytes.
  package static var size: UInt32 { 52 }

  package var magic: UInt32
  package var fileClass: UInt8
  package var byteOrder: UInt8
  package var identificationVersion: UInt8
  package var type: UInt16
  package var machine: UInt16
  package var version: UInt32
  package var entry: UInt32
  package var programHeaderOffset: UInt32
  package var sectionHeaderOffset: UInt32
  package var programHeaderSize: UInt16
  package var programHeaderCount: UInt16
  package var sectionHeaderSize: UInt16
  package var sectionHeaderCount: UInt16
  package var sectionNamesIndex: UInt16

  /// Reads the file header.
  ///
  /// - Throws: `fileTooShort`, or `unreadable` where the source fails.
  package init<Source: ByteSource & ~Copyable & ~Escapable>(from source: inout Source) throws(ElfError) {
    guard source.byteCount >= Self.size else {
      throw ElfError(.fileTooShort, .fileSize, value: source.byteCount, limit: Self.size)
    }
    var bytes = InlineArray<52, UInt8>(repeating: 0)
    try readWhole(&bytes, from: &source, at: 0)
    let view = bytes.span
    magic = littleEndian32(view, at: 0)
    fileClass = view[4]
    byteOrder = view[5]
    identificationVersion = view[6]
    type = littleEndian16(view, at: 16)
    machine = littleEndian16(view, at: 18)
    version = littleEndian32(view, at: 20)
    entry = littleEndian32(view, at: 24)
    programHeaderOffset = littleEndian32(view, at: 28)
    sectionHeaderOffset = littleEndian32(view, at: 32)
    programHeaderSize = littleEndian16(view, at: 42)
    programHeaderCount = littleEndian16(view, at: 44)
    sectionHeaderSize = littleEndian16(view, at: 46)
    sectionHeaderCount = littleEndian16(view, at: 48)
    sectionNamesIndex = littleEndian16(view, at: 50)
  }

  /// Checks everything but the section header fields, which running a file does not need.
  ///
  /// - Parameters:
  ///   - type: the only `e_type` to accept.
  ///   - fileSize: the length of the file in bytes.
  /// - Throws: an error that names the first field that is wrong.
  package func validate(type expected: ElfType, fileSize: UInt32) throws(ElfError) {
    guard magic == 0x464c_457f else {
      throw ElfError(.notElf, .magic, value: magic, limit: 0x464c_457f)
    }
    guard fileClass == 1 else { throw ElfError(.wrongClass, .fileClass, value: UInt32(fileClass), limit: 1) }
    guard byteOrder == 1 else {
      throw ElfError(.wrongByteOrder, .byteOrder, value: UInt32(byteOrder), limit: 1)
    }
    guard identificationVersion == 1 else {
      throw ElfError(
        .wrongVersion, .identificationVersion, value: UInt32(identificationVersion), limit: 1)
    }
    guard machine == 3 else { throw ElfError(.wrongMachine, .machine, value: UInt32(machine), limit: 3) }
    guard type == expected.rawValue else {
      throw ElfError(expected.refusal(of: type), .type, value: UInt32(type), limit: UInt32(expected.rawValue))
    }
    guard version == 1 else { throw ElfError(.wrongVersion, .version, value: version, limit: 1) }
    guard programHeaderCount > 0 else {
      throw ElfError(
        .noProgramHeaders, .programHeaderCount, value: UInt32(programHeaderCount), limit: 1)
    }
    guard UInt32(programHeaderSize) == ProgramHeader.size else {
      throw ElfError(
        .wrongProgramHeaderSize, .programHeaderSize, value: UInt32(programHeaderSize),
        limit: ProgramHeader.size)
    }
    guard UInt64(programHeaderOffset) &+ UInt64(ProgramHeader.size) <= UInt64(fileSize) else {
      throw ElfError(
        .programHeadersOutsideFile, .programHeaderOffset, value: programHeaderOffset,
        limit: fileSize &- ProgramHeader.size)
    }
    let room = (fileSize &- programHeaderOffset) / ProgramHeader.size
    guard UInt32(programHeaderCount) <= room else {
      throw ElfError(
        .programHeadersOutsideFile, .programHeaderCount, value: UInt32(programHeaderCount), limit: room)
    }
  }
}

/// The kinds of file that the kernel loads (e_type).
package enum ElfType: UInt16 {
  /// A program linked to a fixed address (ET_EXEC).
  case program = 2
  /// A shared object (ET_DYN).
  case sharedObject = 3

  /// Why a file of type `other` is not taken where `self` is wanted.
  func refusal(of other: UInt16) -> ElfError.Rule {
    switch (self, other) {
    case (.program, 3): .positionIndependentProgram
    case (.program, _): .notProgram
    case (.sharedObject, 1): .relocatableObject
    case (.sharedObject, _): .notSharedObject
    }
  }
}

/// A program header (Elf32_Phdr): one segment, or a note about some.
package struct ProgramHeader {
  /// Its size in bytes.
  package static var size: UInt32 { 32 }

  package enum Kind {
    /// To be loaded (PT_LOAD).
    case load
    /// Where the dynamic section lies (PT_DYNAMIC).
    case dynamic
    /// The path of a dynamic linker (PT_INTERP).
    case interpreter
    /// Notes of whoever made the file (PT_NOTE).
    case note
    /// The initial image of thread-local data (PT_TLS).
    case threadLocal
    /// Read-only once relocations are done (PT_GNU_RELRO).
    case readOnlyAfterRelocation
    /// Anything else; ignored, as the ABI asks for.
    case other
  }

  package var kind: Kind
  package var offset: UInt32
  package var address: UInt32
  package var fileSize: UInt32
  package var memorySize: UInt32
  package var flags: UInt32
  package var alignment: UInt32

  /// Reads header `index` of the table; `header` was validated.
  ///
  /// - Throws: `unreadable` where the source fails.
  package init<Source: ByteSource & ~Copyable & ~Escapable>(
    _ index: UInt16, of header: ElfHeader, from source: inout Source
  ) throws(ElfError) {
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    // Cannot wrap: validation proved that the whole table lies inside a file of 32-bit length.
    try readWhole(&bytes, from: &source, at: header.programHeaderOffset &+ UInt32(index) &* Self.size)
    let view = bytes.span
    kind =
      switch littleEndian32(view, at: 0) {
      case 1: .load
      case 2: .dynamic
      case 3: .interpreter
      case 4: .note
      case 7: .threadLocal
      case 0x6474_e552: .readOnlyAfterRelocation
      default: .other
      }
    offset = littleEndian32(view, at: 4)
    address = littleEndian32(view, at: 8)
    fileSize = littleEndian32(view, at: 16)
    memorySize = littleEndian32(view, at: 20)
    flags = littleEndian32(view, at: 24)
    alignment = littleEndian32(view, at: 28)
  }

  /// Checks that the segment's bytes lie inside the file.
  ///
  /// - Throws: `segmentOutsideFile`.
  package func validateFileRange(index: UInt16, fileSize limit: UInt32) throws(ElfError) {
    let end = UInt64(offset) &+ UInt64(fileSize)
    guard end <= UInt64(limit) else {
      throw ElfError(.segmentOutsideFile, .fileEnd, value: end, limit: UInt64(limit), index: index)
    }
  }
}

/// Fills `bytes` from `source`.
///
/// - Throws: `unreadable`, with the offset.
package func readWhole<let count: Int, Source: ByteSource & ~Copyable & ~Escapable>(
  _ bytes: inout InlineArray<count, UInt8>, from source: inout Source, at offset: UInt32
) throws(ElfError) {
  var destination = bytes.mutableSpan
  guard source.read(from: offset, into: &destination) else {
    throw ElfError(.unreadable, .fileOffset, value: offset, limit: source.byteCount)
  }
}
