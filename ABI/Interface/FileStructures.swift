// The structures of system calls on files, directories and file systems, and what the kernel asks of those who serve one.

public struct OpenFlags: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// The handle may be written through; every handle may be read through.
  @inlinable public static var write: OpenFlags { .init(rawValue: 1) }
  /// Makes the file where it is missing.
  @inlinable public static var create: OpenFlags { .init(rawValue: 2) }
  /// With `create`: refuses what is there already.
  @inlinable public static var exclusive: OpenFlags { .init(rawValue: 4) }
  /// With `write`: empties the file.
  @inlinable public static var truncate: OpenFlags { .init(rawValue: 8) }
  /// Whatever is written goes behind the end.
  @inlinable public static var append: OpenFlags { .init(rawValue: 16) }
  /// Refuses what is no directory.
  @inlinable public static var directory: OpenFlags { .init(rawValue: 32) }
  @inlinable public static var all: OpenFlags { .init(rawValue: 63) }
}

public struct PathFlags: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// A symbolic link at the end of the path is meant itself.
  @inlinable public static var noFollow: PathFlags { .init(rawValue: 1) }
  @inlinable public static var directory: PathFlags { .init(rawValue: 2) }
  @inlinable public static var symbolic: PathFlags { .init(rawValue: 4) }
  @inlinable public static var all: PathFlags { .init(rawValue: 7) }
}

/// What a node of a file system is, as requests carry it.
public enum NodeKind: UInt32, CaseIterable, Sendable {
  case file = 1
  case directory = 2
  case symbolicLink = 3
  /// A device, or what another system has beside files: it is shown, and not opened as a file.
  case other = 4
}

public struct FileInformation: BitwiseCopyable, Equatable, Sendable {
  /// A `NodeKind`.
  public var kind: UInt32 = 0
  /// Bytes.
  public var size: UInt32 = 0
  /// How many names it has.
  public var links: UInt32 = 0
  /// The permission bits, as POSIX has them.
  public var mode: UInt32 = 0
  /// When it was written to last, in seconds since 1970; 0: not known.
  public var modified: UInt32 = 0
  /// The space that it takes, in units of 512 bytes.
  public var blocks: UInt32 = 0
  /// The number of its node, which no other one of the same file system has.
  public var node: UInt32 = 0
  @inlinable public init() {}
}

/// One name in a directory.
public struct DirectoryEntry: BitwiseCopyable, Sendable {
  /// The position of the entry after it.
  public var next: UInt32 = 0
  public var information = FileInformation()
  public var nameLength: UInt32 = 0
  public var name = InlineArray<256, UInt8>(repeating: 0)
  @inlinable public init() {}
}

/// What of a file is to be different.
public struct FileChange: BitwiseCopyable, Sendable {
  /// 1: the mode, 2: the time, 3: both.
  public var which: UInt32 = 0
  public var mode: UInt32 = 0
  /// 0: now.
  public var modified: UInt32 = 0
  @inlinable public init() {}
}

/// How full a file system is.
public struct FileSystemUse: BitwiseCopyable, Equatable, Sendable {
  /// Bytes.
  public var blockSize: UInt32 = 0
  public var blocks: UInt32 = 0
  public var freeBlocks: UInt32 = 0
  public var nodes: UInt32 = 0
  public var freeNodes: UInt32 = 0
  @inlinable public init() {}
}

public struct MountFlags: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Nothing in it may be changed.
  @inlinable public static var readOnly: MountFlags { .init(rawValue: 1) }
  @inlinable public static var all: MountFlags { .init(rawValue: 1) }
}

public struct MountInformation: BitwiseCopyable, Sendable {
  public var service = Name()
  public var flags = MountFlags(rawValue: 0)
  /// 1: somebody serves.
  public var isServed: UInt32 = 0
  public var pathLength: UInt32 = 0
  public var path = InlineArray<64, UInt8>(repeating: 0)
  @inlinable public init() {}
}

/// What the kernel asks of a service that has a file system.
///
/// The service keeps nothing for those who have a file open: each request names a node by its number and generation, as an
/// answer gave them, or a path from the root of the file system, without ".." and double slashes. Word 0 of each reply is 0
/// or the number of a `SystemError`. The time is in seconds since 1970.
public enum FileRequest: UInt32, CaseIterable, Sendable {
  /// Data: the path. Word 0: `OpenFlags`, 1: mode, 2: time. Reply: word 1 the node, 2 its generation, 3 its `NodeKind`, 4 its
  /// size.
  case open = 0x7ffe_0000
  /// Words: node, generation, position. Reply: the bytes, as many as the reply carries; word 1: how many.
  case read
  /// Words: node, generation, position, time, and 1 where they go behind the end. The data. Reply: word 1: where they end.
  case write
  /// Words: node, generation, size, time.
  case resize
  /// Data: the path. Word 0: `PathFlags`. Reply: the bytes of a `FileInformation`.
  case information
  /// Words: node, generation. Reply: the same.
  case nodeInformation
  /// Words: node, generation, position. Reply: the bytes of a `DirectoryEntry`.
  case entry
  /// Data: the path. Word 0: mode, 1: time.
  case createDirectory
  /// Data: the path. Word 0: `PathFlags`, 1: time.
  case remove
  /// Data: both paths, a zero byte between them. Word 0: time.
  case rename
  /// Data: the target, a zero byte, the path. Word 0: `PathFlags`, 1: time.
  case link
  /// Data: the path. Reply: the target; word 1: its length.
  case readLink
  /// Data: the path. Words: those of a `FileChange`.
  case change
  case sync
  /// Reply: the bytes of a `FileSystemUse`.
  case use
}
