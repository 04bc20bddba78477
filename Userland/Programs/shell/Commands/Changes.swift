// The commands that change files and folders.

import ABI
import Primitives
import SDK

extension Builtin {
  /// Calls `body` with each path. Returns 1 where it throws, which is said.
  /// - Parameter first: the number of the first one; nil: the command has no options.
  func forEachPath(
    _ words: borrowing CommandWords, from first: Int? = nil, _ body: ([UInt8]) throws(SystemError) -> Void
  ) -> Int32 {
    guard let first = first ?? options(words, known: "")?.next, words.count > first else { return reportUsage() }
    var status: Int32 = 0
    for index in first..<words.count {
      let path = words[index].copied
      do throws(SystemError) { try body(path) } catch { status = report(path, error.fileSentence) }
      if TypedInput.isInterrupted { return 130 }
    }
    return status
  }

  func mkdirCommand(_ words: borrowing CommandWords) -> Int32 {
    guard let (letters, first) = options(words, known: "p") else { return reportUsage() }
    return forEachPath(words, from: first) { path throws(SystemError) in
      guard !letters.isEmpty else { return try Files.makeDirectory(path) }
      var part: [UInt8] = []
      for (index, byte) in path.enumerated() {
        part.append(byte)
        let isEnd = index + 1 == path.count || path[index + 1] == 0x2f
        if isEnd, part != [0x2f], Files.kind(part) != .directory { try Files.makeDirectory(part) }
      }
    }
  }

  func rmCommand(_ words: borrowing CommandWords) -> Int32 {
    guard let (letters, first) = options(words, known: "rf") else { return reportUsage() }
    let (isDeep, isForced) = (letters.contains(0x72), letters.contains(0x66))
    return forEachPath(words, from: first) { path throws(SystemError) in
      do throws(SystemError) {
        if isDeep { try Self.removeTree(path) } else { try Files.remove(path) }
      } catch {
        guard isForced, error == .notFound else { throw error }
      }
    }
  }

  private static func removeTree(_ path: [UInt8]) throws(SystemError) {
    guard try Files.information(path, .noFollow).kind == NodeKind.directory.rawValue else {
      return try Files.remove(path)
    }
    for entry in try sortedNames(in: path) { try removeTree(path + [0x2f] + entry.name) }
    try Files.remove(path, isDirectory: true)
  }

  // MARK: Copying and moving

  /// What the last word names for each of those before: itself, or a name in the folder that it is.
  private func forEachSource(
    _ words: borrowing CommandWords, from first: Int,
    _ body: (_ source: [UInt8], _ target: [UInt8]) throws(SystemError) -> Void
  ) -> Int32 {
    guard words.count >= first + 2 else { return reportUsage() }
    let target = words[words.count - 1].copied
    let isFolder = Files.kind(target) == .directory
    guard isFolder || words.count == first + 2 else { return report(target, "this is no folder") }
    var status: Int32 = 0
    for index in first..<(words.count - 1) {
      let source = words[index].copied
      let name = [UInt8](source.split(separator: 0x2f).last ?? [])
      do throws(SystemError) {
        try body(source, isFolder && !name.isEmpty ? target + [0x2f] + name : target)
      } catch {
        // Either may be what is wrong.
        let isSame = error == .badArgument
        status = report(source + Bytes(" to ").copied + target, isSame ? "this leads into itself" : error.fileSentence)
      }
      if TypedInput.isInterrupted { return 130 }
    }
    return status
  }

  func cpCommand(_ words: borrowing CommandWords) -> Int32 {
    guard let (letters, first) = options(words, known: "r") else { return reportUsage() }
    return forEachSource(words, from: first) { source, target throws(SystemError) in
      try Self.copy(source, to: target, isDeep: !letters.isEmpty)
    }
  }

  private static func copy(_ source: [UInt8], to target: [UInt8], isDeep: Bool) throws(SystemError) {
    let information = try Files.information(source)
    guard information.kind == NodeKind.directory.rawValue else { return try copyFile(source, to: target) }
    guard isDeep else { throw .isADirectory }
    // The names are known before the copy is there, which may lie in the folder itself.
    let names = try sortedNames(in: source).map { $0.name }
    if Files.kind(target) != .directory { try Files.makeDirectory(target) }
    for name in names where !isSame(source + [0x2f] + name, target) {
      try copy(source + [0x2f] + name, to: target + [0x2f] + name, isDeep: true)
    }
  }

  /// Whether two paths lead to the same place, by their text.
  private static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    let folder = Files.workingDirectory
    return ShellPath.absolute(left, from: folder) == ShellPath.absolute(right, from: folder)
  }

  /// The target is made only once the source could be opened, and what was begun and not finished is taken away.
  private static func copyFile(_ source: [UInt8], to target: [UInt8]) throws(SystemError) {
    guard !isSame(source, target) else { throw .badArgument }
    let from = try File(source)
    let wasThere = Files.kind(target) != nil
    let to = try File(target, [.write, .create, .truncate])
    do throws(SystemError) {
      var piece = InlineArray<4096, UInt8>(repeating: 0)
      while !TypedInput.isInterrupted {
        let count = try Handle(from.handle).read(into: &piece)
        if count == 0 { return }
        try Handle(to.handle).write(piece, count)
      }
    } catch {
      if !wasThere { try? Files.remove(target) }
      throw error
    }
  }

  func mvCommand(_ words: borrowing CommandWords) -> Int32 {
    guard let (_, first) = options(words, known: "f") else { return reportUsage() }
    return forEachSource(words, from: first) { source, target throws(SystemError) in
      do throws(SystemError) { try Files.rename(source, to: target) } catch {
        // To another file system it is copied. A file takes the place of another one, as where it is renamed.
        guard error == .unsupported else { throw error }
        guard Files.kind(target) == nil || Files.kind(target) == .file && Files.kind(source) == .file else {
          throw .alreadyExists
        }
        try Self.copy(source, to: target, isDeep: true)
        do throws(SystemError) { try Self.removeTree(source) } catch {
          // What cannot be taken away there is not here either, but for a part of it that is gone.
          if Files.kind(source) == .file { try? Self.removeTree(target) }
          throw error
        }
      }
    }
  }

  // MARK: Making

  func lnCommand(_ words: borrowing CommandWords) -> Int32 {
    guard let (letters, first) = options(words, known: "s"), words.count == first + 2 else { return reportUsage() }
    let (target, path) = (words[first].copied, words[first + 1].copied)
    do throws(SystemError) {
      try Files.link(target, as: path, isSymbolic: !letters.isEmpty)
      return 0
    } catch { return report(path, error.fileSentence) }
  }

  func touchCommand(_ words: borrowing CommandWords) -> Int32 {
    forEachPath(words) { path throws(SystemError) in
      do throws(SystemError) { _ = try File(path, [.write, .create, .exclusive]) } catch {
        guard error == .alreadyExists else { throw error }
        try Files.change(path, modified: 0)
      }
    }
  }

  func teeCommand(_ words: borrowing CommandWords) -> Int32 {
    guard let (letters, first) = options(words, known: "a") else { return reportUsage() }
    var handles: [(path: [UInt8], handle: Handle)] = []
    defer { for entry in handles { entry.handle.close() } }
    var status: Int32 = 0
    for index in first..<max(words.count, first) {
      let path = words[index].copied
      do throws(SystemError) {
        handles.append((path, try Handle.open(path, [.write, .create, letters.isEmpty ? .truncate : .append])))
      } catch { status = report(path, error.fileSentence) }
    }
    do throws(SystemError) {
      var source = try TextSource()
      while let piece = try source.piece() {
        Console.write { $0.write(piece) }
        for entry in handles {
          do throws(SystemError) {
            try entry.handle.write(piece)
          } catch { status = report(entry.path, error.fileSentence) }
        }
      }
    } catch { status = reportFailure(error.fileSentence) }
    return TypedInput.isInterrupted ? 130 : status
  }

  // MARK: File systems

  private static func forEachMount(_ body: (_ path: [UInt8], MountInformation) -> Void) {
    var index: UInt32 = 0
    while let mount = Files.mount(at: index) {
      index += 1
      body((0..<Int(min(mount.pathLength, 64))).map { mount.path[$0] }, mount)
    }
  }

  func dfCommand(_ words: borrowing CommandWords) -> Int32 {
    guard let (letters, first) = options(words, known: "i"), words.count == first else { return reportUsage() }
    let hasNodes = !letters.isEmpty
    Console.write("     size     used     free")
    if hasNodes { Console.write("     files      free") }
    Console.write("  folder\n")
    var status: Int32 = 0
    Self.forEachMount { path, mount in
      // Nobody is started only to be asked how much there is.
      guard mount.isServed != 0 else {
        return Console.write {
          $0.write("        -        -        -")
          if hasNodes { $0.write("         -         -") }
          $0.write("  ")
          $0.write(path)
          $0.write("\n")
        }
      }
      do throws(SystemError) {
        let use = try Files.use(path)
        let unit = UInt64(use.blockSize) / 1024
        Console.write {
          for blocks in [use.blocks, use.blocks &- use.freeBlocks, use.freeBlocks] {
            $0.write(decimal: UInt64(blocks) * unit, width: 8)
            $0.write("K")
          }
          if hasNodes {
            $0.write(decimal: UInt64(use.nodes &- use.freeNodes), width: 10)
            $0.write(decimal: UInt64(use.freeNodes), width: 10)
          }
          $0.write("  ")
          $0.write(path)
          $0.write("\n")
        }
      } catch { status = report(path, error.fileSentence) }
    }
    return status
  }

  func mountCommand(_ words: borrowing CommandWords) -> Int32 {
    if words.count == 1 {
      Self.forEachMount { path, mount in
        Console.write {
          $0.write(path)
          $0.write("  ")
          $0.write(mount.service)
          if mount.flags.contains(.readOnly) { $0.write(", read-only") }
          if mount.isServed == 0 { $0.write(", starts when it is needed") }
          $0.write("\n")
        }
      }
      return 0
    }
    let isReadOnly = words[1] == "--read-only"
    let first = isReadOnly ? 2 : 1
    guard words.count == first + 2, !words[first].hasPrefix("-") else { return reportUsage() }
    let path = words[first + 1].copied
    do throws(SystemError) {
      try Files.mount(path, service: words[first].copied, isReadOnly ? .readOnly : [])
      return 0
    } catch { return report(path, error.fileSentence) }
  }

  func syncCommand(_ words: borrowing CommandWords) -> Int32 {
    if words.count > 1 { return forEachPath(words) { path throws(SystemError) in try Files.sync(path) } }
    var status: Int32 = 0
    Self.forEachMount { path, mount in
      guard mount.isServed != 0 else { return }
      do throws(SystemError) { try Files.sync(path) } catch { status = report(path, error.fileSentence) }
    }
    return status
  }
}
