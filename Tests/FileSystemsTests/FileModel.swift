// What a file system is, as simply as it can be said: dictionaries and arrays. It says which failures a request may end with.

import ABI
import ABI
import FileSystems

/// A node of the model.
final class ModelNode {
  let kind: NodeKind
  /// The contents of a file, the target of a symbolic link.
  var bytes: [UInt8] = []
  var entries: [[UInt8]: ModelNode] = [:]
  weak var parent: ModelNode?
  var links: UInt32
  var mode: UInt32
  var modified: UInt32
  var reference: NodeReference

  init(_ kind: NodeKind, mode: UInt32, time: UInt32, reference: NodeReference) {
    self.kind = kind
    self.mode = mode
    self.reference = reference
    modified = time
    links = kind == .directory ? 2 : 1
  }

  var key: UInt64 { UInt64(reference.number) << 32 | UInt64(reference.generation) }

  func isInside(_ other: ModelNode) -> Bool {
    var node: ModelNode? = self
    while let current = node {
      if current === other { return true }
      node = current.parent
    }
    return false
  }
}

/// A name in a directory.
struct ModelName: Hashable {
  let directory: UInt64
  let name: [UInt8]

  init(_ directory: ModelNode, _ name: [UInt8]) {
    self.directory = directory.key
    self.name = name
  }
}

final class FileModel {
  let root: ModelNode
  /// All directories and all other nodes that have a name.
  private(set) var directories: [ModelNode]
  private(set) var others: [ModelNode] = []
  /// The names and the contents that were changed since somebody emptied these.
  var changedNames: Set<ModelName> = []
  var changedContents: Set<UInt64> = []
  /// Nodes that are gone.
  private(set) var gone: [NodeReference] = []

  init(root: NodeReference) {
    self.root = ModelNode(.directory, mode: 0o755, time: 0, reference: root)
    directories = [self.root]
  }

  var nodes: [ModelNode] { directories + others }

  // MARK: What may go wrong

  func failures(adding name: [UInt8], to directory: ModelNode) -> [FileFailure] {
    directory.kind != .directory ? [.notADirectory] : directory.entries[name] != nil ? [.exists] : []
  }

  func failures(removing name: [UInt8], from directory: ModelNode) -> [FileFailure] {
    guard directory.kind == .directory else { return [.notADirectory] }
    guard let node = directory.entries[name] else { return [.notFound] }
    return node.entries.isEmpty ? [] : [.notEmpty]
  }

  func failures(
    renaming name: [UInt8], in directory: ModelNode, to newName: [UInt8], in newDirectory: ModelNode
  ) -> [FileFailure] {
    guard directory.kind == .directory, newDirectory.kind == .directory else { return [.notADirectory] }
    guard let node = directory.entries[name] else { return [.notFound] }
    var failures: [FileFailure] = []
    if node.kind == .directory, newDirectory.isInside(node) { failures.append(.badArgument) }
    guard let replaced = newDirectory.entries[newName], replaced !== node else { return failures }
    if node.kind == .directory {
      if replaced.kind != .directory { failures.append(.notADirectory) }
    } else if replaced.kind == .directory {
      failures.append(.isADirectory)
    }
    if !replaced.entries.isEmpty { failures.append(.notEmpty) }
    return failures
  }

  // MARK: Changes

  func add(_ node: ModelNode, _ name: [UInt8], to directory: ModelNode, time: UInt32) {
    changedNames.insert(ModelName(directory, name))
    directory.entries[name] = node
    directory.modified = time
    if node.kind == .directory {
      node.parent = directory
      directory.links += 1
      directories.append(node)
    } else {
      others.append(node)
    }
  }

  func link(_ node: ModelNode, _ name: [UInt8], to directory: ModelNode, time: UInt32) {
    changedNames.insert(ModelName(directory, name))
    directory.entries[name] = node
    directory.modified = time
    node.links += 1
  }

  func remove(_ name: [UInt8], from directory: ModelNode, time: UInt32) {
    guard let node = directory.entries.removeValue(forKey: name) else { return }
    changedNames.insert(ModelName(directory, name))
    directory.modified = time
    lose(node, from: directory)
  }

  private func lose(_ node: ModelNode, from directory: ModelNode) {
    if node.kind == .directory {
      directory.links -= 1
      directories.removeAll { $0 === node }
      gone.append(node.reference)
    } else {
      node.links -= 1
      guard node.links == 0 else { return }
      others.removeAll { $0 === node }
      gone.append(node.reference)
    }
  }

  func rename(
    _ name: [UInt8], in directory: ModelNode, to newName: [UInt8], in newDirectory: ModelNode, time: UInt32
  ) {
    guard let node = directory.entries[name] else { return }
    let replaced = newDirectory.entries[newName]
    if replaced === node { return }
    changedNames.formUnion([ModelName(directory, name), ModelName(newDirectory, newName)])
    directory.entries[name] = nil
    newDirectory.entries[newName] = node
    if let replaced { lose(replaced, from: newDirectory) }
    if node.kind == .directory, directory !== newDirectory {
      directory.links -= 1
      newDirectory.links += 1
      node.parent = newDirectory
    }
    (directory.modified, newDirectory.modified) = (time, time)
  }

  static func write(_ bytes: [UInt8], at position: Int, to contents: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    if contents.count < position + bytes.count {
      contents += [UInt8](repeating: 0, count: position + bytes.count - contents.count)
    }
    contents.replaceSubrange(position..<position + bytes.count, with: bytes)
  }

  // MARK: What is there

  /// What there is, to be compared with another time: kind, contents and target by path.
  func snapshot() -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    func add(_ node: ModelNode, _ path: String) {
      for (name, child) in node.entries {
        let childPath = path + "/" + String(decoding: name, as: UTF8.self)
        result[childPath] = [UInt8(child.kind.rawValue)] + child.bytes
        add(child, childPath)
      }
    }
    add(root, "")
    return result
  }
}

/// Reads a whole tree by the protocol alone, as `FileModel.snapshot` has it.
func snapshot<F: FileSystem>(of files: inout F) throws(FileFailure) -> [String: [UInt8]] {
  var result: [String: [UInt8]] = [:]
  var waiting: [(NodeReference, String)] = [(files.root, "")]
  while let (directory, path) = waiting.popLast() {
    var position: UInt32 = 0
    while let entry = try files.entry(at: position, in: directory) {
      position = entry.next
      // A directory that is inside of itself has no end.
      guard result.count < 5000 else { throw .limitReached }
      let childPath = path + "/" + String(decoding: entry.name, as: UTF8.self)
      var bytes = [UInt8(entry.kind.rawValue)]
      if entry.kind == .directory {
        waiting.append((entry.node, childPath))
      } else if entry.kind != .other {
        bytes += try files.contents(of: entry.node)
      }
      result[childPath] = bytes
    }
  }
  return result
}

extension FileSystem {
  mutating func contents(of node: NodeReference, at position: UInt32 = 0, count: Int = .max) throws(FileFailure)
    -> [UInt8]
  {
    var bytes: [UInt8] = []
    try read(node, at: position, count: count) { part in
      part.withUnsafeBytes { bytes += $0 }
      return true
    }
    return bytes
  }

  /// Looks a path up, its names between slashes.
  mutating func find(_ path: String) throws(FileFailure) -> NodeReference {
    var node = root
    for name in path.split(separator: "/") { node = try lookup(Array(name.utf8).span, in: node) }
    return node
  }
}

/// A time that requests of tests bring.
let testTime: UInt32 = 1_700_000_000

/// Requests with what they need in most tests.
extension FileSystem {
  @discardableResult
  mutating func make(
    _ name: String, _ kind: NodeKind = .file, in directory: NodeReference? = nil
  ) throws(FileFailure) -> NodeReference {
    let mode: UInt32 = kind == .directory ? 0o755 : 0o644
    return try create(Array(name.utf8).span, kind, in: directory ?? root, mode: mode, time: testTime, by: 0)
  }

  mutating func put(_ bytes: [UInt8], at position: UInt32 = 0, in node: NodeReference) throws(FileFailure) {
    try write(node, at: position, bytes.span, time: testTime, by: 0)
  }

  mutating func drop(_ name: String, in directory: NodeReference? = nil) throws(FileFailure) {
    try remove(Array(name.utf8).span, in: directory ?? root, time: testTime)
  }
}
