// Reads a program (a static ELF32 file for the i386) and says what to map, without mapping anything.
// The whole file is judged first: a caller that holds a plan can only run out of memory, or lose the
// file while it copies the bytes.
//
// Invariants: nothing here allocates; no number from the file is added, multiplied or used as an index
// before it is checked; every loop is bounded by the file's size. Section headers are not looked at.

import Primitives

/// What a program's start-up code may want to know of its file (System V ABI for i386, "Auxiliary Vector").
public struct StartFacts: Equatable, Sendable {
  public let entry: UInt32
  /// Where the program headers lie in memory; 0: no segment has them.
  public let programHeaders: UInt32
  public let programHeaderCount: UInt32
  public static var programHeaderSize: UInt32 { ProgramHeader.size }
}

/// What to map for a program, and where it begins.
public struct ProgramPlan: Sendable {
  /// The address of the first instruction; it lies in an executable segment.
  public let entry: UInt32
  /// The segments, sorted by address.
  public let table: SegmentTable
  /// What a program can be told of its own file at its start.
  public let startFacts: StartFacts
  /// Whether the file says that it is for another system than this one.
  public let isForOtherSystem: Bool

  /// Where programs may lie: above the lowest 64 KiB, below the area of the first stack.
  public static var programWindow: VirtualRange {
    VirtualRange(start: 0x0001_0000, length: 0xafff_0000)!
  }

  /// The segments, sorted by address. Map the pages of all of them before the bytes of any is copied.
  public var segments: Span<LoadSegment> {
    @_lifetime(borrow self)
    borrowing get { table.segments }
  }

  /// The number of pages to map.
  public var pageCount: UInt32 { table.pageCount }

  /// Reads a program that lies in memory as a whole.
  ///
  /// - Throws: the first rule that the file breaks.
  public init(file: Span<UInt8>, window: VirtualRange = Self.programWindow) throws(ElfError) {
    var source = SpanSource(file)
    try self.init(source: &source, window: window)
  }

  /// Reads a program from `source`.
  ///
  /// - Parameters:
  ///   - source: the file.
  ///   - window: the addresses that segments may use, page-aligned.
  /// - Throws: the first rule that the file breaks; `unreadable` where the source fails.
  public init<Source: ByteSource & ~Copyable & ~Escapable>(
    source: inout Source, window: VirtualRange
  ) throws(ElfError) {
    let header = try ElfHeader(from: &source)
    let fileSize = source.byteCount
    try header.validate(type: .program, fileSize: fileSize)
    var table = SegmentTable()
    var isForOtherSystem = false
    for index in 0..<header.programHeaderCount {
      let segment = try ProgramHeader(index, of: header, from: &source)
      switch segment.kind {
      case .load:
        try table.insert(segment, index: index, fileSize: fileSize, window: window)
      case .interpreter:
        try Self.refuseInterpreter(segment, index: index, fileSize: fileSize, source: &source)
      case .note:
        if try SystemTag.isThere(in: segment, fileSize: fileSize, source: &source) { isForOtherSystem = true }
      case .dynamic, .threadLocal, .readOnlyAfterRelocation, .other:
        // Notes for tools and run-time libraries; nothing in them changes what is mapped.
        continue
      }
    }
    try table.settle()
    guard let first = table.segment(at: header.entry), first.permissions.contains(.executable) else {
      throw ElfError(
        .entryNotExecutable, .entry, value: header.entry, limit: Self.codeStart(table))
    }
    self.entry = header.entry
    self.isForOtherSystem = isForOtherSystem
    startFacts = StartFacts(
      entry: header.entry, programHeaders: table.address(ofFileOffset: header.programHeaderOffset) ?? 0,
      programHeaderCount: UInt32(header.programHeaderCount))
    self.table = table
  }

  /// Where the first executable segment begins, or 0 without one.
  private static func codeStart(_ table: SegmentTable) -> UInt32 {
    for index in 0..<table.count where table[index].purpose == .code { return table[index].start }
    return 0
  }

  /// A program that names a dynamic linker is refused in any case; this finds the words for it.
  private static func refuseInterpreter<Source: ByteSource & ~Copyable & ~Escapable>(
    _ header: ProgramHeader, index: UInt16, fileSize: UInt32, source: inout Source
  ) throws(ElfError) {
    guard header.fileSize > 0, header.fileSize <= 4096 else {
      throw ElfError(.interpreterSize, .segmentFileSize, value: header.fileSize, limit: 4096, index: index)
    }
    try header.validateFileRange(index: index, fileSize: fileSize)
    var last = InlineArray<1, UInt8>(repeating: 0)
    let position = header.offset &+ (header.fileSize &- 1)
    try readWhole(&last, from: &source, at: position)
    guard last[0] == 0 else {
      throw ElfError(
        .interpreterUnterminated, .fileOffset, value: UInt64(position), limit: UInt64(last[0]), index: index)
    }
    throw ElfError(
      .interpreterUnsupported, .segmentFileSize, value: UInt64(header.fileSize), limit: 0, index: index)
  }
}
