// Folders and files on the disk: names, sizes, and which blocks hold the bytes.
//
// Invariants: node 0 is the root and always there; a node's number stays the same while it exists; a folder that holds
// something is not removed. Paths are names between slashes, at most 31 bytes each. A node belongs to who made it, a block to
// who wrote it first.

import ServiceSupport

struct FileTree {
  struct Node {
    var name: [UInt8]
    var parent: Int
    var isFolder: Bool
    var size = 0
    var blocks: [UInt16] = []
    var isUsed = true
    var owner: UInt32 = 0
  }

  static var nodeLimit: Int { 128 }
  static var nodeShare: Int { nodeLimit / 2 }
  static var nameLimit: Int { 31 }

  private(set) var nodes: [Node] = [Node(name: [], parent: 0, isFolder: true)]
  private var disk = Disk()

  // MARK: Names

  func find(_ path: [UInt8]) throws(FileFailure) -> Int {
    var node = 0
    for name in try Self.names(of: path) {
      guard nodes[node].isFolder else { throw .notAFolder }
      guard let next = child(of: node, name) else { throw .notFound }
      node = next
    }
    return node
  }

  mutating func create(_ path: [UInt8], isFolder: Bool, by process: UInt32) throws(FileFailure) -> Int {
    var names = try Self.names(of: path)
    guard let last = names.popLast() else { throw .exists }
    var parent = 0
    for name in names {
      guard let next = child(of: parent, name) else { throw .notFound }
      parent = next
    }
    guard nodes[parent].isFolder else { throw .notAFolder }
    guard child(of: parent, last) == nil else { throw .exists }
    let owned = nodes.count { $0.isUsed && $0.owner == process }
    guard owned < Self.nodeShare else { throw .overShare }
    return try add(Node(name: last, parent: parent, isFolder: isFolder, owner: process))
  }

  private mutating func add(_ node: Node) throws(FileFailure) -> Int {
    for index in nodes.indices where !nodes[index].isUsed {
      nodes[index] = node
      return index
    }
    guard nodes.count < Self.nodeLimit else { throw .tooMany }
    nodes.append(node)
    return nodes.count - 1
  }

  mutating func remove(_ node: Int) throws(FileFailure) {
    guard node != 0 else { throw .notEmpty }
    for other in nodes.indices where other != 0 && nodes[other].isUsed && nodes[other].parent == node {
      throw .notEmpty
    }
    truncate(node)
    nodes[node] = Node(name: [], parent: 0, isFolder: false, isUsed: false)
  }

  /// The entry with this number in a folder, from 0.
  func entry(_ number: Int, of folder: Int) -> Int? {
    var left = number
    for node in nodes.indices where node != 0 && nodes[node].isUsed && nodes[node].parent == folder {
      if left == 0 { return node }
      left -= 1
    }
    return nil
  }

  private func child(of folder: Int, _ name: [UInt8]) -> Int? {
    for node in nodes.indices
    where node != 0 && nodes[node].isUsed && nodes[node].parent == folder && nodes[node].name == name {
      return node
    }
    return nil
  }

  private static func names(of path: [UInt8]) throws(FileFailure) -> [[UInt8]] {
    var names: [[UInt8]] = []
    var name: [UInt8] = []
    for byte in path + [0x2f] {
      if byte != 0x2f {
        name.append(byte)
      } else if !name.isEmpty {
        names.append(name)
        name = []
      }
      guard byte > 0x20, name.count <= nameLimit else { throw .badName }
    }
    return names
  }

  // MARK: Bytes

  func read(_ node: Int, at position: Int, _ count: Int) -> [UInt8] {
    var result: [UInt8] = []
    var place = min(position, nodes[node].size)
    let end = place + min(count, nodes[node].size - place)
    result.reserveCapacity(end - place)
    while place < end {
      let offset = place % Disk.blockSize
      let part = min(Disk.blockSize - offset, end - place)
      disk.read(nodes[node].blocks[place / Disk.blockSize], at: offset, part, into: &result)
      place += part
    }
    return result
  }

  /// Writes all of the bytes, or throws and writes none. What lies between the old end and `position` becomes zeros.
  mutating func write(
    _ node: Int, at position: Int, _ source: [UInt8], by process: UInt32
  ) throws(FileFailure) {
    guard position <= Disk.blockLimit * Disk.blockSize else { throw .full }
    let end = position + source.count
    let wanted = (end + Disk.blockSize - 1) / Disk.blockSize
    let more = wanted - nodes[node].blocks.count
    guard more <= disk.freeBlocks else { throw .full }
    guard more <= 0 || disk.blocks(of: process) + more <= Disk.blockShare else { throw .overShare }
    fill(node, wanted, position, source, process)
  }

  private mutating func fill(_ node: Int, _ wanted: Int, _ position: Int, _ source: [UInt8], _ process: UInt32) {
    while nodes[node].blocks.count < wanted {
      guard let block = disk.allocate(for: process) else { return }
      nodes[node].blocks.append(block)
    }
    var done = 0
    while done < source.count {
      let place = position + done
      let offset = place % Disk.blockSize
      let part = min(Disk.blockSize - offset, source.count - done)
      disk.write(nodes[node].blocks[place / Disk.blockSize], at: offset, source, from: done, part)
      done += part
    }
    nodes[node].size = max(nodes[node].size, position + source.count)
  }

  mutating func truncate(_ node: Int) {
    for block in nodes[node].blocks { disk.release(block) }
    nodes[node].blocks = []
    nodes[node].size = 0
  }

  func owner(of block: UInt16) -> UInt32 { disk.owner(of: block) }

  /// Puts a node back at the place where it was. Used to restore a tree into an empty one, in order. The state goes on with the
  /// owners of its blocks.
  mutating func restore(_ node: Node, _ contents: [UInt8], _ state: inout StateReader) -> Bool {
    guard nodes.count < Self.nodeLimit, node.parent < Self.nodeLimit, node.name.count <= Self.nameLimit else {
      return false
    }
    nodes.append(node)
    let blocks = (contents.count + Disk.blockSize - 1) / Disk.blockSize
    guard blocks <= disk.freeBlocks else { return false }
    fill(nodes.count - 1, blocks, 0, contents, 0)
    for block in nodes[nodes.count - 1].blocks {
      guard let owner = state.number() else { return false }
      disk.setOwner(of: block, owner)
    }
    return true
  }
}
