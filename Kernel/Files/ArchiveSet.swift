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
// The archives are collected first and indexed once (ArchiveIndex.swift); until then no path names anything.
// Looking a path up takes a step for each of its components, however many entries there are. No heap.

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

/// Up to eight archives, one over the other.
public struct ArchiveSet: ~Copyable {
  public static var archiveLimit: Int { 8 }
  /// How many entries all archives may have together.
  public static var entryLimit: Int { 2048 }
  /// How many components the paths of all entries may have together.
  public static var componentLimit: Int { 8192 }

  private var archives = InlineArray<8, Archive?>(repeating: nil)
  public private(set) var archiveCount = 0
  /// The entries of all archives together, hidden ones included.
  public private(set) var entryCount = 0
  private var componentCount = 0
  private var index: ArchiveIndex?

  public init() {}

  /// Lays `archive` over those that are there, before the index is made.
  /// - Throws: `tooManyArchives`, `tooManyEntries` or `tooManyComponents`; nothing has changed then.
  public mutating func add(_ archive: Archive) throws(ArchiveError) {
    guard archiveCount < Self.archiveLimit else { throw .tooManyArchives(limit: Self.archiveLimit) }
    let total = entryCount &+ archive.entryCount
    guard total <= Self.entryLimit else { throw .tooManyEntries(count: total, limit: Self.entryLimit) }
    let components = componentCount &+ archive.componentCount
    guard components <= Self.componentLimit else {
      throw .tooManyComponents(count: components, limit: Self.componentLimit)
    }
    archives[archiveCount] = archive
    archiveCount &+= 1
    entryCount = total
    componentCount = components
  }

  /// The bytes that the index of the archives takes.
  public var indexSize: Int { ArchiveIndex.size(components: componentCount) }

  /// Indexes the archives. Unsafe: `storage`, aligned for a word, must have `indexSize` bytes that nothing else uses
  /// as long as the set lives.
  @unsafe
  public mutating func makeIndex(in storage: UnsafeMutableRawPointer) {
    var index = unsafe ArchiveIndex(storage: storage, components: componentCount)
    for number in 0..<archiveCount {
      guard let archive = archives[number] else { break }
      var position = Archive.Position()
      while let entry = archive.next(&position) { index.add(entry, number: number, in: archives) }
    }
    self.index = index
  }

  /// What `path` names, or nil.
  /// - Throws: `PathError` where the path is empty or has `..`.
  public func item(at path: Span<UInt8>) throws(PathError) -> ArchiveItem? {
    try path.validatePath()
    guard let index, let node = index.find(path, in: archives) else { return nil }
    guard let place = index.place(of: node) else { return .impliedFolder }
    return entry(at: place).map { .entry($0) }
  }

  /// The visible entry at `number`; nil past the last. A path keeps its number where a later entry replaces it.
  public func entry(at number: Int) -> ArchivedEntry? {
    guard let index, let place = index.place(ofVisibleEntry: number) else { return nil }
    return entry(at: place)
  }

  /// The first name in a folder after `position`, which is 0 or the position of another one.
  ///
  /// - Parameter body: called with its position, what it names and its bytes.
  /// - Returns: false where there is none.
  public func withName<Failure>(
    after position: Int, in path: Span<UInt8>, _ body: (Int, ArchiveItem, Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    guard let index, let folder = index.find(path, in: archives), position >= 0,
      let child = index.child(of: folder, after: position)
    else { return false }
    let component = index.component(of: child)
    guard let archive = archives[component.archive] else { return false }
    let item = index.place(of: child).flatMap { entry(at: $0) }.map { ArchiveItem.entry($0) } ?? .impliedFolder
    try body(child, item, archive.bytes.extracting(component.range))
    return true
  }

  private func entry(at place: ArchiveIndex.Place) -> ArchivedEntry? {
    guard let archive = archives[place.archive],
      let entry = archive.entry(at: place.offset, segment: place.segment)
    else { return nil }
    return ArchivedEntry(archive: archive, entry: entry)
  }
}
