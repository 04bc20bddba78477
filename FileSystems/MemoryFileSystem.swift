// A file system in memory.
//
// A file's bytes lie in blocks of 4 KiB, of which each has about as much memory as was written of it: what is behind, and a block
// that was never written, are zeros. Directories keep their names in the order in which they came, under numbers that only grow, so that
// who reads a directory goes on at a number.
//
// Invariants:
// - A node is there as long as a name leads to it; one with no links is free. Node 0 is the root, which no name leads to.
// - `shares` has the nodes and the blocks of each owner: all that are there belong to somebody, and nobody has more than half.
// - Nothing is changed before it is known that there is room for it.

import ABI
import Primitives

public struct MemoryFileSystem: FileSystem {
  public static var blockSize: Int { 4096 }
  /// The most blocks, and the most nodes.
  public static var blockLimit: Int { 2048 }
  public static var nodeLimit: Int { 1024 }

  /// A name in a directory.
  struct Name {
    let bytes: [UInt8]
    let hash: UInt32
    let node: Int
    let position: UInt32
  }

  struct Node {
    var kind: NodeKind
    var mode: UInt32
    var modified: UInt32
    var owner: UInt32
    var links: UInt32 = 1
    var size: UInt32 = 0
    /// Of a file; of a symbolic link one with the target.
    var blocks: [MemoryBlock] = []
    /// Of a directory.
    var names: [Name] = []
    var nextPosition: UInt32 = 1
    var parent = 0
  }

  struct Share {
    let owner: UInt32
    var nodes = 0
    var blocks = 0
  }

  var nodes: [Node]
  /// For each place in `nodes` how often it was given away.
  var generations: [UInt32] = [1]
  private var shares: [Share] = []
  private var usedBlocks = 0
  private var usedNodes = 1
  private let zeros = [UInt8](repeating: 0, count: 512)

  public init() {
    nodes = [Node(kind: .directory, mode: 0o777, modified: 0, owner: 0)]
  }

  public var root: NodeReference { NodeReference(number: 1, generation: 1) }

  private func reference(_ index: Int) -> NodeReference {
    NodeReference(number: UInt32(index + 1), generation: generations[index])
  }

  private func index(_ node: NodeReference) throws(FileFailure) -> Int {
    guard node.number > 0, node.number <= UInt32(nodes.count) else { throw .stale }
    let index = Int(node.number) - 1
    guard generations[index] == node.generation, nodes[index].links > 0 else { throw .stale }
    return index
  }

  private func index(_ node: NodeReference, _ kind: NodeKind) throws(FileFailure) -> Int {
    let index = try index(node)
    let found = nodes[index].kind
    guard found != kind else { return index }
    throw kind == .directory ? .notADirectory : found == .directory ? .isADirectory : .unsupported
  }

  // MARK: Names

  static func hash(_ name: Span<UInt8>) -> UInt32 {
    var hash: UInt32 = 0x811c_9dc5
    for index in name.indices { hash = (hash ^ UInt32(name[index])) &* 0x0100_0193 }
    return hash
  }

  /// The place of a name in the list of a directory; nil: it has none such.
  private func place(_ name: Span<UInt8>, in directory: Int) -> Int? {
    let hash = Self.hash(name)
    for place in nodes[directory].names.indices where nodes[directory].names[place].hash == hash {
      let bytes = nodes[directory].names[place].bytes
      if bytes.span.hasBytes(of: name) { return place }
    }
    return nil
  }

  private func node(_ name: Span<UInt8>, in directory: Int) -> Int? {
    guard let place = place(name, in: directory) else { return nil }
    return nodes[directory].names[place].node
  }

  public func lookup(_ name: Span<UInt8>, in directory: NodeReference) throws(FileFailure) -> NodeReference {
    guard let node = node(name, in: try index(directory, .directory)) else { throw .notFound }
    return reference(node)
  }

  public func entry(at position: UInt32, in directory: NodeReference) throws(FileFailure) -> NamedNode? {
    let directory = try index(directory, .directory)
    let names = nodes[directory].names
    // The numbers grow: the first that is not below is found by halving.
    var (low, high) = (0, names.count)
    while low < high {
      let middle = (low + high) / 2
      if names[middle].position < position { low = middle + 1 } else { high = middle }
    }
    guard low < names.count else { return nil }
    let node = nodes[names[low].node]
    return NamedNode(
      name: names[low].bytes, node: reference(names[low].node), kind: node.kind, next: names[low].position + 1)
  }

  private mutating func add(_ name: Span<UInt8>, _ node: Int, to directory: Int, time: UInt32) {
    let position = nodes[directory].nextPosition
    nodes[directory].nextPosition = position + 1
    nodes[directory].names.append(
      Name(bytes: name.copied, hash: Self.hash(name), node: node, position: position))
    nodes[directory].modified = time
  }

  /// Checks that a directory takes a new name.
  private func checkNew(_ name: Span<UInt8>, in directory: Int) throws(FileFailure) {
    try FileName.check(name)
    guard place(name, in: directory) == nil else { throw .exists }
    guard nodes[directory].nextPosition < 0x3fff_ffff else { throw .limitReached }
  }

  // MARK: Nodes

  public func status(of node: NodeReference) throws(FileFailure) -> NodeStatus {
    let node = nodes[try index(node)]
    // A directory has its own "." and the ".." of those inside it too, as elsewhere.
    let links =
      node.kind == .directory ? 2 + UInt32(node.names.count { nodes[$0.node].kind == .directory }) : node.links
    return NodeStatus(
      kind: node.kind, size: node.size, links: links, mode: node.mode, modified: node.modified,
      blocks: UInt32(node.blocks.count { $0.hasMemory } * Self.blockSize / 512))
  }

  public mutating func change(_ node: NodeReference, mode: UInt32?, modified: UInt32?) throws(FileFailure) {
    let index = try index(node)
    if let mode { nodes[index].mode = mode }
    if let modified { nodes[index].modified = modified }
  }

  public mutating func create(
    _ name: Span<UInt8>, _ kind: NodeKind, in directory: NodeReference, mode: UInt32, time: UInt32, by owner: UInt32
  ) throws(FileFailure) -> NodeReference {
    guard kind == .file || kind == .directory else { throw .unsupported }
    let parent = try index(directory, .directory)
    try checkNew(name, in: parent)
    let index = try make(Node(kind: kind, mode: mode, modified: time, owner: owner, parent: parent))
    add(name, index, to: parent, time: time)
    return reference(index)
  }

  public mutating func createLink(
    _ name: Span<UInt8>, to target: Span<UInt8>, in directory: NodeReference, time: UInt32, by owner: UInt32
  ) throws(FileFailure) -> NodeReference {
    guard !target.isEmpty, target.count < Self.blockSize else { throw target.isEmpty ? .badArgument : .tooLarge }
    let parent = try index(directory, .directory)
    try checkNew(name, in: parent)
    var node = Node(kind: .symbolicLink, mode: 0o777, modified: time, owner: owner, parent: parent)
    node.size = UInt32(target.count)
    node.blocks = [MemoryBlock(target, owner: owner)]
    let index = try make(node)
    add(name, index, to: parent, time: time)
    return reference(index)
  }

  private mutating func make(_ node: Node) throws(FileFailure) -> Int {
    guard usedNodes < Self.nodeLimit else { throw .noSpace }
    let blocks = node.blocks.count
    try take(nodes: 1, blocks: blocks, for: node.owner)
    usedNodes += 1
    for index in nodes.indices where nodes[index].links == 0 {
      nodes[index] = node
      return index
    }
    nodes.append(node)
    generations.append(1)
    return nodes.count - 1
  }

  public mutating func link(
    _ node: NodeReference, as name: Span<UInt8>, in directory: NodeReference, time: UInt32
  ) throws(FileFailure) {
    let index = try index(node)
    guard nodes[index].kind != .directory else { throw .isADirectory }
    let parent = try self.index(directory, .directory)
    try checkNew(name, in: parent)
    nodes[index].links += 1
    add(name, index, to: parent, time: time)
  }

  public mutating func remove(_ name: Span<UInt8>, in directory: NodeReference, time: UInt32) throws(FileFailure) {
    let parent = try index(directory, .directory)
    guard let place = place(name, in: parent), let index = node(name, in: parent) else { throw .notFound }
    guard nodes[index].names.isEmpty else { throw .notEmpty }
    nodes[parent].names.remove(at: place)
    nodes[parent].modified = time
    unlink(index)
  }

  /// One name less leads to a node.
  private mutating func unlink(_ index: Int) {
    nodes[index].links -= 1
    let node = nodes[index]
    guard node.links == 0 else { return }
    for block in node.blocks where block.hasMemory { giveBack(nodes: 0, blocks: 1, of: block.owner) }
    giveBack(nodes: 1, blocks: 0, of: node.owner)
    usedNodes -= 1
    nodes[index].blocks = []
    nodes[index].names = []
    generations[index] &+= 1
  }

  public mutating func rename(
    _ name: Span<UInt8>, in directory: NodeReference, to newName: Span<UInt8>, in newDirectory: NodeReference,
    time: UInt32
  ) throws(FileFailure) {
    let (from, to) = (try index(directory, .directory), try index(newDirectory, .directory))
    guard let node = node(name, in: from) else { throw .notFound }
    try FileName.check(newName)
    let isDirectory = nodes[node].kind == .directory
    var above = to
    while above != 0 {
      guard above != node else { throw .badArgument }
      above = nodes[above].parent
    }
    if let replaced = self.node(newName, in: to) {
      guard replaced != node else { return }
      let replacesDirectory = nodes[replaced].kind == .directory
      guard isDirectory == replacesDirectory else { throw isDirectory ? .notADirectory : .isADirectory }
      guard nodes[replaced].names.isEmpty else { throw .notEmpty }
      try remove(newName, in: newDirectory, time: time)
    } else {
      try checkNew(newName, in: to)
    }
    if let place = place(name, in: from) { nodes[from].names.remove(at: place) }
    nodes[from].modified = time
    add(newName, node, to: to, time: time)
    nodes[node].parent = to
  }

  // MARK: Bytes

  public func read(
    _ node: NodeReference, at position: UInt32, count: Int, _ body: (Span<UInt8>) -> Bool
  ) throws(FileFailure) {
    let index = try index(node)
    let file = nodes[index]
    guard file.kind != .directory else { throw .isADirectory }
    guard position < file.size else { return }
    var place = Int(position)
    let end = place + min(count, Int(file.size) - place)
    while place < end {
      let (number, offset) = (place / Self.blockSize, place % Self.blockSize)
      var part = min(Self.blockSize - offset, end - place)
      let written = number < file.blocks.count ? file.blocks[number].bytes.count : 0
      let goesOn: Bool
      if offset < written {
        part = min(part, written - offset)
        let bytes = file.blocks[number].bytes
        goesOn = body(bytes.span.extracting(offset..<(offset + part)))
      } else {
        part = min(part, zeros.count)
        goesOn = body(zeros.span.extracting(first: part))
      }
      guard goesOn else { return }
      place += part
    }
  }

  public mutating func write(
    _ node: NodeReference, at position: UInt32, _ bytes: Span<UInt8>, time: UInt32, by owner: UInt32
  ) throws(FileFailure) {
    let index = try index(node, .file)
    let (sum, isOver) = position.addingReportingOverflow(UInt32(clamping: bytes.count))
    guard !isOver, sum <= UInt32(Self.blockLimit * Self.blockSize) else { throw .tooLarge }
    guard !bytes.isEmpty else { return }
    let (first, last) = (Int(position) / Self.blockSize, (Int(sum) - 1) / Self.blockSize)
    var added = 0
    for number in first...last where !hasMemory(index, number) { added += 1 }
    try take(nodes: 0, blocks: added, for: owner)
    while nodes[index].blocks.count <= last { nodes[index].blocks.append(MemoryBlock()) }
    var done = 0
    for number in first...last {
      let offset = number == first ? Int(position) % Self.blockSize : 0
      let part = min(Self.blockSize - offset, bytes.count - done)
      nodes[index].blocks[number].write(bytes.extracting(done..<(done + part)), at: offset, by: owner)
      done += part
    }
    nodes[index].size = max(nodes[index].size, sum)
    nodes[index].modified = time
  }

  private func hasMemory(_ index: Int, _ number: Int) -> Bool {
    number < nodes[index].blocks.count && nodes[index].blocks[number].hasMemory
  }

  public mutating func resize(
    _ node: NodeReference, to size: UInt32, time: UInt32, by owner: UInt32
  ) throws(FileFailure) {
    let index = try index(node, .file)
    guard size <= UInt32(Self.blockLimit * Self.blockSize) else { throw .tooLarge }
    let wanted = (Int(size) + Self.blockSize - 1) / Self.blockSize
    while let block = nodes[index].blocks.last, nodes[index].blocks.count > wanted {
      if block.hasMemory { giveBack(nodes: 0, blocks: 1, of: block.owner) }
      nodes[index].blocks.removeLast()
    }
    let rest = Int(size) % Self.blockSize
    if rest > 0, nodes[index].blocks.count == wanted { nodes[index].blocks[wanted - 1].clear(from: rest) }
    nodes[index].size = size
    nodes[index].modified = time
  }

  public func sync() {}

  // MARK: Shares

  public func use() -> FileSystemUse {
    var use = FileSystemUse()
    use.blockSize = UInt32(Self.blockSize)
    use.blocks = UInt32(Self.blockLimit)
    use.freeBlocks = UInt32(Self.blockLimit - usedBlocks)
    use.nodes = UInt32(Self.nodeLimit)
    use.freeNodes = UInt32(Self.nodeLimit - usedNodes)
    return use
  }

  /// Counts what an owner gets; throws, and counts nothing, where there is not enough or it would have more than half.
  mutating func take(nodes: Int, blocks: Int, for owner: UInt32) throws(FileFailure) {
    guard blocks <= Self.blockLimit - usedBlocks else { throw .noSpace }
    let place = shares.firstIndex { $0.owner == owner }
    let share = place.map { shares[$0] } ?? Share(owner: owner)
    guard share.nodes + nodes <= Self.nodeLimit / 2, share.blocks + blocks <= Self.blockLimit / 2 else {
      throw .noSpace
    }
    usedBlocks += blocks
    if let place {
      shares[place].nodes += nodes
      shares[place].blocks += blocks
    } else if nodes + blocks > 0 {
      shares.append(Share(owner: owner, nodes: nodes, blocks: blocks))
    }
  }

  private mutating func giveBack(nodes: Int, blocks: Int, of owner: UInt32) {
    usedBlocks -= blocks
    guard let place = shares.firstIndex(where: { $0.owner == owner }) else { return }
    shares[place].nodes -= nodes
    shares[place].blocks -= blocks
    if shares[place].nodes + shares[place].blocks == 0 { shares.remove(at: place) }
  }

  /// Counts a node that was put back where it was.
  mutating func countNode() { usedNodes += 1 }
}
