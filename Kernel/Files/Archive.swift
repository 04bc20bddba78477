// A boot archive: cpio in the newc format, read where the boot loader put it. Several archives may follow
// one another with zeros in between, as Linux allows for its initial file systems.
//
// Invariants: the whole archive is walked and checked before the value exists, so reading it afterwards
// never fails; nothing is copied. The owner of the memory keeps it mapped and unchanged as long as the
// value is used.

import Primitives

/// A checked archive in memory.
@safe
public struct Archive {
  private let start: UnsafeRawPointer
  /// The size in bytes.
  public let count: Int
  /// The number of entries, trailers not counted.
  public private(set) var entryCount = 0
  /// How many components the names of all entries have together.
  private(set) var componentCount = 0

  /// Checks the archive of `count` bytes at `start`, which must stay there, unchanged.
  @unsafe
  public init(at start: UnsafeRawPointer, count: Int) throws(ArchiveError) {
    unsafe self.start = start
    self.count = count
    var position = Position()
    while let entry = try read(&position) {
      entryCount &+= 1
      let name = name(of: entry)
      var place = 0
      while name.nextComponent(from: &place) != nil { componentCount &+= 1 }
    }
    if position.segment == nil { throw .noArchive }
  }

  /// All bytes of the archive.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let base = unsafe start.assumingMemoryBound(to: UInt8.self)
      let span = unsafe Span(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The name of `entry` as it is written in the archive, so `./a//b` for `a/b`.
  @_lifetime(borrow self)
  public func name(of entry: ArchiveEntry) -> Span<UInt8> { bytes.extracting(entry.name) }

  /// The contents of `entry`: a file's data, a symbolic link's target. For a hard link without data of
  /// its own it is the data that came with another link of the same file.
  @_lifetime(borrow self)
  public func contents(of entry: ArchiveEntry) -> Span<UInt8> {
    bytes.extracting(dataRange(of: entry))
  }

  private func dataRange(of entry: ArchiveEntry) -> Range<Int> {
    guard entry.data.isEmpty && entry.linkCount > 1 && entry.kind == .file else { return entry.data }
    var range = entry.data
    var position = Position(offset: entry.segment, segment: entry.segment, isInside: true)
    while let other = next(&position), other.segment == entry.segment {
      if other.identity == entry.identity && other.kind == .file && !other.data.isEmpty {
        range = other.data
      }
    }
    return range
  }

  /// A place between two entries.
  public struct Position: Sendable {
    var offset = 0
    /// Where the archive begins that is being read, of several; nil before the first.
    var segment: Int?
    /// False between a trailer and the next archive.
    var isInside = false

    /// Before the first entry.
    public init() {}

    init(offset: Int, segment: Int?, isInside: Bool) {
      self.offset = offset
      self.segment = segment
      self.isInside = isInside
    }
  }

  /// The entry at `position`, which moves past it; nil at the end.
  public func next(_ position: inout Position) -> ArchiveEntry? {
    // The archive was checked, so there is nothing to throw.
    do throws(ArchiveError) { return try read(&position) } catch { return nil }
  }

  /// The entry whose header begins at `offset`, where `next` found one; nil where there is none.
  func entry(at offset: Int, segment: Int) -> ArchiveEntry? {
    do throws(ArchiveError) {
      return try ArchiveEntry.read(from: bytes, at: offset, segment: segment).entry
    } catch { return nil }
  }

  private func read(_ position: inout Position) throws(ArchiveError) -> ArchiveEntry? {
    while true {
      if !position.isInside {
        while position.offset < count && bytes[position.offset] == 0 { position.offset &+= 1 }
        if position.offset >= count { return nil }
        position.segment = position.offset
        position.isInside = true
      }
      guard position.offset < count else { throw .noTrailer(offset: count) }
      let result = try ArchiveEntry.read(
        from: bytes, at: position.offset, segment: position.segment ?? 0)
      position.offset = min(result.next, count)
      if !result.entry.isTrailer { return result.entry }
      position.isInside = false
    }
  }
}
