// What the file system must do: folders, files, positions, limits, and whose an open file is.

import ABI
import Primitives
import SDK

extension Conformance {
  static func checksFiles() -> Bool {
    do throws(SystemError) {
      let client = try FileClient()
      defer { client.close() }
      guard try client.change(5, "/notes") == 0, try client.change(5, "/notes") == 2,
        try client.change(5, "/missing/x") == 1, try client.open("/notes", 0) == nil,
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
      guard try client.change(6, "/notes/a") == 9, try client.change(6, "/notes") == 5,
        try client.list("/notes", 0) == [0x61], try client.list("/notes", 1) == nil, try client.close(file),
        try client.close(file) == false, try client.change(6, "/notes/a") == 0, try client.change(6, "/notes") == 0
      else { return false }
      return try checksTheFullDisk(client)
    } catch {
      return false
    }
  }

  /// Fills the disk, and finds all of it free again after the file is gone.
  private static func checksTheFullDisk(_ client: FileClient) throws(SystemError) -> Bool {
    let part = [UInt8](repeating: 0x55, count: 32768)
    for _ in 0..<2 {
      guard let file = try client.open("/big", 3) else { return false }
      for index in 1...8 as ClosedRange<UInt32> {
        guard try client.write(file, part) == index * 32768 else { return false }
      }
      guard try client.write(file, [1]) == nil, try client.close(file), try client.change(6, "/big") == 0 else {
        return false
      }
    }
    return true
  }
}

/// The service `files` as a client sees it.
struct FileClient {
  private let service: ServiceClient

  init() throws(SystemError) { service = try ServiceClient("files") }

  func close() { service.close() }

  /// Makes a folder (5) or removes something (6); returns what the service says.
  func change(_ operation: UInt32, _ path: StaticString) throws(SystemError) -> UInt32 {
    var reply: [UInt8] = []
    return try service.call(operation, data: Bytes(path).copied, reply: &reply)[0]
  }

  func open(_ path: StaticString, _ flags: UInt32) throws(SystemError) -> UInt32? {
    try open(Bytes(path).copied, flags)
  }

  func open(_ path: [UInt8], _ flags: UInt32) throws(SystemError) -> UInt32? {
    var reply: [UInt8] = []
    let result = try service.call(0, words: Conformance.words(flags), data: path, reply: &reply)
    return result[0] == 0 ? result[1] : nil
  }

  /// Returns the position after it, where all bytes were written.
  func write(_ file: UInt32, _ data: [UInt8]) throws(SystemError) -> UInt32? {
    var reply: [UInt8] = []
    let result = try service.call(2, words: Conformance.words(file), data: data, reply: &reply)
    return result[0] == 0 && result[1] == UInt32(data.count) ? result[2] : nil
  }

  func read(_ file: UInt32, _ count: UInt32) throws(SystemError) -> [UInt8] {
    var reply: [UInt8] = []
    let result = try service.call(1, words: Conformance.words(file, count), reply: &reply, capacity: Int(count))
    return result[0] == 0 ? reply : []
  }

  func seek(_ file: UInt32, _ position: UInt32) throws(SystemError) -> Bool {
    var reply: [UInt8] = []
    let result = try service.call(3, words: Conformance.words(file, position), reply: &reply)
    return result[0] == 0 && result[2] == position
  }

  func close(_ file: UInt32) throws(SystemError) -> Bool {
    var reply: [UInt8] = []
    return try service.call(4, words: Conformance.words(file), reply: &reply)[0] == 0
  }

  /// The name of an entry of a folder.
  func list(_ path: StaticString, _ number: UInt32) throws(SystemError) -> [UInt8]? {
    var reply: [UInt8] = []
    let result = try service.call(
      7, words: Conformance.words(number), data: Bytes(path).copied, reply: &reply, capacity: 31)
    return result[0] == 0 ? reply : nil
  }
}
