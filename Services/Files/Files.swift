// The service of a file system in memory: folders, files, and files that clients hold open.
//
// Invariants: an open file belongs to the process that opened it; its number and its position survive a move. A file
// that is open is not removed. What a process left open when it ended is closed before the next file is opened or
// removed, so it takes no place from anybody. No process has more than half of the places, of the names and of the blocks;
// files and folders outlive the process that made them.

import ServiceSupport

struct FileService: Service {
  static var name: StaticString { "files" }

  private struct OpenFile {
    var owner: UInt32
    var node: Int
    var position: Int
  }

  private static var openLimit: Int { 64 }
  private static var openShare: Int { openLimit / 2 }

  private var tree = FileTree()
  /// By number, from 1; nil: free.
  private var open: [OpenFile?] = []

  mutating func handle(_ request: inout Request) {
    do throws(FileFailure) {
      switch FileOperation(rawValue: request.operation) {
      case .open: try openFile(&request)
      case .read: try read(&request)
      case .write: try write(&request)
      case .seek:
        let index = try index(request)
        guard let position = Int32(exactly: request.words[1]) else { throw .badPosition }
        open[index]?.position = Int(position)
        request.reply[2] = request.words[1]
      case .close: open[try index(request)] = nil
      case .makeFolder: _ = try tree.create(request.copiedData, isFolder: true, by: request.sender)
      case .remove:
        closeWhatIsLeft(request)
        try remove(request.copiedData)
      case .list: try list(&request)
      case nil: request.reply[0] = unknownOperation
      }
    } catch {
      request.reply[0] = error.rawValue
    }
  }

  private mutating func closeWhatIsLeft(_ request: Request) {
    for index in open.indices {
      if let file = open[index], !request.isAlive(file.owner) { open[index] = nil }
    }
  }

  private mutating func openFile(_ request: inout Request) throws(FileFailure) {
    closeWhatIsLeft(request)
    var slot = 0
    while slot < open.count, open[slot] != nil { slot += 1 }
    guard slot < Self.openLimit else { throw .tooMany }
    guard open.count(where: { $0?.owner == request.sender }) < Self.openShare else { throw .overShare }
    let path = request.copiedData
    var node: Int
    do throws(FileFailure) { node = try tree.find(path) } catch {
      guard error == .notFound, request.words[0] & 1 != 0 else { throw error }
      node = try tree.create(path, isFolder: false, by: request.sender)
    }
    guard !tree.nodes[node].isFolder else { throw .isAFolder }
    if request.words[0] & 2 != 0 { tree.truncate(node) }
    let file = OpenFile(owner: request.sender, node: node, position: 0)
    if slot == open.count { open.append(file) } else { open[slot] = file }
    request.reply[1] = UInt32(slot + 1)
    request.reply[2] = UInt32(tree.nodes[node].size)
  }

  /// The place in `open` that word 0 names, which must be the sender's.
  private func index(_ request: Request) throws(FileFailure) -> Int {
    let number = request.words[0]
    guard number > 0, number <= UInt32(open.count), let file = open[Int(number) - 1],
      file.owner == request.sender
    else { throw .notOpen }
    return Int(number) - 1
  }

  private mutating func read(_ request: inout Request) throws(FileFailure) {
    let index = try index(request)
    guard let file = open[index] else { throw .notOpen }
    let count = min(Int(request.words[1] & 0x7fff_ffff), request.capacity)
    let bytes = tree.read(file.node, at: file.position, count)
    request.write(bytes)
    open[index]?.position = file.position + bytes.count
    request.reply[1] = UInt32(bytes.count)
    request.reply[2] = UInt32(file.position + bytes.count)
  }

  private mutating func write(_ request: inout Request) throws(FileFailure) {
    let index = try index(request)
    guard let file = open[index] else { throw .notOpen }
    let bytes = request.copiedData
    try tree.write(file.node, at: file.position, bytes, by: request.sender)
    open[index]?.position = file.position + bytes.count
    request.reply[1] = UInt32(bytes.count)
    request.reply[2] = UInt32(file.position + bytes.count)
  }

  private mutating func remove(_ path: [UInt8]) throws(FileFailure) {
    let node = try tree.find(path)
    for file in open where file?.node == node { throw .isOpen }
    try tree.remove(node)
  }

  private func list(_ request: inout Request) throws(FileFailure) {
    let folder = try tree.find(request.copiedData)
    guard tree.nodes[folder].isFolder else { throw .notAFolder }
    guard let node = tree.entry(Int(request.words[0] & 0xffff), of: folder) else { throw .notFound }
    request.reply[1] = tree.nodes[node].isFolder ? 1 : 0
    request.reply[2] = UInt32(tree.nodes[node].size)
    request.write(tree.nodes[node].name)
  }

  // MARK: Moving

  func save(to state: inout StateWriter) {
    state.write(UInt32(tree.nodes.count))
    for index in tree.nodes.indices where index != 0 {
      let node = tree.nodes[index]
      state.write(node.name)
      state.write(UInt32(node.parent))
      state.write((node.isFolder ? 1 : 0) | (node.isUsed ? 2 : 0))
      state.write(node.owner)
      state.write(tree.read(index, at: 0, node.size))
      for block in node.blocks { state.write(tree.owner(of: block)) }
    }
    state.write(UInt32(open.count))
    for file in open {
      state.write(file?.owner ?? 0)
      state.write(UInt32(file?.node ?? 0))
      state.write(UInt32(file?.position ?? 0))
    }
  }

  mutating func restore(from state: inout StateReader) -> Bool {
    var restored = FileService()
    guard let count = state.number(), count > 0 else { return false }
    for _ in 1..<count {
      guard let name = state.text(), let parent = state.number(), let flags = state.number(),
        let owner = state.number(), let contents = state.text()
      else { return false }
      var node = FileTree.Node(name: name, parent: Int(parent & 0xffff), isFolder: flags & 1 != 0)
      node.isUsed = flags & 2 != 0
      node.owner = owner
      guard restored.tree.restore(node, contents, &state) else { return false }
    }
    guard let openCount = state.number(), openCount <= UInt32(Self.openLimit) else { return false }
    for _ in 0..<openCount {
      guard let owner = state.number(), let node = state.number(), let position = state.number(),
        node < count, position <= 0x7fff_ffff
      else { return false }
      // The root is never open as a file: a free number is written as one.
      restored.open.append(node == 0 ? nil : OpenFile(owner: owner, node: Int(node), position: Int(position)))
    }
    guard state.isAtEnd else { return false }
    self = restored
    return true
  }
}

typealias PlacedService = FileService
