// What programs do with paths and open files, and a server with a file system in memory.

import ABI
import FileSystems
import ServiceSupport

extension Caller {
  /// A call with a path in front.
  @discardableResult
  func call(_ number: SystemCall, path: String, _ words: UInt32...) -> Int32 {
    withScratch {
      let text = place(path)
      return call(number.rawValue, [text.address, text.length] + words)
    }
  }

  func open(_ path: String, _ flags: OpenFlags = []) -> Int32 { call(.open, path: path, flags.rawValue) }

  @discardableResult
  func mount(_ path: String, _ service: String, _ flags: MountFlags = []) -> Int32 {
    withScratch {
      let name = place(service)
      return call(.mount, path: path, name.address, name.length, flags.rawValue)
    }
  }

  func rename(_ path: String, _ newPath: String) -> Int32 {
    withScratch {
      let new = place(newPath)
      return call(.fileRename, path: path, new.address, new.length)
    }
  }

  func link(_ target: String, _ path: String, _ flags: PathFlags) -> Int32 {
    withScratch {
      let path = place(path)
      return call(.fileLink, path: target, path.address, path.length, flags.rawValue)
    }
  }

  /// What lies at a path; nil: the call failed.
  func information(_ path: String, _ flags: PathFlags = []) -> FileInformation? {
    withScratch {
      let place = place(FileInformation())
      return call(.fileInformation, path: path, flags.rawValue, place) == 0 ? read(at: place, FileInformation()) : nil
    }
  }

  /// The names in a directory, in the order in which they are told; nil: it could not be opened.
  func names(in path: String) -> [String]? {
    let handle = open(path, .directory)
    guard handle >= 0 else { return nil }
    defer { call(.close, UInt32(handle)) }
    return withScratch {
      let place = place(DirectoryEntry())
      var names: [String] = []
      var position: UInt32 = 0
      while call(.directoryEntry, UInt32(handle), position, place) == 0 {
        let entry = read(at: place, DirectoryEntry())
        position = entry.next
        names.append(String(decoding: (0..<Int(entry.nameLength)).map { entry.name[$0] }, as: UTF8.self))
      }
      return names
    }
  }

  var workingDirectory: String {
    withScratch {
      let place = place([UInt8](repeating: 0, count: 256))
      let count = call(.directoryPath, place, 256)
      return String(decoding: read(Int(max(count, 0)), at: place), as: UTF8.self)
    }
  }

  /// The bytes of a file from its beginning on; nil: it could not be opened or read.
  func contents(_ path: String) -> [UInt8]? {
    let handle = open(path)
    guard handle >= 0 else { return nil }
    defer { call(.close, UInt32(handle)) }
    var all: [UInt8] = []
    while let piece = read(1000, from: UInt32(handle)) {
      if piece.isEmpty { return all }
      all += piece
    }
    return nil
  }

  /// Makes a file with these bytes. Returns whether all were written.
  func make(_ path: String, _ bytes: [UInt8], _ flags: OpenFlags = [.write, .create, .truncate]) -> Bool {
    let handle = open(path, flags)
    guard handle >= 0 else { return false }
    defer { call(.close, UInt32(handle)) }
    var left = bytes[...]
    while !left.isEmpty {
      let count = write([UInt8](left), to: UInt32(handle))
      guard count > 0 else { return false }
      left = left.dropFirst(Int(count))
    }
    return true
  }

  /// Serves a file system in memory under a name until it is killed. Returns what publishing failed with.
  func serveFiles(_ name: String) -> Int32 {
    let endpoint = publish(name)
    guard endpoint >= 0 else { return endpoint }
    var server = FileServer(MemoryFileSystem())
    let room: UInt32 = 65536
    let permissions = MemoryPermissions([.read, .write])
    let memory = call(.memoryMap, 0, 2 * room, permissions.rawValue)
    guard memory >= 0 else { return memory }
    let reply = UInt32(memory) << 12
    serve(endpoint, room: room, at: reply + room) { message in
      let data = read(Int(message.dataLength), at: message.dataAddress)
      let answer = server.answer(message, data)
      message.words = answer.words
      write(answer.bytes, at: reply)
      message.dataAddress = reply
      message.dataLength = UInt32(answer.bytes.count)
      return true
    }
    return 0
  }
}

extension FileServer {
  fileprivate mutating func answer(
    _ message: Message, _ data: [UInt8]
  ) -> (words: InlineArray<6, UInt32>, bytes: [UInt8]) {
    var buffer = [UInt8](repeating: 0, count: Int(message.bufferCapacity))
    return data.withUnsafeBufferPointer { data in
      buffer.withUnsafeMutableBufferPointer { buffer in
        withUnsafePointer(to: message.words) { words in
          var request = Request(
            operation: message.operation, words: words, sender: message.sender, data: data.baseAddress,
            dataCount: data.count, reply: buffer.baseAddress, capacity: buffer.count, lives: { _ in true })
          guard handle(&request) else { return ([UInt32.max, 0, 0, 0, 0, 0], []) }
          return (request.reply, Array(buffer.prefix(request.replyCount)))
        }
      }
    }
  }
}
