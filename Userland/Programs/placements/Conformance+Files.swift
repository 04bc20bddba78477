// What the file system must do: folders, files, positions, limits, and whose an open file is.

import ABI
import Primitives
import SDK
import ServiceSupport

extension Conformance {
  static func checksFiles() -> Bool {
    do throws(SystemError) {
      let client = try FileClient()
      defer { client.close() }
      guard try client.change(.makeFolder, "/notes") == nil, try client.change(.makeFolder, "/notes") == .exists,
        try client.change(.makeFolder, "/missing/x") == .notFound, try client.open("/notes", 0) == nil,
        try client.open("/notes/a", 0) == nil, let file = try client.open("/notes/a", 1)
      else { return false }
      // Bytes that cross blocks, read back in other portions.
      var all: [UInt8] = []
      for part in 0..<50 {
        let bytes = [UInt8](repeating: UInt8(part), count: 37 + part)
        all += bytes
        guard try client.write(file, bytes) == UInt32(all.count) else { return false }
      }
      guard try client.seek(file, 0) else { return false }
      var back: [UInt8] = []
      while true {
        let part = try client.read(file, 300)
        if part.isEmpty { break }
        back += part
      }
      guard back == all else { return false }
      // A gap reads as zeros; the file is as long as what was written last.
      guard try client.seek(file, UInt32(all.count) + 700), try client.write(file, [9]) == UInt32(all.count) + 701,
        try client.seek(file, UInt32(all.count)), try client.read(file, 701) == [UInt8](repeating: 0, count: 700) + [9]
      else { return false }
      // What is open or holds something stays; what is closed can no longer be read.
      guard try client.change(.remove, "/notes/a") == .isOpen, try client.change(.remove, "/notes") == .notEmpty,
        try client.list("/notes", 0) == [0x61], try client.list("/notes", 1) == nil, try client.close(file),
        try client.close(file) == false, try client.change(.remove, "/notes/a") == nil,
        try client.change(.remove, "/notes") == nil
      else { return false }
      guard try checksPositions(client), try checksWhatIsLeftOpen(client) else { return false }
      return try checksTheFullDisk(client)
    } catch {
      return false
    }
  }

  /// A position that does not fit is refused, and the one before stays.
  private static func checksPositions(_ client: FileClient) throws(SystemError) -> Bool {
    guard let file = try client.open("/far", 1), try client.write(file, [1, 2, 3]) == 3, try client.seek(file, 1) else {
      return false
    }
    for position in [0x8000_0000, 0xffff_ffff] as [UInt32] {
      guard try client.position(file, position) == .badPosition else { return false }
    }
    guard try client.read(file, 9) == [2, 3], try client.seek(file, 0x7fff_ffff), try client.read(file, 9) == [],
      try client.write(file, [4]) == nil
    else { return false }
    guard try client.close(file) else { return false }
    return try client.change(.remove, "/far") == nil
  }

  /// A process ends with as many files open as it can, twice: their places are free again.
  private static func checksWhatIsLeftOpen(_ client: FileClient) throws(SystemError) -> Bool {
    for _ in 0..<3 {
      guard let child = start("leave"), try child.wait() == .exited(status: 32) else { return false }
    }
    guard let file = try client.open("/left", 0) else { return false }
    guard try client.close(file) else { return false }
    return try client.change(.remove, "/left") == nil
  }

  private static func start(_ command: StaticString) -> TaskIdentity? {
    var arguments = WordList()
    arguments.append("placements")
    arguments.append(command)
    return try? Process.start(Bytes("/bin/placements"), arguments: arguments, options: StartOptions())
  }

  /// What `placements leave` does: opens a file as often as the service lets it, and ends with the number.
  static func leaveFilesOpen() -> Int32 {
    do throws(SystemError) {
      let client = try FileClient()
      var count: Int32 = 0
      while try client.open("/left", 1) != nil { count += 1 }
      return count
    } catch { return -1 }
  }

  /// Fills half of the disk, which is one process's share; another one has the other half, and then there is no more. All of it is
  /// free again after the files are gone.
  private static func checksTheFullDisk(_ client: FileClient) throws(SystemError) -> Bool {
    for _ in 0..<2 {
      guard try fill(client, "/big") == 4, let child = start("fill"), try child.wait() == .exited(status: 4),
        let file = try client.open("/more", 1), try client.failure(writing: [1], to: file) == .full,
        try client.close(file), try client.change(.remove, "/more") == nil,
        try client.change(.remove, "/big") == nil, try client.change(.remove, "/other") == nil
      else { return false }
    }
    return true
  }

  /// What `placements fill` does: writes as much as the service lets it, and ends with how many times 32 KiB that was.
  static func fillShare() -> Int32 {
    do throws(SystemError) { return try fill(FileClient(), "/other") } catch { return -1 }
  }

  private static func fill(_ client: FileClient, _ path: StaticString) throws(SystemError) -> Int32 {
    let part = [UInt8](repeating: 0x55, count: 32768)
    guard let file = try client.open(path, 3) else { return -1 }
    var count: Int32 = 0
    while try client.write(file, part) != nil { count += 1 }
    // Nothing is left for the second.
    let failure = try client.failure(writing: part, to: file)
    guard failure == .overShare || failure == .full else { return -1 }
    return try client.close(file) ? count : -1
  }
}

/// The service `files` as a client sees it.
struct FileClient {
  private let service: ServiceClient

  init() throws(SystemError) { service = try ServiceClient("files") }

  func close() { service.close() }

  /// Makes a folder or removes something; returns why that was refused, or nil.
  func change(_ operation: FileOperation, _ path: StaticString) throws(SystemError) -> FileFailure? {
    var reply: [UInt8] = []
    return try Verdict.failure(try service.call(operation.rawValue, data: Bytes(path).copied, reply: &reply)[0])
  }

  func open(_ path: StaticString, _ flags: UInt32) throws(SystemError) -> UInt32? {
    try open(Bytes(path).copied, flags)
  }

  func open(_ path: [UInt8], _ flags: UInt32) throws(SystemError) -> UInt32? {
    var reply: [UInt8] = []
    let result = try service.call(
      FileOperation.open.rawValue, words: Conformance.words(flags), data: path, reply: &reply)
    return result[0] == 0 ? result[1] : nil
  }

  /// Returns the position after it, where all bytes were written.
  func write(_ file: UInt32, _ data: [UInt8]) throws(SystemError) -> UInt32? {
    var reply: [UInt8] = []
    let result = try service.call(
      FileOperation.write.rawValue, words: Conformance.words(file), data: data, reply: &reply)
    return result[0] == 0 && result[1] == UInt32(data.count) ? result[2] : nil
  }

  /// Why a write is refused, or nil.
  func failure(writing data: [UInt8], to file: UInt32) throws(SystemError) -> FileFailure? {
    var reply: [UInt8] = []
    let words = Conformance.words(file)
    return try Verdict.failure(
      try service.call(FileOperation.write.rawValue, words: words, data: data, reply: &reply)[0])
  }

  func read(_ file: UInt32, _ count: UInt32) throws(SystemError) -> [UInt8] {
    var reply: [UInt8] = []
    let result = try service.call(
      FileOperation.read.rawValue, words: Conformance.words(file, count), reply: &reply, capacity: Int(count))
    return result[0] == 0 ? reply : []
  }

  func seek(_ file: UInt32, _ position: UInt32) throws(SystemError) -> Bool {
    var reply: [UInt8] = []
    let result = try service.call(FileOperation.seek.rawValue, words: Conformance.words(file, position), reply: &reply)
    return result[0] == 0 && result[2] == position
  }

  /// Why a position is refused, or nil.
  func position(_ file: UInt32, _ position: UInt32) throws(SystemError) -> FileFailure? {
    var reply: [UInt8] = []
    let words = Conformance.words(file, position)
    return try Verdict.failure(try service.call(FileOperation.seek.rawValue, words: words, reply: &reply)[0])
  }

  func close(_ file: UInt32) throws(SystemError) -> Bool {
    var reply: [UInt8] = []
    return try service.call(FileOperation.close.rawValue, words: Conformance.words(file), reply: &reply)[0] == 0
  }

  /// The name of an entry of a folder.
  func list(_ path: StaticString, _ number: UInt32) throws(SystemError) -> [UInt8]? {
    var reply: [UInt8] = []
    let result = try service.call(
      FileOperation.list.rawValue, words: Conformance.words(number), data: Bytes(path).copied, reply: &reply,
      capacity: 31)
    return result[0] == 0 ? reply : nil
  }
}
