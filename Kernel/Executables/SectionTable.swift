// The section header table as a whole. Nothing that runs needs it; but where a file that was linked a
// moment ago claims to have one and it makes no sense, the file is damaged, and modules are refused.

extension ElfHeader {
  /// Checks that the section headers, if there are any, lie inside the file, and each section too.
  ///
  /// - Throws: an error that names the field, and the section header where one is at fault.
  package func validateSections<Source: ByteSource & ~Copyable & ~Escapable>(
    in source: inout Source
  ) throws(ElfError) {
    let fileSize = source.byteCount
    if sectionHeaderOffset == 0 && sectionHeaderCount == 0 { return }
    guard sectionHeaderCount > 0 else {
      throw ElfError(
        .noSectionHeaders, .sectionHeaderCount, value: UInt32(sectionHeaderCount), limit: 1)
    }
    guard UInt32(sectionHeaderSize) == SectionHeader.size else {
      throw ElfError(
        .wrongSectionHeaderSize, .sectionHeaderSize, value: UInt32(sectionHeaderSize),
        limit: SectionHeader.size)
    }
    guard UInt64(sectionHeaderOffset) &+ UInt64(SectionHeader.size) <= UInt64(fileSize) else {
      throw ElfError(
        .sectionHeadersOutsideFile, .sectionHeaderOffset, value: sectionHeaderOffset,
        limit: fileSize &- SectionHeader.size)
    }
    let room = (fileSize &- sectionHeaderOffset) / SectionHeader.size
    guard UInt32(sectionHeaderCount) <= room else {
      throw ElfError(
        .sectionHeadersOutsideFile, .sectionHeaderCount, value: UInt32(sectionHeaderCount), limit: room)
    }
    for index in 0..<sectionHeaderCount {
      guard let section = SectionHeader(index, of: self, from: &source) else {
        throw ElfError(.unreadable, .fileOffset, value: sectionHeaderOffset, limit: fileSize)
      }
      guard section.type == 0 || section.type == SectionHeader.noBytes || section.fileEnd <= UInt64(fileSize)
      else {
        throw ElfError(
          .sectionOutsideFile, .sectionEnd, value: section.fileEnd, limit: UInt64(fileSize), index: index)
      }
    }
  }
}
