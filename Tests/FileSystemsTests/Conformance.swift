// Random requests against a file system and the model at once. Generic: every file system must pass it.

import ABI
import ABI
import FileSystems
import TestSupport
import Testing

/// Makes random requests of a file system and of a model of it.
final class Conformance {
  let model: FileModel
  var generator: SeededGenerator
  var time: UInt32 = 1_700_000_000
  /// How long a file may get, in bytes.
  var sizeLimit = 400_000
  var nameCount = 30
  /// Of how many names one is long.
  var longNames = 5
  /// A name in the root that was there before.
  var ownName: [UInt8]?
  /// Is called after each `sync`.
  var synced: () -> Void = {}
  /// How many requests were refused because there was no space.
  var refusals = 0
  /// How many went well that change something.
  var successes = 0

  init<F: FileSystem>(_ files: inout F, seed: UInt64) throws {
    model = FileModel(root: files.root)
    generator = SeededGenerator(seed: seed)
    let status = try files.status(of: files.root)
    (model.root.links, model.root.mode, model.root.modified) = (status.links, status.mode, status.modified)
  }

  func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

  func name() -> [UInt8] {
    let number = number(0..<nameCount)
    // Some are long, so that blocks of directories fill up.
    let length = number % longNames == 0 ? 60 + number % 7 * 30 : number % 3
    return Array("n\(number)".utf8) + [UInt8](repeating: 0x78, count: min(length, 250))
  }

  func bytes(_ count: Int) -> [UInt8] {
    var state = UInt32(truncatingIfNeeded: generator.next()) | 1
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 24)
    }
  }

  func directory() -> ModelNode { model.directories[number(0..<model.directories.count)] }
  func anyNode() -> ModelNode {
    let all = model.nodes
    return all[number(0..<all.count)]
  }
  /// A directory, or now and then what is none.
  func place() -> ModelNode { number(0..<20) == 0 ? anyNode() : directory() }
  func nameIn(_ directory: ModelNode) -> [UInt8] {
    let names = directory.entries.keys.sorted { $0.lexicographicallyPrecedes($1) }
    return names.isEmpty || number(0..<10) == 0 ? name() : names[number(0..<names.count)]
  }

  /// Does what is expected: one of the failures, or none and then `change`.
  private func expect(
    _ failures: [FileFailure], _ what: String, _ request: () throws(FileFailure) -> Void, _ change: () -> Void
  ) {
    do throws(FileFailure) {
      try request()
      #expect(failures.isEmpty, "\(what) went well")
      successes += 1
      change()
    } catch .noSpace {
      refusals += 1
    } catch {
      #expect(failures.contains(error), "\(what): \(error)")
    }
  }

  func step<F: FileSystem>(_ files: inout F) throws {
    time += 1
    let time = time
    switch number(0..<100) {
    case 0..<16: create(.file, &files)
    case 16..<23: create(.directory, &files)
    case 23..<28: createLink(&files)
    case 28..<52: try write(&files)
    case 52..<60: resize(&files)
    case 60..<64:
      let (directory, node, name) = (place(), anyNode(), name())
      let failures =
        model.failures(adding: name, to: directory) + (node.kind == .directory ? [.isADirectory] : [])
      expect(failures, "link") { () throws(FileFailure) in
        try files.link(node.reference, as: name.span, in: directory.reference, time: time)
      } _: {
        model.link(node, name, to: directory, time: time)
      }
    case 64..<76:
      let directory = place()
      let name = nameIn(directory)
      expect(model.failures(removing: name, from: directory), "remove") { () throws(FileFailure) in
        try files.remove(name.span, in: directory.reference, time: time)
      } _: {
        model.remove(name, from: directory, time: time)
      }
    case 76..<90:
      let (directory, newDirectory) = (place(), place())
      let (name, newName) = (nameIn(directory), number(0..<3) == 0 ? nameIn(newDirectory) : self.name())
      let failures = model.failures(renaming: name, in: directory, to: newName, in: newDirectory)
      expect(failures, "rename") { () throws(FileFailure) in
        try files.rename(
          name.span, in: directory.reference, to: newName.span, in: newDirectory.reference, time: time)
      } _: {
        model.rename(name, in: directory, to: newName, in: newDirectory, time: time)
      }
    case 90..<94:
      let node = anyNode()
      let (mode, modified) = (UInt32(number(0..<0o1000)), number(0..<2) == 0 ? nil : time - 1000)
      expect([], "change") { () throws(FileFailure) in
        try files.change(node.reference, mode: mode, modified: modified)
      } _: {
        node.mode = mode
        if let modified { node.modified = modified }
      }
    case 94..<97: try checkSome(&files)
    case 97: try checkGone(&files)
    default:
      try files.sync()
      synced()
    }
  }

  private func create<F: FileSystem>(_ kind: NodeKind, _ files: inout F) {
    let (directory, name, mode) = (place(), name(), UInt32(number(0..<0o1000)))
    var reference = NodeReference(number: 0, generation: 0)
    let time = time
    expect(model.failures(adding: name, to: directory), "create") { () throws(FileFailure) in
      reference = try files.create(name.span, kind, in: directory.reference, mode: mode, time: time, by: 0)
    } _: {
      model.add(ModelNode(kind, mode: mode, time: time, reference: reference), name, to: directory, time: time)
    }
  }

  private func createLink<F: FileSystem>(_ files: inout F) {
    let (directory, name, count) = (
      place(), name(), number(1..<[10, 59, 60, 61, 62, 300][number(0..<6)])
    )
    let target = bytes(count).map { $0 % 26 + 97 }
    var reference = NodeReference(number: 0, generation: 0)
    let time = time
    expect(model.failures(adding: name, to: directory), "createLink") { () throws(FileFailure) in
      reference = try files.createLink(name.span, to: target.span, in: directory.reference, time: time, by: 0)
    } _: {
      let node = ModelNode(.symbolicLink, mode: 0o777, time: time, reference: reference)
      node.bytes = target
      model.add(node, name, to: directory, time: time)
    }
  }

  private func write<F: FileSystem>(_ files: inout F) throws {
    let node = anyNode()
    let (count, end) = (number(0..<[10, 1000, 3000, 20_000][number(0..<4)]), node.bytes.count)
    let position =
      switch number(0..<4) {
      case 0: end
      case 1: number(0..<end + 1)
      case 2: number(0..<end + 3000)
      default: number(0..<sizeLimit)
      }
    let (contents, time) = (bytes(count), time)
    expect(Self.refusal(of: node.kind), "write") { () throws(FileFailure) in
      try files.write(node.reference, at: UInt32(position), contents.span, time: time, by: 0)
    } _: {
      FileModel.write(contents, at: position, to: &node.bytes)
      model.changedContents.insert(node.key)
      if !contents.isEmpty { node.modified = time }
    }
  }

  private static func refusal(of kind: NodeKind) -> [FileFailure] {
    switch kind {
    case .file: []
    case .directory: [.isADirectory]
    case .symbolicLink, .other: [.badArgument, .unsupported]
    }
  }

  private func resize<F: FileSystem>(_ files: inout F) {
    let (node, time) = (anyNode(), time)
    let size = number(0..<(number(0..<2) == 0 ? node.bytes.count + 1 : sizeLimit))
    expect(Self.refusal(of: node.kind), "resize") { () throws(FileFailure) in
      try files.resize(node.reference, to: UInt32(size), time: time, by: 0)
    } _: {
      if size < node.bytes.count {
        node.bytes.removeLast(node.bytes.count - size)
      } else {
        node.bytes += [UInt8](repeating: 0, count: size - node.bytes.count)
      }
      node.modified = time
      model.changedContents.insert(node.key)
    }
  }

  // MARK: Comparing

  private func checkSome<F: FileSystem>(_ files: inout F) throws {
    let node = anyNode()
    guard node.kind != .directory else { return try checkNames(of: node, &files) }
    let position = number(0..<node.bytes.count + 100)
    let count = number(0..<10_000)
    let read = try files.contents(of: node.reference, at: UInt32(position), count: count)
    #expect(read == Array(node.bytes.dropFirst(position).prefix(count)))
  }

  private func checkGone<F: FileSystem>(_ files: inout F) throws {
    guard !model.gone.isEmpty else { return }
    let reference = model.gone[number(0..<model.gone.count)]
    #expect(throws: FileFailure.stale) { try files.status(of: reference) }
  }

  private func checkNames<F: FileSystem>(of directory: ModelNode, _ files: inout F) throws {
    var (position, names): (UInt32, Set<[UInt8]>) = (0, [])
    while let entry = try files.entry(at: position, in: directory.reference) {
      defer { position = entry.next }
      if directory === model.root, entry.name == ownName { continue }
      #expect(names.insert(entry.name).inserted, "\(entry.name) comes twice")
      let node = directory.entries[entry.name]
      #expect(node?.reference == entry.node && node?.kind == entry.kind)
      #expect(entry.next > position)
    }
    #expect(names == Set(directory.entries.keys))
  }

  /// Compares all there is.
  func checkAll<F: FileSystem>(_ files: inout F) throws {
    for node in model.nodes {
      let status = try files.status(of: node.reference)
      #expect(status.kind == node.kind && status.links == node.links && status.mode == node.mode)
      #expect(status.modified == node.modified)
      if node.kind == .directory {
        try checkNames(of: node, &files)
        for (name, child) in node.entries {
          let found = try files.lookup(name.span, in: node.reference)
          #expect(found == child.reference)
        }
        #expect(throws: FileFailure.notFound) {
          try files.lookup(Array("no such name".utf8).span, in: node.reference)
        }
      } else {
        #expect(Int(status.size) == node.bytes.count)
        let isSame = try files.contents(of: node.reference) == node.bytes
        #expect(isSame, "the contents of \(node.reference) differ")
      }
    }
  }
}

/// Puts a file system with nothing in it through random requests, and compares it with the model now and then.
///
/// - Parameter prepare: changes what is asked for.
@discardableResult
func conformance<F: FileSystem>(
  _ files: inout F, seed: UInt64, steps: Int, checks: Int = 4, _ prepare: (Conformance) -> Void = { _ in }
) throws -> Conformance {
  let run = try Conformance(&files, seed: seed)
  prepare(run)
  for step in 1...steps {
    try run.step(&files)
    if step % max(1, steps / checks) == 0 { try run.checkAll(&files) }
  }
  return run
}
