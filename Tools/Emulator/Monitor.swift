// QEMU's two monitors over their sockets: the one for machines (QMP) tells when the machine stops itself, the one
// for people answers what its registers hold.
//
// All calls block their thread; nothing here changes what the guest does.

import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

enum Monitor {
  /// What the monitor for people answers to `command`; nil where nobody answers.
  static func answer(to command: String, socket path: String) -> String? {
    let prompt = "(qemu) "
    guard let connection = Connection(path: path, patience: 5) else { return nil }
    guard connection.read(until: prompt) != nil, connection.write(command + "\n"),
      let answer = connection.read(until: prompt)
    else { return nil }
    // The first line is the echo of the command, with the control codes of a line editor.
    return answer.dropLast(prompt.count).split(separator: "\r\n").dropFirst().joined(separator: "\n")
  }

  /// Waits for the machine to stop itself, on a thread of its own.
  final class Watch: Sendable {
    private let socket: String
    private let isOver = Mutex(false)

    init(socket: String) { self.socket = socket }

    /// QEMU is ending: do not wait for it to begin.
    func giveUp() { isOver.withLock { $0 = true } }

    /// Returns true when the machine has stopped itself, by a reset or by switching itself off, and waits, with
    /// its registers as they were; false when QEMU has gone.
    func waitForStop() async -> Bool {
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: self.readEvents()) }
      }
    }

    private func readEvents() -> Bool {
      let connection = Connection(path: socket, patience: nil) { self.isOver.withLock { $0 } }
      guard let connection, connection.read(until: "\n") != nil,
        connection.write("{\"execute\": \"qmp_capabilities\"}\n")
      else { return false }
      while let line = connection.read(until: "\n") {
        if line.contains("\"event\": \"SHUTDOWN\"") { return true }
      }
      return false
    }
  }
}

/// A stream to a socket of the file system, closed with the value.
private struct Connection: ~Copyable {
  private let descriptor: Int32

  /// - Parameters:
  ///   - patience: the most seconds that a read waits; nil: no limit.
  ///   - isOver: asked while there is no such socket yet; true: give up.
  init?(path: String, patience: Int?, isOver: () -> Bool = { false }) {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    if let patience {
      var limit = timeval(tv_sec: patience, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    // QEMU makes its sockets a moment after it starts.
    for _ in 0..<250 {
      if connect(path) { return }
      if isOver() { break }
      usleep(20_000)
    }
    return nil
  }

  deinit { close(descriptor) }

  private func connect(_ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // The address of a socket holds 107 bytes, and a folder may be deeper than that; its descriptor has a short path.
    let url = URL(fileURLWithPath: path)
    let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return false }
    defer { close(folder) }
    let bytes = Array("/proc/self/fd/\(folder)/\(url.lastPathComponent)".utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }

  func write(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// Reads up to and with `end`; nil when the other side has gone or the patience is over.
  func read(until end: String) -> String? {
    let end = Array(end.utf8)
    var collected: [UInt8] = []
    var byte: UInt8 = 0
    while collected.suffix(end.count) != end[...] {
      guard recv(descriptor, &byte, 1, 0) == 1 else { return nil }
      collected.append(byte)
    }
    return String(decoding: collected, as: UTF8.self)
  }
}
