// Who builds in a tree: one command at a time. The launcher takes the same lock while it installs packages and builds the
// command itself.
//
// Invariant: the lock ends with the value, and with the process however it ends; no child inherits it.

import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// The right to build in a tree.
public struct TreeLock: ~Copyable {
  private let descriptor: Int32

  /// Waits for the right.
  /// - Parameter waiting: called where somebody else has it.
  public init(root: URL, waiting: () -> Void) throws {
    let folder = root.appending(path: ".build")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "megha-lock").path
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FolderMistake(description: "\(path) cannot be written to.") }
    descriptor = file
    if flock(file, LOCK_EX | LOCK_NB) == 0 { return }
    waiting()
    while flock(file, LOCK_EX) != 0, errno == EINTR {}
  }

  public consuming func release() {}

  deinit { close(descriptor) }
}
