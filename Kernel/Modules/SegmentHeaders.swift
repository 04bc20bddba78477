// The program headers of a module: its loadable segments, its dynamic section and the part that turns
// read-only once it is relocated.

import Executables
import Primitives

/// What the program headers of a module say, judged.
struct SegmentHeaders {
  let table: SegmentTable
  let dynamic: ProgramHeader
  let readOnlyAfterRelocation: VirtualRange
  /// From the base to the end of the last segment.
  let pageCount: UInt32

  /// Reads and checks all headers of `file`.
  init(_ file: Span<UInt8>) throws(ElfError) {
    var source = SpanSource(file)
    let header = try ElfHeader(from: &source)
    let fileSize = source.byteCount
    try header.validate(type: .sharedObject, fileSize: fileSize)
    try header.validateSections(in: &source)
    var table = SegmentTable()
    var dynamic: ProgramHeader?
    var protected: (header: ProgramHeader, index: UInt16)?
    for index in 0..<header.programHeaderCount {
      let segment = try ProgramHeader(index, of: header, from: &source)
      switch segment.kind {
      case .load:
        try table.insert(segment, index: index, fileSize: fileSize, window: Self.window)
      case .dynamic:
        dynamic = segment
      case .readOnlyAfterRelocation:
        protected = (segment, index)
      case .threadLocal:
        throw ElfError(
          .threadLocalUnsupported, .segmentMemorySize, value: segment.memorySize, limit: 0, index: index)
      case .interpreter, .note, .other:
        // An interpreter is for programs; nobody runs it for a module.
        continue
      }
    }
    try table.settle()
    guard let dynamic else {
      throw ElfError(.noDynamicSegment, .dynamicSegments, value: 0 as UInt32, limit: 1)
    }
    self.dynamic = dynamic
    self.table = table
    readOnlyAfterRelocation = try Self.protectedPages(protected, in: table)
    let end = table.count == 0 ? 0 : table[table.count &- 1].end
    pageCount = pagesNeeded(UInt32(truncatingIfNeeded: end))
  }

  /// Where modules lie before they get a base.
  private static var window: VirtualRange { VirtualRange(start: 0, length: ModuleImage.memoryLimit)! }

  /// The whole pages of the range that turns read-only; a page at its end that holds other data too
  /// stays writable.
  private static func protectedPages(
    _ protected: (header: ProgramHeader, index: UInt16)?, in table: SegmentTable
  ) throws(ElfError) -> VirtualRange {
    guard let (header, index) = protected, header.memorySize > 0 else { return .empty }
    let end = UInt64(header.address) &+ UInt64(header.memorySize)
    guard let segment = table.segment(at: header.address), segment.permissions.contains(.writable),
      end <= segment.pages.end, segment.pages.contains(header.address)
    else {
      throw ElfError(
        .protectedRangeOutsideSegment, .memoryEnd, value: end,
        limit: table.segment(at: header.address)?.pages.end ?? 0, index: index)
    }
    let firstPage = header.address & ~(pageSize &- 1)
    // Both are inside the segment's pages, which end at the memory limit at most.
    let endPage = UInt32(truncatingIfNeeded: end) & ~(pageSize &- 1)
    return VirtualRange(start: firstPage, length: endPage &- firstPage) ?? .empty
  }
}

extension VirtualRange {
  fileprivate static var empty: VirtualRange { VirtualRange(start: 0, length: 0)! }
}
