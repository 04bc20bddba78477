// Images of ext2 for the guest's disk, made, repaired and read by the tools of e2fsprogs.

import Foundation

struct Ext2Image {
  let url: URL

  /// Why there can be none; nil where they can.
  static var obstacle: String? {
    ["mke2fs", "e2fsck", "debugfs"].first { path(of: $0) == nil }.map {
      "there is no \($0); it comes with the package e2fsprogs"
    }
  }

  private static func path(of tool: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]).map { "\($0)/\(tool)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private func run(_ tool: String, _ arguments: [String]) async throws -> (output: String, status: Int32) {
    guard let path = Self.path(of: tool) else { throw Failure("There is no \(tool).") }
    return try await ChildProcess.capture(path, arguments, in: url.deletingLastPathComponent())
  }

  /// Makes an image.
  ///
  /// - Parameter words: the size as mke2fs takes it, such as `8M`, and perhaps options.
  init(at url: URL, _ words: [String]) async throws {
    self.url = url
    guard let size = words.first else { throw Failure("An ext2 image has a size.") }
    let options = ["-q", "-F", "-t", "ext2", "-I", "128"] + words.dropFirst()
    let result = try await run("mke2fs", options + [url.path, size])
    guard result.status == 0 else { throw Failure("mke2fs: \(result.output)") }
  }

  /// What e2fsck finds wrong; nil where nothing.
  func complaint() async throws -> String? {
    let result = try await run("e2fsck", ["-f", "-n", url.path])
    return result.status == 0 ? nil : result.output
  }

  /// Has e2fsck repair what is wrong; returns what it could not.
  func repair() async throws -> String? {
    let result = try await run("e2fsck", ["-f", "-y", url.path])
    return result.status <= 1 ? nil : result.output
  }

  /// The bytes of a file; nil where there is none.
  func contents(of path: String) async throws -> Data? {
    let target = url.deletingLastPathComponent().appending(path: "dumped")
    try? FileManager.default.removeItem(at: target)
    _ = try await run("debugfs", ["-R", "dump \(path) \(target.path)", url.path])
    return try? Data(contentsOf: target)
  }
}
