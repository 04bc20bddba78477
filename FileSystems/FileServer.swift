// Answers what the kernel asks of who has a file system (ABI/Interface/FileStructures.swift), on any file system.
//
// It keeps nothing for who has a file open, so whoever serves may move, or end and come back.
//
// A symbolic link is put in the place of its name, and the path is walked anew from the root: what leads to the link has no
// link in it any more, so ".." can be taken out of the text. A link that begins with a slash begins at the root of this file system.

import ABI
import Primitives
import ServiceSupport

public struct FileServer<System: FileSystem> {
  public var system: System

  public init(_ system: System) { self.system = system }

  /// The most symbolic links on one way.
  private static var linkLimit: Int { 8 }

  /// Where a path leads.
  private struct Place {
    /// Of what the path names, which may be nothing yet.
    var directory: NodeReference
    /// Empty for the root.
    var name: [UInt8]
    var node: NodeReference?
    var status: NodeStatus?
  }

  /// Answers a request. Returns false where it is none for a file system.
  public mutating func handle(_ request: inout Request) -> Bool {
    guard let operation = FileRequest(rawValue: request.operation) else { return false }
    do throws(FileFailure) { try handle(operation, &request) } catch {
      request.reply[0] = UInt32(bitPattern: error.rawValue)
    }
    return true
  }

  private mutating func handle(_ operation: FileRequest, _ request: inout Request) throws(FileFailure) {
    switch operation {
    case .read: try read(&request)
    case .write: try write(&request)
    case .open: try open(&request)
    case .resize:
      try system.resize(node(request), to: request.words[2], time: request.words[3], by: request.sender)
    case .information:
      let isFollowed = !PathFlags(rawValue: request.words[0]).contains(.noFollow)
      let place = try existing(locate(request.copiedData, isFollowed: isFollowed))
      request.write(value: information(place.node, place.status))
    case .nodeInformation:
      let node = node(request)
      request.write(value: information(node, try system.status(of: node)))
    case .entry: try entry(&request)
    case .createDirectory:
      let place = try new(locate(request.copiedData, isFollowed: false))
      _ = try system.create(
        place.name.span, .directory, in: place.directory, mode: request.words[0], time: request.words[1],
        by: request.sender)
    case .remove: try remove(request)
    case .rename: try rename(request)
    case .link: try link(request)
    case .readLink: try readLink(&request)
    case .change:
      let node = try existing(locate(request.copiedData, isFollowed: true)).node
      let which = request.words[0]
      try system.change(
        node, mode: which & 1 != 0 ? request.words[1] : nil, modified: which & 2 != 0 ? request.words[2] : nil)
    case .sync: try system.sync()
    case .use: request.write(value: try system.use())
    }
  }

  private func node(_ request: borrowing Request) -> NodeReference {
    NodeReference(number: request.words[0], generation: request.words[1])
  }

  // MARK: Paths

  /// Finds what a path from the root leads to.
  ///
  /// - Parameter isFollowed: whether a symbolic link at the end is followed.
  private mutating func locate(_ path: [UInt8], isFollowed: Bool, links: Int = 0) throws(FileFailure) -> Place {
    var place = Place(directory: system.root, name: [], node: system.root)
    var start = 0
    while start < path.count {
      var end = start
      while end < path.count, path[end] != 0x2f { end += 1 }
      guard let directory = place.node else { throw .notFound }
      if end > start {
        let name = [UInt8](path[start..<end])
        place = Place(directory: directory, name: name, node: try find(name, in: directory))
        if let node = place.node { place.status = try system.status(of: node) }
        if place.status?.kind == .symbolicLink, isFollowed || end < path.count {
          guard links < Self.linkLimit else { throw .limitReached }
          let target = try target(of: place.node)
          let whole = Self.path([UInt8](path[..<start]), target, [UInt8](path[end...]))
          return try locate(whole, isFollowed: isFollowed, links: links + 1)
        }
      }
      start = end + 1
    }
    if place.name.isEmpty { place.status = try system.status(of: system.root) }
    return place
  }

  private mutating func find(_ name: [UInt8], in directory: NodeReference) throws(FileFailure) -> NodeReference? {
    do throws(FileFailure) { return try system.lookup(name.span, in: directory) } catch {
      guard error == .notFound else { throw error }
      return nil
    }
  }

  private mutating func target(of link: NodeReference?) throws(FileFailure) -> [UInt8] {
    guard let link else { throw .notFound }
    var target: [UInt8] = []
    try system.read(link, at: 0, count: FileName.limit) { piece in
      for index in piece.indices { target.append(piece[index]) }
      return true
    }
    return target
  }

  /// The text of a path in which a link has been followed, without "." and "..".
  private static func path(_ before: [UInt8], _ target: [UInt8], _ after: [UInt8]) -> [UInt8] {
    var names: [[UInt8]] = []
    for part in [target.first == 0x2f ? [] : before, target, after] {
      for name in part.split(separator: 0x2f) {
        if name.elementsEqual([0x2e, 0x2e]) {
          _ = names.popLast()
        } else if !name.elementsEqual([0x2e]) {
          names.append([UInt8](name))
        }
      }
    }
    var path: [UInt8] = []
    for name in names {
      if !path.isEmpty { path.append(0x2f) }
      path.append(contentsOf: name)
    }
    return path
  }

  private func existing(
    _ place: Place
  ) throws(FileFailure) -> (directory: NodeReference, name: [UInt8], node: NodeReference, status: NodeStatus) {
    guard let node = place.node, let status = place.status else { throw .notFound }
    return (place.directory, place.name, node, status)
  }

  private func new(_ place: Place) throws(FileFailure) -> Place {
    guard place.node == nil else { throw .exists }
    return place
  }

  /// Two texts with a zero byte between them.
  private static func split(_ data: [UInt8]) throws(FileFailure) -> (first: [UInt8], second: [UInt8]) {
    guard let zero = data.firstIndex(of: 0) else { throw .badArgument }
    return ([UInt8](data[..<zero]), [UInt8](data[(zero + 1)...]))
  }

  // MARK: Files

  private mutating func open(_ request: inout Request) throws(FileFailure) {
    let flags = OpenFlags(rawValue: request.words[0])
    let place = try locate(request.copiedData, isFollowed: !flags.contains(.exclusive))
    let node: NodeReference
    var status: NodeStatus
    if let found = place.node, let known = place.status {
      guard !flags.contains(.exclusive) else { throw .exists }
      (node, status) = (found, known)
    } else {
      guard flags.contains(.create), !flags.contains(.directory) else { throw .notFound }
      node = try system.create(
        place.name.span, .file, in: place.directory, mode: request.words[1], time: request.words[2],
        by: request.sender)
      status = NodeStatus(kind: .file)
    }
    switch status.kind {
    case .directory: guard flags.isDisjoint(with: [.write, .truncate, .append]) else { throw .isADirectory }
    case .file:
      guard !flags.contains(.directory) else { throw .notADirectory }
      if flags.contains(.truncate), flags.contains(.write), status.size > 0 {
        try system.resize(node, to: 0, time: request.words[2], by: request.sender)
        status.size = 0
      }
    case .symbolicLink, .other: throw .unsupported
    }
    request.reply[1] = node.number
    request.reply[2] = node.generation
    request.reply[3] = status.kind.rawValue
    request.reply[4] = status.size
  }

  private mutating func read(_ request: inout Request) throws(FileFailure) {
    try system.read(node(request), at: request.words[2], count: request.capacity) { request.write($0) }
    request.reply[1] = UInt32(request.replyCount)
  }

  private mutating func write(_ request: inout Request) throws(FileFailure) {
    let node = node(request)
    var position = request.words[2]
    if request.words[4] != 0 { position = try system.status(of: node).size }
    try system.write(node, at: position, request.data, time: request.words[3], by: request.sender)
    request.reply[1] = position &+ UInt32(request.data.count)
  }

  private mutating func readLink(_ request: inout Request) throws(FileFailure) {
    let place = try existing(locate(request.copiedData, isFollowed: false))
    guard place.status.kind == .symbolicLink else { throw .badArgument }
    try system.read(place.node, at: 0, count: request.capacity) { request.write($0) }
    request.reply[1] = UInt32(request.replyCount)
  }

  // MARK: Directories

  private mutating func entry(_ request: inout Request) throws(FileFailure) {
    guard let found = try system.entry(at: request.words[2], in: node(request)) else { throw .notFound }
    var entry = DirectoryEntry()
    entry.next = found.next
    entry.information = information(found.node, try system.status(of: found.node))
    entry.nameLength = UInt32(min(found.name.count, FileName.limit))
    for index in 0..<Int(entry.nameLength) { entry.name[index] = found.name[index] }
    request.write(value: entry)
  }

  private func information(_ node: NodeReference?, _ status: NodeStatus?) -> FileInformation {
    var information = FileInformation()
    guard let node, let status else { return information }
    information.kind = status.kind.rawValue
    information.size = status.size
    information.links = status.links
    information.mode = status.mode
    information.modified = status.modified
    information.blocks = status.blocks
    information.node = node.number
    return information
  }

  private mutating func remove(_ request: borrowing Request) throws(FileFailure) {
    let place = try existing(locate(request.copiedData, isFollowed: false))
    guard !place.name.isEmpty else { throw .unsupported }
    let isDirectory = place.status.kind == .directory
    let wantsDirectory = PathFlags(rawValue: request.words[0]).contains(.directory)
    guard isDirectory == wantsDirectory else { throw isDirectory ? .isADirectory : .notADirectory }
    try system.remove(place.name.span, in: place.directory, time: request.words[1])
  }

  private mutating func rename(_ request: borrowing Request) throws(FileFailure) {
    let (old, new) = try Self.split(request.copiedData)
    let source = try existing(locate(old, isFollowed: false))
    let target = try locate(new, isFollowed: false)
    guard !source.name.isEmpty, !target.name.isEmpty else { throw .unsupported }
    try system.rename(
      source.name.span, in: source.directory, to: target.name.span, in: target.directory, time: request.words[0])
  }

  private mutating func link(_ request: borrowing Request) throws(FileFailure) {
    let (target, path) = try Self.split(request.copiedData)
    let place = try new(locate(path, isFollowed: false))
    if PathFlags(rawValue: request.words[0]).contains(.symbolic) {
      _ = try system.createLink(
        place.name.span, to: target.span, in: place.directory, time: request.words[1], by: request.sender)
    } else {
      let node = try existing(locate(target, isFollowed: false)).node
      try system.link(node, as: place.name.span, in: place.directory, time: request.words[1])
    }
  }
}

extension Request {
  /// Adds the bytes of a structure of the ABI to the reply, where they fit.
  mutating func write<Value: BitwiseCopyable>(value: Value) {
    unsafe withUnsafeBytes(of: value) { bytes in
      guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
      _ = unsafe write(Span(_unsafeStart: start, count: bytes.count))
    }
  }
}
