// Files as the shell's language and its commands see them.

import ABI
import Primitives
import SDK

enum ShellFiles {
  /// Calls `body` with each name in a folder. A folder that cannot be read has none.
  static func forEachName(
    in folder: [UInt8], _ body: (_ name: [UInt8], ShellFileKind, _ information: FileInformation) -> Void
  ) {
    try? Files.forEachName(in: folder) { entry in body(entry.name, ShellFileKind(entry.kind), entry.information) }
  }

  /// What lies at an absolute path, links followed; nil: nothing.
  static func kind(of path: [UInt8]) -> ShellFileKind? { Files.kind(path).map { ShellFileKind($0) } }
}

extension ShellFileKind {
  init(_ kind: NodeKind) {
    switch kind {
    case .file: self = .file
    case .directory: self = .folder
    case .symbolicLink, .other: self = .other
    }
  }
}
