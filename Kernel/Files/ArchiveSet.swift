// Several archives seen as one tree of files: what comes later lies over what came before, within an
// archive and from one archive to the next.
//
// The rules, the same for one archive and for many:
// - of two entries with one name the later wins;
// - an entry below a path makes that path a folder, whether the folder has an entry or not, and wins over
//   an earlier file of that name;
// - a file (or link, device, pipe) wins over an earlier folder of that name and hides what was in it.
// Symbolic links are shown as such and never followed.
//
// Invariant: `visible` has the bit of exactly the entries that no later entry hides, and is worked out
// when an archive is added; so a path names at most one visible entry. No heap.

import Primitives

/// An entry together with the archive that it is in.
public struct ArchivedEntry {
  let archive: Archive
  public let entry: ArchiveEntry
  public var kind: EntryKind { entry.kind }

  /// The contents; see `Archive.contents(of:)`.
  public var contents: Span<UInt8> {
    @_lifetime(borrow self) get { archive.contents(of: entry) }
  }

  /// The name as it is written in the archive.
  public var name: Span<UInt8> {
    @_lifetime(borrow self) get { archive.name(of: entry) }
  }

  /// Writes the path in its one clean form: `/bin/a`, and `/` for the root.
  public func writePath(to output: inout some TextOutput) {
    let name = name
    var position = 0
    var isRoot = true
    while let component = name.nextComponent(from: &position) {
      output.write(byte: UInt8(ascii: "/"))
      output.write(name.extracting(component))
      isRoot = false
    }
    if isRoot { output.write(byte: UInt8(ascii: "/")) }
  }
}

/// What a path names.
public enum ArchiveItem {
  case entry(ArchivedEntry)
  /// A folder that has no entry of its own but something in it, or the root.
  case impliedFolder

  public var kind: EntryKind {
    switch self {
    case .entry(let entry): entry.kind
    case .impliedFolder: .folder
    }
  }
}

/// Something in a folder.
public struct FolderChild {
  public let item: ArchiveItem
  let archive: Archive
  /// Where its name, one component, is written in the archive.
  let nameRange: Range<Int>

  /// The name, one component.
  public var name: Span<UInt8> {
    @_lifetime(borrow self) get { archive.bytes.extracting(nameRange) }
  }
}

/// Up to eight archives, one over the other.
public struct ArchiveSet: ~Copyable {
  public static var archiveLimit: Int { 8 }
  /// How many entries all archives may have together.
  public static var entryLimit: Int { 2048 }

  private var archives = InlineArray<8, Archive?>(repeating: nil)
  public private(set) var archiveCount = 0
  /// The entries of all archives together, hidden ones included.
  public private(set) var entryCount = 0
  private var visible = InlineArray<64, UInt32>(repeating: 0)

  public init() {}

  /// Lays `archive` over those that are there.
  /// - Throws: `tooManyArchives` or `tooManyEntries`; nothing has changed then.
  public mutating func add(_ archive: Archive) throws(ArchiveError) {
    guard archiveCount < Self.archiveLimit else { throw .tooManyArchives(limit: Self.archiveLimit) }
    let total = entryCount &+ archive.entryCount
    guard total <= Self.entryLimit else { throw .tooManyEntries(count: total, limit: Self.entryLimit) }
    archives[archiveCount] = archive
    archiveCount &+= 1
    entryCount = total
    var walk = Walk()
    while let place = next(&walk) {
      let bit = UInt32(1) &<< UInt32(place.ordinal & 31)
      let word = place.ordinal &>> 5
      if isHidden(place, after: walk) { visible[word] &= ~bit } else { visible[word] |= bit }
    }
  }

  /// What `path` names, or nil.
  /// - Throws: `PathError` where the path is empty or has `..`.
  public func item(at path: Span<UInt8>) throws(PathError) -> ArchiveItem? {
    try path.validatePath()
    return find(path)
  }

  /// The visible entry at `index`, in the order of the archives; nil past the last.
  public func entry(at index: Int) -> ArchivedEntry? {
    var left = index
    var walk = Walk()
    while let place = nextVisible(&walk) {
      if left == 0 { return place.entry }
      left &-= 1
    }
    return nil
  }

  /// The thing at `index` in the folder `path`; nil past the last, and where `path` is no folder. Each
  /// name comes once, in the order in which the archives first mention it.
  /// - Throws: `PathError` where the path is empty or has `..`.
  public func child(at index: Int, in path: Span<UInt8>) throws(PathError) -> FolderChild? {
    try path.validatePath()
    var left = index
    var walk = Walk()
    while let place = nextVisible(&walk) {
      guard let component = child(of: path, mentionedBy: place),
        isFirstMention(ofPathUpTo: component.upperBound, by: place)
      else { continue }
      if left == 0 {
        return FolderChild(
          item: find(place.pathPrefix(upTo: component.upperBound)) ?? .impliedFolder,
          archive: place.entry.archive, nameRange: component)
      }
      left &-= 1
    }
    return nil
  }

  // MARK: The walk over all entries

  /// A place in the walk over the entries of all archives.
  private struct Walk {
    var archive = 0
    var ordinal = 0
    var position = Archive.Position()
  }

  private struct Place {
    /// The number of the entry among those of all archives.
    let ordinal: Int
    let entry: ArchivedEntry

    var name: Span<UInt8> {
      @_lifetime(borrow self) get { entry.name }
    }

    /// The name up to `end`, which counts from the archive's start.
    @_lifetime(borrow self)
    func pathPrefix(upTo end: Int) -> Span<UInt8> {
      entry.archive.bytes.extracting(entry.entry.name.lowerBound..<end)
    }
  }

  private func next(_ walk: inout Walk) -> Place? {
    while walk.archive < archiveCount, let archive = archives[walk.archive] {
      if let entry = archive.next(&walk.position) {
        defer { walk.ordinal &+= 1 }
        return Place(
          ordinal: walk.ordinal, entry: ArchivedEntry(archive: archive, entry: entry))
      }
      walk.archive &+= 1
      walk.position = Archive.Position()
    }
    return nil
  }

  private func nextVisible(_ walk: inout Walk) -> Place? {
    while let place = next(&walk) {
      if visible[place.ordinal &>> 5] &>> UInt32(place.ordinal & 31) & 1 != 0 { return place }
    }
    return nil
  }

  private func isHidden(_ place: Place, after walk: Walk) -> Bool {
    let path = place.name
    let isFolder = place.entry.kind == .folder
    var walk = walk
    while let later = next(&walk) {
      switch later.name.pathRelation(to: path) {
      case .same: return true
      case .above: if later.entry.kind != .folder { return true }
      case .below: if !isFolder { return true }
      case .apart: break
      }
    }
    return false
  }

  /// The item of a path that has been checked.
  private func find(_ path: Span<UInt8>) -> ArchiveItem? {
    var start = 0
    var isFolder = path.nextComponent(from: &start) == nil
    var walk = Walk()
    while let place = nextVisible(&walk) {
      switch path.pathRelation(to: place.name) {
      case .same: return .entry(place.entry)
      case .above: isFolder = true
      case .below, .apart: break
      }
    }
    return isFolder ? .impliedFolder : nil
  }

  // MARK: Children

  /// Where in its archive the entry at `place` names a child of the folder `path`, or something below it.
  private func child(of path: Span<UInt8>, mentionedBy place: Place) -> Range<Int>? {
    let name = place.name
    guard path.pathRelation(to: name) == .above else { return nil }
    var position = 0
    var pathPosition = 0
    while path.nextComponent(from: &pathPosition) != nil { _ = name.nextComponent(from: &position) }
    guard let component = name.nextComponent(from: &position) else { return nil }
    let start = place.entry.entry.name.lowerBound
    return start &+ component.lowerBound..<start &+ component.upperBound
  }

  /// True where no visible entry before `place` is, or lies below, the path that ends at `end` in its name.
  private func isFirstMention(ofPathUpTo end: Int, by place: Place) -> Bool {
    let path = place.pathPrefix(upTo: end)
    var walk = Walk()
    while let earlier = nextVisible(&walk), earlier.ordinal < place.ordinal {
      switch path.pathRelation(to: earlier.name) {
      case .same, .above: return false
      case .below, .apart: break
      }
    }
    return true
  }
}
