// Loading a program's segments: the order of the steps, and which bytes have to be copied. An address space does the steps.
//
// Invariants:
// - Each page is added once, by the segment that brings it, before bytes of another segment are copied to it.
// - Every byte that a segment has in the file is in memory at the end: it was on a page that came with all its bytes, or it
//   was copied.

import Primitives

/// An address space that a program is loaded into.
public protocol ProgramSpace {
  associatedtype Failure: Error

  /// Adds the pages of a segment that brings any, for reading as zeroes where nothing is copied to them.
  ///
  /// - Parameter isInPlace: whether the pages can be those in which the file lies (`SegmentTable.canLieInPlace`).
  /// - Returns: whether they came with all the bytes that the file has for them, of this segment and of others.
  func add(_ segment: LoadSegment, isInPlace: Bool) throws(Failure) -> Bool

  /// Copies bytes of the file to pages that were added.
  func copy(fileOffset: UInt32, count: UInt32, to address: UInt32) throws(Failure)
}

extension SegmentTable {
  /// Loads all segments. Where it throws, what was added stays, for the caller to take apart.
  ///
  /// - Parameter fileAddress: where the file lies in memory that is never given back, with its first byte on a page's; nil
  ///   where it does not.
  public func load<Space: ProgramSpace>(
    into space: Space, fileAddress: UInt32? = nil
  ) throws(Space.Failure) {
    // A bit for each segment whose pages came with their bytes.
    var whole: UInt32 = 0
    for index in segments.indices where segments[index].pages.length > 0 {
      var isInPlace = false
      if let fileAddress { isInPlace = canLieInPlace(index, fileAddress: fileAddress) }
      if try space.add(segments[index], isInPlace: isInPlace) { whole |= 1 &<< UInt32(index) }
    }
    for index in segments.indices where segments[index].fileSize > 0 {
      try copyBytes(of: index, to: space, whole)
    }
  }

  /// Copies the bytes of a segment, but those on pages that came with them.
  private func copyBytes<Space: ProgramSpace>(
    of index: Int, to space: Space, _ whole: UInt32
  ) throws(Space.Failure) {
    let start = segments[index].start
    let end = UInt64(start) &+ UInt64(segments[index].fileSize)
    for owner in segments.indices where whole & 1 &<< UInt32(owner) == 0 {
      let pages = segments[owner].pages
      let from = max(start, pages.start)
      let to = min(end, pages.end)
      guard UInt64(from) < to else { continue }
      try space.copy(
        fileOffset: segments[index].fileOffset &+ (from &- start),
        count: UInt32(truncatingIfNeeded: to &- UInt64(from)),
        to: from)
    }
  }
}
