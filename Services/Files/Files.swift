// The service of a file system in memory.

import ABI
import FileSystems
import ServiceSupport

struct FileService: Service {
  static var name: StaticString { "files" }

  private var server = FileServer(MemoryFileSystem())

  mutating func handle(_ request: inout Request) {
    if !server.handle(&request) { request.reply[0] = unknownOperation }
  }

  // MARK: Moving

  func save(to state: inout StateWriter) { server.system.save(to: &state) }

  mutating func restore(from state: inout StateReader) -> Bool {
    guard let system = MemoryFileSystem(from: &state) else { return false }
    server.system = system
    return true
  }
}

typealias PlacedService = FileService
