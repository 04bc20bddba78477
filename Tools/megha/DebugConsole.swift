// The console of a machine that is being debugged: a socket that one terminal at a time is connected to, while GDB has
// another. It works over ssh and needs no program but this one.
//
// Invariant: the terminal is as it was when this returns.

import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Where the machine of a debugger's port is to be found, for the command that connects to its console.
struct DebugSession: Codable {
  let socket: String
  let log: String

  private static func folder(_ project: Project) -> URL { project.file("build/debug") }
  private static func file(_ port: Int, _ project: Project) -> URL { folder(project).appending(path: "\(port).json") }

  func announce(port: Int, in project: Project) throws {
    try FileManager.default.createDirectory(at: Self.folder(project), withIntermediateDirectories: true)
    try JSONEncoder().encode(self).write(to: Self.file(port, project), options: .atomic)
  }

  static func forget(port: Int, in project: Project) {
    try? FileManager.default.removeItem(at: file(port, project))
  }

  /// The machine of a port, or the only one that there is.
  static func find(port: Int?, in project: Project) throws -> DebugSession {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(project).path)) ?? []
    let sessions = names.compactMap { name -> (port: Int, session: DebugSession)? in
      guard name.hasSuffix(".json"), let number = Int(name.dropLast(5)), port == nil || port == number,
        let data = FileManager.default.contents(atPath: file(number, project).path),
        let session = try? JSONDecoder().decode(DebugSession.self, from: data),
        // One that was killed leaves its announcement behind.
        FileManager.default.fileExists(atPath: session.socket)
      else { return nil }
      return (number, session)
    }.sorted { $0.port < $1.port }
    guard let first = sessions.first else {
      throw Failure(
        port.map { "No machine is debugged on port \($0)." }
          ?? "No machine is debugged in this tree; ./megha debug starts one.")
    }
    guard sessions.count == 1 else {
      let ports = sessions.map { "\($0.port)" }.joined(separator: ", ")
      throw Failure("Several machines are debugged, on the ports \(ports); name one with --port.")
    }
    return first.session
  }

  /// Connects standard input and output to the console until the machine ends, or Ctrl-] is typed.
  func connect() throws {
    let descriptor = openSocket(socket)
    guard descriptor >= 0 else {
      throw Failure("The console \(socket) cannot be connected to: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    signal(SIGPIPE, SIG_IGN)
    var saved = termios()
    let isTerminal = tcgetattr(STDIN_FILENO, &saved) == 0
    if isTerminal {
      var raw = saved
      cfmakeraw(&raw)
      // What is printed keeps its line ends.
      raw.c_oflag = saved.c_oflag
      tcsetattr(STDIN_FILENO, TCSANOW, &raw)
      FileHandle.standardError.write(Data("[the console; Ctrl-] leaves it, and the machine goes on]\r\n".utf8))
    }
    defer { if isTerminal { tcsetattr(STDIN_FILENO, TCSANOW, &saved) } }
    if let before = FileManager.default.contents(atPath: log) { FileHandle.standardOutput.write(before) }
    var waits = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 4096)
    while poll(&waits, nfds_t(waits.count), -1) >= 0 || errno == EINTR {
      if waits[0].revents != 0 {
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return }
        FileHandle.standardOutput.write(Data(buffer[..<count]))
      }
      if waits.count > 1, waits[1].revents != 0 {
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        if count <= 0 {
          // Nothing more to type; what the machine says is still worth seeing.
          waits.removeLast()
        } else {
          let typed = buffer[..<count].prefix { !isTerminal || $0 != 0x1d }
          if !typed.isEmpty { _ = typed.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }
          if typed.count < count { return }
        }
      }
    }
  }
}

/// Connects to a socket of this host by its path; -1 and errno where that fails.
private func openSocket(_ path: String) -> Int32 {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let room = MemoryLayout.size(ofValue: address.sun_path)
  guard path.utf8.count < room else {
    errno = ENAMETOOLONG
    return -1
  }
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { return -1 }
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  if result != 0 {
    close(descriptor)
    return -1
  }
  return descriptor
}

enum FreePort {
  /// The first port of this host from `start` on that nobody listens on.
  static func find(from start: UInt16) throws -> Int {
    for port in start..<(start + 200) where canListen(port) { return Int(port) }
    throw Failure("No port from \(start) on is free for GDB.")
  }

  static func canListen(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    } == 0
  }
}
