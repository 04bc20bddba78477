// A file system in memory as bytes, to go on in another place.
//
// Invariant: what is read is checked like anything from outside; what makes no sense is refused as a whole.

import ABI
import ServiceSupport

extension MemoryFileSystem {
  public func save(to state: inout StateWriter) {
    state.write(UInt32(nodes.count))
    for index in nodes.indices {
      state.write(generations[index])
      let node = nodes[index]
      guard node.links > 0 else {
        state.write(0)
        continue
      }
      state.write(node.kind.rawValue)
      for word in [node.mode, node.modified, node.owner, node.size, node.nextPosition, UInt32(node.parent)] {
        state.write(word)
      }
      state.write(UInt32(node.blocks.count))
      for block in node.blocks {
        state.write(block.owner)
        state.write(block.bytes)
      }
      state.write(UInt32(node.names.count))
      for name in node.names {
        state.write(name.bytes)
        state.write(UInt32(name.node))
        state.write(name.position)
      }
    }
  }

  /// The file system that `save` wrote; nil where the bytes make no sense.
  public init?(from state: inout StateReader) {
    self.init()
    guard let count = state.number(), count > 0, count <= UInt32(Self.nodeLimit) else { return nil }
    nodes = []
    generations = []
    var isThere: [Bool] = []
    for _ in 0..<count {
      guard let generation = state.number(), let kind = state.number() else { return nil }
      generations.append(generation)
      isThere.append(kind != 0)
      guard kind != 0 else {
        nodes.append(Node(kind: .file, mode: 0, modified: 0, owner: 0, links: 0))
        continue
      }
      guard let kind = NodeKind(rawValue: kind), let node = Self.node(kind, from: &state) else { return nil }
      nodes.append(node)
    }
    guard state.isAtEnd, generations[0] == 1, self.count(isThere) else { return nil }
  }

  private static func node(_ kind: NodeKind, from state: inout StateReader) -> Node? {
    guard let mode = state.number(), let modified = state.number(), let owner = state.number(),
      let size = state.number(), let nextPosition = state.number(), let parent = state.number(),
      let blocks = state.number(), blocks <= UInt32(blockLimit), size <= blocks * UInt32(blockSize) || kind == .file
    else { return nil }
    guard size <= UInt32(blockLimit * blockSize), parent < UInt32(nodeLimit), mode <= 0o7777 else { return nil }
    var node = Node(kind: kind, mode: mode, modified: modified, owner: owner, links: 0, size: size)
    node.nextPosition = nextPosition
    node.parent = Int(parent)
    for _ in 0..<blocks {
      guard let owner = state.number(), let bytes = state.text(), bytes.count <= blockSize else { return nil }
      node.blocks.append(bytes.isEmpty ? MemoryBlock() : MemoryBlock(bytes.span, owner: owner))
    }
    guard let names = state.number(), names == 0 || kind == .directory else { return nil }
    for _ in 0..<names {
      guard let bytes = state.text(), let target = state.number(), let position = state.number(),
        target < UInt32(nodeLimit), position < nextPosition, position > node.names.last?.position ?? 0
      else { return nil }
      do throws(FileFailure) { try FileName.check(bytes.span) } catch { return nil }
      node.names.append(Name(bytes: bytes, hash: Self.hash(bytes.span), node: Int(target), position: position))
    }
    return node
  }

  /// Counts what is there. False where a name leads nowhere, no name leads to a node, a directory has two names or is not where its
  /// name is, or somebody has more than its share.
  private mutating func count(_ isThere: [Bool]) -> Bool {
    guard nodes[0].kind == .directory else { return false }
    nodes[0].links = 1
    for directory in nodes.indices {
      for name in nodes[directory].names {
        guard name.node < nodes.count, name.node > 0, isThere[name.node] else { return false }
        let node = nodes[name.node]
        guard node.kind != .directory || (node.links == 0 && node.parent == directory) else { return false }
        nodes[name.node].links += 1
      }
    }
    for index in nodes.indices {
      guard isThere[index] else { continue }
      let node = nodes[index]
      guard node.links > 0, isUnderRoot(index) else { return false }
      if index > 0 { countNode() }
      do throws(FileFailure) {
        if index > 0 { try take(nodes: 1, blocks: 0, for: node.owner) }
        for block in node.blocks where block.hasMemory { try take(nodes: 0, blocks: 1, for: block.owner) }
      } catch { return false }
    }
    return true
  }

  /// Whether the way up from a directory ends at the root.
  private func isUnderRoot(_ index: Int) -> Bool {
    guard nodes[index].kind == .directory else { return true }
    var (place, steps) = (index, 0)
    while place != 0 {
      let node = nodes[place]
      guard node.links > 0, node.kind == .directory, node.parent < nodes.count, steps < nodes.count else {
        return false
      }
      place = node.parent
      steps += 1
    }
    return true
  }
}
