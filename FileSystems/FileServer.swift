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
    /// Where the last name is in the path, or in `text` where links were followed; empty for the root.
    var name = 0..<0
    var text: [UInt8] = []
    var node: NodeReference?
    var status: NodeStatus?

    init(_ root: NodeReference) {
      directory = root
      node = root
    }
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
      let place = try existing(locate(request.data, isFollowed: isFollowed))
      request.write(value: information(place.node, place.status))
    case .nodeInformation:
      let node = node(request)
      request.write(value: information(node, try system.status(of: node)))
    case .entry: try entry(&request)
    case .createDirectory: _ = try create(.directory, request, mode: request.words[0], time: request.words[1])
    case .remove: try remove(request)
    case .rename: try rename(request)
    case .link: try link(request)
    case .readLink: try readLink(&request)
    case .change:
      let node = try existing(locate(request.data, isFollowed: true)).node
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
  private mutating func locate(_ path: Span<UInt8>, isFollowed: Bool, links: Int = 0) throws(FileFailure) -> Place {
    var place = Place(system.root)
    var start = 0
    while start < path.count {
      var end = start
      while end < path.count, path[end] != 0x2f { end += 1 }
      if end > start {
        guard let directory = place.node else { throw .notFound }
        place.directory = directory
        place.name = start..<end
        place.node = try find(path.extracting(start..<end), in: directory)
        place.status = nil
        if let node = place.node { place.status = try system.status(of: node) }
        if place.status?.kind == .symbolicLink, isFollowed || end < path.count {
          guard links < Self.linkLimit else { throw .limitReached }
          let text = Self.path(
            path.extracting(first: start).copied, try target(of: place.node), path.extracting(end..<path.count).copied)
          var target = try locate(text.span, isFollowed: isFollowed, links: links + 1)
          if target.text.isEmpty { target.text = text }
          return target
        }
      }
      start = end + 1
    }
    if place.name.isEmpty { place.status = try system.status(of: system.root) }
    return place
  }

  private mutating func find(
    _ name: Span<UInt8>, in directory: NodeReference
  ) throws(FileFailure) -> NodeReference? {
    do throws(FileFailure) { return try system.lookup(name, in: directory) } catch {
      guard error == .notFound else { throw error }
      return nil
    }
  }

  /// Calls `body` with the last name of a place that `path` leads to.
  private mutating func name<Result>(
    of place: Place, in path: Span<UInt8>, _ body: (inout System, Span<UInt8>) throws(FileFailure) -> Result
  ) throws(FileFailure) -> Result {
    if place.text.isEmpty { return try body(&system, path.extracting(place.name)) }
    return try body(&system, place.text.span.extracting(place.name))
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
  ) throws(FileFailure) -> (place: Place, node: NodeReference, status: NodeStatus) {
    guard let node = place.node, let status = place.status else { throw .notFound }
    return (place, node, status)
  }

  private func new(_ place: Place) throws(FileFailure) -> Place {
    guard place.node == nil else { throw .exists }
    return place
  }

  /// Where the zero byte between two texts is.
  private static func zero(in data: Span<UInt8>) throws(FileFailure) -> Int {
    for index in data.indices where data[index] == 0 { return index }
    throw .badArgument
  }

  // MARK: Files

  private mutating func create(
    _ kind: NodeKind, _ request: borrowing Request, mode: UInt32, time: UInt32
  ) throws(FileFailure) -> NodeReference {
    let place = try new(locate(request.data, isFollowed: kind == .file))
    return try create(kind, at: place, request, mode: mode, time: time)
  }

  private mutating func create(
    _ kind: NodeKind, at place: Place, _ request: borrowing Request, mode: UInt32, time: UInt32
  ) throws(FileFailure) -> NodeReference {
    let sender = request.sender
    return try name(of: place, in: request.data) { system, name throws(FileFailure) in
      try system.create(name, kind, in: place.directory, mode: mode, time: time, by: sender)
    }
  }

  private mutating func open(_ request: inout Request) throws(FileFailure) {
    let flags = OpenFlags(rawValue: request.words[0])
    let place = try locate(request.data, isFollowed: !flags.contains(.exclusive))
    let node: NodeReference
    var status: NodeStatus
    if let found = place.node, let known = place.status {
      guard !flags.contains(.exclusive) else { throw .exists }
      (node, status) = (found, known)
    } else {
      guard flags.contains(.create), !flags.contains(.directory) else { throw .notFound }
      node = try create(.file, at: place, request, mode: request.words[1], time: request.words[2])
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
    let place = try existing(locate(request.data, isFollowed: false))
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
    let (place, _, status) = try existing(locate(request.data, isFollowed: false))
    guard !place.name.isEmpty else { throw .unsupported }
    let isDirectory = status.kind == .directory
    let wantsDirectory = PathFlags(rawValue: request.words[0]).contains(.directory)
    guard isDirectory == wantsDirectory else { throw isDirectory ? .isADirectory : .notADirectory }
    let time = request.words[1]
    try name(of: place, in: request.data) { system, name throws(FileFailure) in
      try system.remove(name, in: place.directory, time: time)
    }
  }

  private mutating func rename(_ request: borrowing Request) throws(FileFailure) {
    let zero = try Self.zero(in: request.data)
    let (source, _, _) = try existing(locate(request.data.extracting(first: zero), isFollowed: false))
    let target = try locate(request.data.extracting((zero + 1)..<request.data.count), isFollowed: false)
    guard !source.name.isEmpty, !target.name.isEmpty else { throw .unsupported }
    let time = request.words[0]
    // A name of two paths is a copy: seldom, and simple.
    let newName = try name(of: target, in: request.data.extracting((zero + 1)..<request.data.count)) { $1.copied }
    try name(of: source, in: request.data.extracting(first: zero)) { system, name throws(FileFailure) in
      try system.rename(name, in: source.directory, to: newName.span, in: target.directory, time: time)
    }
  }

  private mutating func link(_ request: borrowing Request) throws(FileFailure) {
    let zero = try Self.zero(in: request.data)
    let path = request.data.extracting((zero + 1)..<request.data.count)
    let place = try new(locate(path, isFollowed: false))
    let (time, sender) = (request.words[1], request.sender)
    let target = request.data.extracting(first: zero)
    if PathFlags(rawValue: request.words[0]).contains(.symbolic) {
      let text = target.copied
      try name(of: place, in: path) { system, name throws(FileFailure) in
        _ = try system.createLink(name, to: text.span, in: place.directory, time: time, by: sender)
      }
    } else {
      let node = try existing(locate(target, isFollowed: false)).node
      try name(of: place, in: path) { system, name throws(FileFailure) in
        try system.link(node, as: name, in: place.directory, time: time)
      }
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
