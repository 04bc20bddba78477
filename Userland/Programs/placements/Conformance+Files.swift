// What the file system must do, by paths and open files: directories, bytes, positions, links, names, limits.

import ABI
import Primitives
import SDK

extension Conformance {
  static func checksFiles() -> Bool {
    do throws(SystemError) {
      guard try checksDirectories(), try checksBytes(), try checksPositions(), try checksNames(), try checksLinks()
      else {
        return false
      }
      return try checksTheFullDisk()
    } catch {
      return false
    }
  }

  private static func path(_ text: StaticString) -> [UInt8] { Bytes(text).copied }

  /// What a call is refused with; nil: it is not.
  private static func refusal(_ body: () throws(SystemError) -> Void) -> SystemError? {
    do throws(SystemError) {
      try body()
      return nil
    } catch { return error }
  }

  private static func open(_ text: StaticString, _ flags: OpenFlags = []) throws(SystemError) -> Handle {
    try Handle.open(path(text), flags)
  }

  private static func read(_ file: Handle) throws(SystemError) -> [UInt8] {
    try file.seek(to: 0)
    return try file.contents()
  }

  private static func checksDirectories() throws(SystemError) -> Bool {
    try Files.makeDirectory(path("/tmp/notes"))
    guard refusal({ () throws(SystemError) in try Files.makeDirectory(path("/tmp/notes")) }) == .alreadyExists,
      refusal({ () throws(SystemError) in try Files.makeDirectory(path("/tmp/missing/x")) }) == .notFound,
      refusal({ () throws(SystemError) in _ = try open("/tmp/notes", .write) }) == .isADirectory,
      refusal({ () throws(SystemError) in _ = try open("/tmp/notes/a", .write) }) == .notFound,
      refusal({ () throws(SystemError) in _ = try open("/tmp/notes/a/b", [.write, .create]) }) == .notFound
    else { return false }
    let file = try open("/tmp/notes/a", [.write, .create, .exclusive])
    defer { file.close() }
    guard
      refusal({ () throws(SystemError) in _ = try open("/tmp/notes/a", [.create, .exclusive]) }) == .alreadyExists,
      refusal({ () throws(SystemError) in _ = try open("/tmp/notes/a", .directory) }) == .notADirectory,
      refusal({ () throws(SystemError) in _ = try open("/tmp/notes/a/b", [.write, .create]) }) == .notADirectory,
      refusal({ () throws(SystemError) in try Files.remove(path("/tmp/notes"), isDirectory: true) }) == .notEmpty,
      refusal({ () throws(SystemError) in try Files.remove(path("/tmp/notes")) }) == .isADirectory,
      try names(in: "/tmp/notes") == [[0x61]]
    else { return false }
    try Files.remove(path("/tmp/notes/a"))
    // What is open and gone says so, also where another file has its place.
    let other = try open("/tmp/notes/b", [.write, .create])
    other.close()
    guard refusal({ () throws(SystemError) in try file.write([1]) }) == .stale, try names(in: "/tmp/notes") == [[0x62]]
    else { return false }
    try Files.remove(path("/tmp/notes/b"))
    try Files.remove(path("/tmp/notes"), isDirectory: true)
    return try names(in: "/tmp").isEmpty
  }

  private static func names(in directory: StaticString) throws(SystemError) -> [[UInt8]] {
    var names: [[UInt8]] = []
    try Files.forEachName(in: path(directory)) { names.append($0.name) }
    return names
  }

  /// Bytes that cross blocks, read back in other portions; what is cut off, and the zeros of a gap.
  private static func checksBytes() throws(SystemError) -> Bool {
    let file = try open("/tmp/bytes", [.write, .create])
    defer { file.close() }
    var all: [UInt8] = []
    for part in 0..<150 {
      let bytes = [UInt8](repeating: UInt8(part), count: 37 + part)
      all += bytes
      try file.write(bytes)
    }
    guard try read(file) == all, try file.file().size == UInt32(all.count) else { return false }
    try file.seek(to: UInt32(all.count) + 5000)
    try file.write([9])
    guard try read(file) == all + [UInt8](repeating: 0, count: 5000) + [9] else { return false }
    try file.resize(to: 5)
    try file.resize(to: 9)
    guard try read(file) == [UInt8](all[..<5]) + [0, 0, 0, 0] else { return false }
    let end = try open("/tmp/bytes", [.write, .append])
    try end.write([7])
    end.close()
    guard try read(file) == [UInt8](all[..<5]) + [0, 0, 0, 0, 7] else { return false }
    try open("/tmp/bytes", [.write, .truncate]).close()
    guard try file.file().size == 0, try read(file).isEmpty else { return false }
    try Files.remove(path("/tmp/bytes"))
    return true
  }

  /// A position past the end reads nothing, and one where no file may reach is not written to.
  private static func checksPositions() throws(SystemError) -> Bool {
    let file = try open("/tmp/far", [.write, .create])
    defer { file.close() }
    try file.write([1, 2, 3])
    for position in [3, 0x7fff_ffff, 0xffff_ffff] as [UInt32] {
      try file.seek(to: position)
      guard try file.contents().isEmpty else { return false }
    }
    guard refusal({ () throws(SystemError) in try file.write([4]) }) == .tooLarge,
      refusal({ () throws(SystemError) in try file.resize(to: 0xffff_ffff) }) == .tooLarge, try read(file) == [1, 2, 3]
    else { return false }
    let reader = try open("/tmp/far")
    defer { reader.close() }
    guard refusal({ () throws(SystemError) in try reader.write([5]) }) == .badHandle else { return false }
    try Files.remove(path("/tmp/far"))
    return true
  }

  private static func checksNames() throws(SystemError) -> Bool {
    try Files.makeDirectory(path("/tmp/d"))
    try open("/tmp/d/a", [.write, .create]).close()
    let file = try open("/tmp/b", [.write, .create])
    defer { file.close() }
    try file.write([1])
    // A file takes the place of another; a directory does not go into itself.
    try Files.rename(path("/tmp/b"), to: path("/tmp/d/a"))
    guard try read(file) == [1], Files.kind(path("/tmp/b")) == nil,
      refusal({ () throws(SystemError) in try Files.rename(path("/tmp/d"), to: path("/tmp/d/a/x")) }) != nil,
      refusal({ () throws(SystemError) in try Files.rename(path("/tmp/d"), to: path("/tmp/d/x")) }) == .badArgument,
      refusal({ () throws(SystemError) in try Files.rename(path("/tmp/d/a"), to: path("/bin/a")) }) == .unsupported,
      refusal({ () throws(SystemError) in try Files.remove(path("/tmp"), isDirectory: true) }) == .busy
    else { return false }
    try Files.rename(path("/tmp/d"), to: path("/tmp/e"))
    guard try names(in: "/tmp/e") == [[0x61]] else { return false }
    try Files.remove(path("/tmp/e/../e/./a"))
    try Files.remove(path("/tmp/e"), isDirectory: true)
    return try names(in: "/tmp").isEmpty
  }

  private static func checksLinks() throws(SystemError) -> Bool {
    let file = try open("/tmp/f", [.write, .create])
    defer { file.close() }
    try file.write([1, 2])
    try Files.link(path("/tmp/f"), as: path("/tmp/second"), isSymbolic: false)
    try Files.link(path("f"), as: path("/tmp/soft"), isSymbolic: true)
    try Files.link(path("loop"), as: path("/tmp/loop"), isSymbolic: true)
    let soft = try open("/tmp/soft")
    defer { soft.close() }
    guard try soft.contents() == [1, 2], try Files.information(path("/tmp/second")).links == 2,
      try Files.readLink(path("/tmp/soft")) == path("f"),
      try Files.information(path("/tmp/soft"), .noFollow).kind == NodeKind.symbolicLink.rawValue,
      refusal({ () throws(SystemError) in _ = try open("/tmp/loop") }) == .limitReached
    else { return false }
    for name in ["/tmp/f", "/tmp/soft", "/tmp/loop"] as [StaticString] { try Files.remove(path(name)) }
    guard try read(file) == [1, 2] else { return false }
    try Files.remove(path("/tmp/second"))
    return try names(in: "/tmp").isEmpty
  }

  /// Fills half of the file system, which is one process's share; another one has the other half, and then there is no more. All of
  /// it is free again after the files are gone.
  private static func checksTheFullDisk() throws(SystemError) -> Bool {
    let before = try Files.use(path("/tmp"))
    for _ in 0..<2 {
      guard try fill("/tmp/big") == 128, let child = start("fill"), try child.wait() == .exited(status: 128),
        try Files.use(path("/tmp")).freeBlocks == 0
      else { return false }
      let file = try open("/tmp/more", [.write, .create])
      guard refusal({ () throws(SystemError) in try file.write([1]) }) == .noSpace, try file.file().size == 0 else {
        return false
      }
      file.close()
      for name in ["/tmp/more", "/tmp/big", "/tmp/other"] as [StaticString] { try Files.remove(path(name)) }
    }
    return try Files.use(path("/tmp")) == before
  }

  private static func start(_ command: StaticString) -> TaskIdentity? {
    var arguments = WordList()
    arguments.append("placements")
    arguments.append(command)
    return try? Process.start(Bytes("/bin/placements"), arguments: arguments, options: StartOptions())
  }

  /// What `placements fill` does: writes as much as the service lets it, and ends with how many times 32 KiB that was.
  static func fillShare() -> Int32 {
    do throws(SystemError) { return try fill("/tmp/other") } catch { return -1 }
  }

  private static func fill(_ name: StaticString) throws(SystemError) -> Int32 {
    let part = [UInt8](repeating: 0x55, count: 32768)
    let file = try open(name, [.write, .create])
    defer { file.close() }
    var count: Int32 = 0
    while count < 1000 {
      if let error = refusal({ () throws(SystemError) in try file.write(part) }) {
        return error == .noSpace ? count : -1
      }
      count += 1
    }
    return -1
  }
}
