// Images of ext2 by mke2fs, looked at by e2fsck and debugfs, of the package e2fsprogs.

import ABI
import Foundation
import Testing

enum Ext2Tools {
  static let arePresent = ["mke2fs", "e2fsck", "debugfs"].allSatisfy { path(of: $0) != nil }

  private static func path(of tool: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]).map { "\($0)/\(tool)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs a tool; returns its exit status and what it printed, errors included.
  @discardableResult
  static func run(_ tool: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path(of: tool)))
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  /// Where images lie: in memory where there is such a folder, since the tools wait for the disk otherwise.
  static let folder =
    FileManager.default.isWritableFile(atPath: "/dev/shm")
    ? URL(fileURLWithPath: "/dev/shm") : FileManager.default.temporaryDirectory

  /// Calls `body` with the path of a file that holds `bytes`, and returns what is in it then.
  @discardableResult
  static func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws -> [UInt8] {
    let url = folder.appendingPathComponent("ext2-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data(bytes).write(to: url)
    try body(url.path)
    return [UInt8](try Data(contentsOf: url))
  }

  /// An image of `size` KiB.
  static func make(size: Int, _ options: [String]) throws -> [UInt8] {
    try withFile([UInt8](repeating: 0, count: size * 1024)) { path in
      // A fixed name of the volume: what differs between two runs is the time and the seed of the hashes only.
      let arguments = ["-q", "-F", "-t", "ext2", "-U", "6f1c1a4e-2b5d-4c3e-9a7b-0123456789ab"] + options
      let result = try run("mke2fs", arguments + [path, "\(size)k"])
      try #require(result.status == 0, "mke2fs \(options): \(result.text)")
    }
  }

  /// What e2fsck finds wrong; nil where nothing.
  static func complaint(about image: [UInt8]) throws -> String? {
    var complaint: String?
    try withFile(image) { path in
      let result = try run("e2fsck", ["-f", "-n", path])
      if result.status != 0 { complaint = "status \(result.status): \(result.text)" }
    }
    return complaint
  }

  /// Repairs an image; returns the status as well: 0: nothing was wrong, 1: all is repaired.
  static func repair(_ image: [UInt8]) throws -> (image: [UInt8], status: Int32, text: String) {
    var outcome: (status: Int32, text: String) = (0, "")
    let repaired = try withFile(image) { outcome = try run("e2fsck", ["-f", "-y", $0]) }
    return (repaired, outcome.status, outcome.text)
  }

  static func debug(_ image: [UInt8], _ request: String) throws -> String {
    var text = ""
    try withFile(image) { text = try run("debugfs", ["-R", request, $0]).text }
    return text
  }
}
