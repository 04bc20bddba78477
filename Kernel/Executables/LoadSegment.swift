// The loadable segments of a file, checked against each other and against the addresses allowed.
//
// The rule for pages that two segments share: the page gets the permissions of both together, and that
// is accepted only if one of the two has them all already (so constants may share a page with code or
// with data, but code and data never share one). The page then belongs to the segment with more rights.
//
// Invariants of an accepted table: segments are sorted by address and do not overlap; the page ranges
// are disjoint, inside the window, and together cover every byte of every segment; no page is writable
// and executable; no segment's bytes run past the end of the file.

import Primitives

/// What code may do with a page. The processor cannot forbid reading what it may write or execute, so
/// `readable` is always there.
public struct SegmentPermissions: OptionSet, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// PF_X.
  public static var executable: Self { Self(rawValue: 1) }
  /// PF_W.
  public static var writable: Self { Self(rawValue: 2) }
  /// PF_R.
  public static var readable: Self { Self(rawValue: 4) }

  /// From `p_flags`; bits of other meaning are left out.
  package init(flags: UInt32) {
    self.init(rawValue: UInt8(truncatingIfNeeded: flags & 7) | 4)
  }
}

/// What a segment is for, as maps and reports name it.
public enum SegmentPurpose: UInt8, Sendable {
  case code, constants, data
}

/// One loadable segment: first all pages of all segments are mapped, zero-filled; then `fileSize` bytes
/// of the file, from `fileOffset`, are copied to `start` (ProgramLoading.swift).
public struct LoadSegment: Equatable, Sendable {
  /// The pages that this segment brings: page-aligned, disjoint from those of all others. It may be
  /// empty, where other segments bring all the pages that this one touches.
  public var pages: VirtualRange
  /// What may be done with `pages`; never both writable and executable.
  public var permissions: SegmentPermissions
  public var purpose: SegmentPurpose
  /// The address of its first byte.
  public var start: UInt32
  /// Its size in memory, in bytes; never 0. What is past `fileSize` is zero.
  public var memorySize: UInt32
  /// Where its bytes begin in the file.
  public var fileOffset: UInt32
  /// How many bytes the file has of it.
  public var fileSize: UInt32
  /// Its program header, counted from 0, for messages.
  public var headerIndex: UInt16

  /// The address behind its last byte.
  public var end: UInt64 { UInt64(start) &+ UInt64(memorySize) }

  /// True where the `count` bytes at `address` all lie inside this segment.
  public func contains(_ address: UInt32, count: UInt32 = 1) -> Bool {
    address >= start && UInt64(address) &+ UInt64(count) <= end
  }

  fileprivate init() {
    pages = .none
    permissions = []
    purpose = .constants
    start = 0
    memorySize = 0
    fileOffset = 0
    fileSize = 0
    headerIndex = 0
  }
}

/// Up to 16 segments, sorted by address.
public struct SegmentTable: Sendable {
  public static var capacity: Int { 16 }

  private var storage: InlineArray<16, LoadSegment>
  public private(set) var count: Int

  package init() {
    storage = InlineArray(repeating: LoadSegment())
    count = 0
  }

  /// The segments, sorted by address.
  public var segments: Span<LoadSegment> {
    @_lifetime(borrow self)
    borrowing get { storage.span.extracting(first: count) }
  }

  public subscript(_ index: Int) -> LoadSegment {
    precondition(index >= 0 && index < count)
    return storage[index]
  }

  /// The number of pages that all segments bring together.
  public var pageCount: UInt32 {
    var total: UInt32 = 0
    // The page ranges are disjoint, so the sum is at most the 2^20 pages of an address space.
    for index in 0..<count { total &+= storage[index].pages.length &>> 12 }
    return total
  }

  /// The segment that holds all of the `count` bytes at `address`.
  public func segment(at address: UInt32, count bytes: UInt32 = 1) -> LoadSegment? {
    for index in 0..<count where storage[index].contains(address, count: bytes) { return storage[index] }
    return nil
  }

  /// Where a byte of the file lies in memory; nil: no segment brings it.
  func address(ofFileOffset offset: UInt32) -> UInt32? {
    for index in 0..<count {
      let segment = storage[index]
      if offset >= segment.fileOffset && offset &- segment.fileOffset < segment.fileSize {
        return segment.start &+ (offset &- segment.fileOffset)
      }
    }
    return nil
  }

  /// Whether the pages of a segment can be those in which its file lies in memory, with its first byte at `fileAddress`, so
  /// that nothing has to be copied: nobody may write them, all of its bytes are in the file and at the same place of their
  /// page, and no other segment has a part in these pages.
  public func canLieInPlace(_ index: Int, fileAddress: UInt32) -> Bool {
    guard (fileAddress &+ storage[index].fileOffset) & (pageSize &- 1) == storage[index].start & (pageSize &- 1) else {
      return false
    }
    let segment = storage[index]
    let pages = VirtualRange.pages(from: segment.start, to: segment.end)
    guard !segment.permissions.contains(.writable), segment.fileSize == segment.memorySize, segment.pages == pages
    else { return false }
    for other in 0..<count where other != index {
      let others = VirtualRange.pages(from: storage[other].start, to: storage[other].end)
      guard others.end <= UInt64(pages.start) || pages.end <= UInt64(others.start) else { return false }
    }
    return true
  }

  /// Checks a PT_LOAD header by itself and puts it in its place; an empty segment is left out.
  ///
  /// - Parameters:
  ///   - index: the header's number, for the error.
  ///   - fileSize: the length of the file in bytes.
  ///   - window: the addresses allowed, page-aligned.
  package mutating func insert(
    _ header: ProgramHeader, index: UInt16, fileSize: UInt32, window: VirtualRange
  ) throws(ElfError) {
    guard header.fileSize <= header.memorySize else {
      throw ElfError(
        .fileLargerThanMemory, .segmentFileSize, value: header.fileSize, limit: header.memorySize,
        index: index)
    }
    try header.validateFileRange(index: index, fileSize: fileSize)
    // Segments have fixed places and their bytes are copied, so an alignment asks for nothing more.
    guard header.alignment & (header.alignment &- 1) == 0 else {
      throw ElfError(
        .alignmentNotPowerOfTwo, .alignment, value: header.alignment, limit: pageSize, index: index)
    }
    guard header.memorySize > 0 else { return }
    let permissions = SegmentPermissions(flags: header.flags)
    guard !permissions.isSuperset(of: [.writable, .executable]) else {
      throw ElfError(
        .writableAndExecutable, .flags, value: header.flags, limit: header.flags & ~1, index: index)
    }
    guard header.address >= window.start else {
      throw ElfError(
        .segmentBelowWindow, .segmentAddress, value: header.address, limit: window.start, index: index)
    }
    let end = UInt64(header.address) &+ UInt64(header.memorySize)
    guard end <= 0x1_0000_0000 else {
      throw ElfError(.segmentWraps, .memoryEnd, value: end, limit: 0x1_0000_0000, index: index)
    }
    guard end <= window.end else {
      throw ElfError(.segmentAboveWindow, .memoryEnd, value: end, limit: window.end, index: index)
    }
    guard count < Self.capacity else {
      throw ElfError(
        .tooManySegments, .loadableSegments, value: UInt32(count &+ 1), limit: UInt32(Self.capacity))
    }
    var segment = LoadSegment()
    segment.permissions = permissions
    segment.purpose =
      permissions.contains(.executable) ? .code : permissions.contains(.writable) ? .data : .constants
    segment.start = header.address
    segment.memorySize = header.memorySize
    segment.fileOffset = header.offset
    segment.fileSize = header.fileSize
    segment.headerIndex = index
    segment.pages = VirtualRange.pages(from: header.address, to: end)
    place(segment)
  }

  /// Puts `segment` behind all that begin at or before its start.
  private mutating func place(_ segment: LoadSegment) {
    var position = count
    while position > 0 && storage[position &- 1].start > segment.start {
      storage[position] = storage[position &- 1]
      position &-= 1
    }
    storage[position] = segment
    count &+= 1
  }

  /// Checks the segments against each other and gives each shared page to one of them.
  ///
  /// - Throws: `segmentsOverlap` or `pageSharedWithOtherPermissions`.
  package mutating func settle() throws(ElfError) {
    var owner = 0
    for index in 0..<count where index > 0 {
      let segment = storage[index]
      let previousEnd = storage[index &- 1].end
      guard UInt64(segment.start) >= previousEnd else {
        throw ElfError(
          .segmentsOverlap, .segmentAddress, value: UInt64(segment.start), limit: previousEnd,
          index: segment.headerIndex, neighbour: storage[index &- 1].headerIndex)
      }
      // Segments that gave their only page away bring none; the page's owner is further in front.
      let ownerPages = storage[owner].pages
      if ownerPages.end > UInt64(segment.pages.start) {
        let ownerPermissions = storage[owner].permissions
        let together = ownerPermissions.union(segment.permissions)
        if together == ownerPermissions {
          storage[index].pages = segment.pages.withoutFirstPage
        } else if together == segment.permissions {
          storage[owner].pages = ownerPages.withoutLastPage
        } else {
          throw ElfError(
            .pageSharedWithOtherPermissions, .segmentAddress, value: UInt64(segment.start),
            limit: previousEnd, index: segment.headerIndex, neighbour: storage[owner].headerIndex)
        }
      }
      if storage[index].pages.length > 0 { owner = index }
    }
  }
}

extension VirtualRange {
  fileprivate static var none: VirtualRange { pages(from: 0, to: 0) }

  /// The pages that hold the addresses `start ..< end`, where `end` is at most 2^32 and `start` is not
  /// above it. Only 0 to 2^32 as a whole cannot be said, and no window is that large.
  fileprivate static func pages(from start: UInt32, to end: UInt64) -> VirtualRange {
    let first = start & ~(pageSize &- 1)
    let last = (end &+ UInt64(pageSize &- 1)) & ~UInt64(pageSize &- 1)
    return VirtualRange(start: first, length: UInt32(truncatingIfNeeded: last &- UInt64(first)))!
  }

  fileprivate var withoutFirstPage: VirtualRange {
    VirtualRange.pages(from: start &+ pageSize, to: end)
  }

  fileprivate var withoutLastPage: VirtualRange {
    VirtualRange.pages(from: start, to: end &- UInt64(pageSize))
  }
}
