// Runs the toolchain's own binary tools, each once, with all its input in one batch.
//
// Input and output go through files rather than pipes: a tool that starts to answer before it has read
// everything would otherwise wait for us while we wait for it.

import Foundation

/// Why a tool of the toolchain gave no answer.
public enum ToolchainToolError: Error, CustomStringConvertible {
  /// No `swiftc` on the search path, or no such tool beside it.
  case missing(tool: String)
  case failed(tool: String, status: Int32, message: String)

  public var description: String {
    switch self {
    case .missing(let tool):
      "\(tool) was not found beside swiftc; install the Swift toolchain and add it to PATH"
    case .failed(let tool, let status, let message): "\(tool) ended with status \(status): \(message)"
    }
  }
}

/// The folder that holds `llvm-objdump`, `llvm-symbolizer` and `swift-demangle`.
public struct ToolchainTools: Sendable {
  public let directory: URL

  public init(directory: URL) { self.directory = directory }

  /// Finds the folder of the `swiftc` that the search path names, through symbolic links.
  public static func find(searchPath: String? = ProcessInfo.processInfo.environment["PATH"]) throws
    -> ToolchainTools
  {
    for folder in (searchPath ?? "").split(separator: ":") {
      let compiler = URL(filePath: String(folder)).appending(path: "swiftc")
      guard FileManager.default.isExecutableFile(atPath: compiler.path) else { continue }
      let directory = compiler.resolvingSymlinksInPath().deletingLastPathComponent()
      if FileManager.default.isExecutableFile(atPath: directory.appending(path: "llvm-symbolizer").path) {
        return ToolchainTools(directory: directory)
      }
    }
    throw ToolchainToolError.missing(tool: "llvm-symbolizer")
  }

  /// Runs one tool to its end and returns what it printed.
  func run(_ tool: String, _ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
    let executable = directory.appending(path: tool)
    guard FileManager.default.isExecutableFile(atPath: executable.path) else {
      throw ToolchainToolError.missing(tool: tool)
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "symbols-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func file(_ name: String, holding bytes: [UInt8] = []) throws -> URL {
      let url = folder.appending(path: name)
      try Data(bytes).write(to: url)
      return url
    }
    let outputFile = try file("output")
    let messageFile = try file("messages")

    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: try file("input", holding: input))
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: messageFile)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ToolchainToolError.failed(
        tool: tool, status: process.terminationStatus,
        message: String(decoding: try Data(contentsOf: messageFile), as: UTF8.self))
    }
    return [UInt8](try Data(contentsOf: outputFile))
  }
}
