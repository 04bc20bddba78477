// What a file system is, wherever its bytes lie: nodes with numbers, and directories that name them.
//
// A file system keeps nothing for who has a file open: each request names its node, and a position. So it can be moved, and
// a file that is open stays open.
//
// Invariants for every implementation:
// - What throws has changed nothing, but for a device that failed in the middle.
// - A node number is used again only with another generation: who holds a number of a node that is gone is told `stale`.
// - Names are 1 to `FileName.limit` bytes without a slash and a zero byte, and neither "." nor "..".

import ABI
import Primitives

/// A node of a file system.
public struct NodeReference: Equatable, Sendable {
  public let number: UInt32
  /// What distinguishes it from nodes that had the same number before.
  public let generation: UInt32

  public init(number: UInt32, generation: UInt32) {
    self.number = number
    self.generation = generation
  }
}

public struct NodeStatus: Equatable, Sendable {
  public var kind: NodeKind
  /// Bytes.
  public var size: UInt32
  /// How many names it has.
  public var links: UInt32
  /// The permission bits, as POSIX has them.
  public var mode: UInt32
  /// Seconds since 1970.
  public var modified: UInt32
  /// The space that its bytes take, in units of 512 bytes.
  public var blocks: UInt32

  public init(
    kind: NodeKind, size: UInt32 = 0, links: UInt32 = 1, mode: UInt32 = 0o644, modified: UInt32 = 0, blocks: UInt32 = 0
  ) {
    self.kind = kind
    self.size = size
    self.links = links
    self.mode = mode
    self.modified = modified
    self.blocks = blocks
  }
}

/// One name in a directory.
public struct NamedNode: Equatable, Sendable {
  public var name: [UInt8]
  public var node: NodeReference
  public var kind: NodeKind
  /// Where to go on for the entry after this one.
  public var next: UInt32

  public init(name: [UInt8], node: NodeReference, kind: NodeKind, next: UInt32) {
    self.name = name
    self.node = node
    self.kind = kind
    self.next = next
  }
}

/// Why a file system refuses. The numbers are those of the errors of system calls (ABI/Definition/SystemErrorTable.swift).
public enum FileFailure: Int32, Error, Sendable {
  case badArgument = -3
  case notFound = -4
  case outOfMemory = -5
  case tooLarge = -14
  case exists = -15
  case unsupported = -19
  case limitReached = -20
  case notADirectory = -22
  case isADirectory = -23
  case notEmpty = -24
  /// There is no space left, or the caller has its share of it.
  case noSpace = -25
  case readOnly = -26
  /// The device failed to read or write.
  case deviceFailed = -27
  /// The node is gone.
  case stale = -28
  /// What is on the device contradicts itself.
  case damaged = -29
}

public enum FileName {
  /// The longest, in bytes.
  public static var limit: Int { 255 }

  /// Throws where it is none.
  public static func check(_ name: Span<UInt8>) throws(FileFailure) {
    guard !name.isEmpty else { throw .badArgument }
    guard name.count <= limit else { throw .tooLarge }
    for index in name.indices where name[index] == 0x2f || name[index] == 0 { throw .badArgument }
    if name[0] == 0x2e && (name.count == 1 || (name.count == 2 && name[1] == 0x2e)) { throw .badArgument }
  }
}

public protocol FileSystem {
  var root: NodeReference { get }

  /// The node of this name. "." and ".." are not asked for: paths are resolved before.
  mutating func lookup(_ name: Span<UInt8>, in directory: NodeReference) throws(FileFailure) -> NodeReference
  mutating func status(of node: NodeReference) throws(FileFailure) -> NodeStatus
  /// The entry at `position`, 0 or what an entry before gave as `next`; nil at the end. "." and ".." are left out. An entry that
  /// stays there while others come and go is given once.
  mutating func entry(at position: UInt32, in directory: NodeReference) throws(FileFailure) -> NamedNode?

  /// Calls `body` with up to `count` bytes from `position` on, in order and in as many parts as they lie in. Stops where it
  /// returns false. At or past the end there are none.
  mutating func read(
    _ node: NodeReference, at position: UInt32, count: Int, _ body: (Span<UInt8>) -> Bool
  ) throws(FileFailure)
  /// Writes all the bytes and makes the file longer where they go past its end; between its old end and `position` are zeros.
  mutating func write(
    _ node: NodeReference, at position: UInt32, _ bytes: Span<UInt8>, time: UInt32, by owner: UInt32
  ) throws(FileFailure)
  /// Makes a file shorter or longer; what is new are zeros.
  mutating func resize(_ node: NodeReference, to size: UInt32, time: UInt32, by owner: UInt32) throws(FileFailure)

  /// Makes a file or a directory.
  ///
  /// - Parameter owner: the process that asks, for limits on what one process may have; 0: nobody's.
  mutating func create(
    _ name: Span<UInt8>, _ kind: NodeKind, in directory: NodeReference, mode: UInt32, time: UInt32, by owner: UInt32
  ) throws(FileFailure) -> NodeReference
  mutating func createLink(
    _ name: Span<UInt8>, to target: Span<UInt8>, in directory: NodeReference, time: UInt32, by owner: UInt32
  ) throws(FileFailure) -> NodeReference
  /// Gives a file another name.
  mutating func link(
    _ node: NodeReference, as name: Span<UInt8>, in directory: NodeReference, time: UInt32
  ) throws(FileFailure)
  /// Takes a name away; with its last name a node is gone. A directory must be empty.
  mutating func remove(_ name: Span<UInt8>, in directory: NodeReference, time: UInt32) throws(FileFailure)
  /// Names a node anew. What had the new name is replaced at once: a file by a file, an empty directory by a directory. A
  /// directory does not go into itself.
  mutating func rename(
    _ name: Span<UInt8>, in directory: NodeReference, to newName: Span<UInt8>, in newDirectory: NodeReference,
    time: UInt32
  ) throws(FileFailure)
  /// Sets the permission bits or the time, where they are given.
  mutating func change(_ node: NodeReference, mode: UInt32?, modified: UInt32?) throws(FileFailure)

  mutating func use() throws(FileFailure) -> FileSystemUse
  /// Returns when all that was answered before is where it stays.
  mutating func sync() throws(FileFailure)
}

extension FileSystemUse {
  public init(blockSize: UInt32, blocks: UInt32, freeBlocks: UInt32, nodes: UInt32, freeNodes: UInt32) {
    self.init()
    self.blockSize = blockSize
    self.blocks = blocks
    self.freeBlocks = freeBlocks
    self.nodes = nodes
    self.freeNodes = freeNodes
  }
}
