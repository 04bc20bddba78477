// Where the tree is, and what can go wrong for a person who uses the command.

import Foundation

/// A failure that one sentence explains; it goes to standard error and the command ends with status 1.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The tree that the command works on.
struct Project: Sendable {
  let root: URL

  /// The launcher `./megha` names the root, so that the command works from every folder.
  static func current() throws -> Project {
    if let path = ProcessInfo.processInfo.environment["MEGHA_ROOT"] {
      return Project(root: URL(fileURLWithPath: path, isDirectory: true))
    }
    var folder = URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
    while folder.path != "/" {
      if FileManager.default.fileExists(atPath: folder.appending(path: "ABI/Definition").path) {
        return Project(root: folder)
      }
      folder.deleteLastPathComponent()
    }
    throw Failure("This folder is not inside a Megha tree; start the command as ./megha.")
  }

  func file(_ path: String) -> URL { root.appending(path: path) }
}
