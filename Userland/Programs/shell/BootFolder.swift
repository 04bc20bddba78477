// The files of the boot archives as folders with names in them.

import ABI
import Primitives
import SDK

struct BootFolder {
  /// Absolute, without a slash at the end.
  private let path: [UInt8]

  init(_ path: [UInt8]) { self.path = path == [0x2f] ? [] : path }

  /// Calls `body` with each name in the folder once, in the order of the archives.
  func forEach(_ body: (_ name: [UInt8], ShellFileKind, _ size: UInt32) -> Void) {
    var seen: [[UInt8]] = []
    Self.forEachEntry { entry, kind, size in
      guard entry.count > path.count + 1, entry.starts(with: path), entry[path.count] == 0x2f else { return }
      let rest = entry[(path.count + 1)...]
      let name = [UInt8](rest.prefix { $0 != 0x2f })
      guard !name.isEmpty, !seen.contains(name) else { return }
      seen.append(name)
      if name.count < rest.count { body(name, .folder, 0) } else { body(name, kind, size) }
    }
  }

  /// Calls `body` with the absolute path of each entry.
  static func forEachEntry(_ body: (_ path: [UInt8], ShellFileKind, _ size: UInt32) -> Void) {
    var index: UInt32 = 0
    while let entry = BootFiles.entry(index) {
      index += 1
      var path: [UInt8] = []
      for index in 0..<Int(min(entry.pathLength, 128)) { path.append(entry.path[index]) }
      if path.first != 0x2f { path = [0x2f] + path }
      while path.count > 1, path.last == 0x2f { path.removeLast() }
      body(path, entry.kind == 0 ? .file : entry.kind == 1 ? .folder : .other, entry.size)
    }
  }

  /// What lies at an absolute path; nil: nothing.
  static func kind(of path: [UInt8]) -> ShellFileKind? {
    if path == [0x2f] { return .folder }
    let isFile = path.withBytes { path in
      do throws(SystemError) {
        _ = try File(path)
        return true
      } catch { return false }
    }
    if isFile { return .file }
    var found: ShellFileKind?
    forEachEntry { entry, kind, _ in
      if entry == path { found = kind }
      if entry.count > path.count, entry.starts(with: path), entry[path.count] == 0x2f { found = .folder }
    }
    return found
  }
}
