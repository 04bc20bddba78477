// A copy of the tree that has as much as boots, with a change in it: a hand-in of a lab in which the system itself is changed, or
// such a lab's solution.
//
// Invariants:
// - The tree itself is not touched.
// - A file of the copy is written only where it would change, so that the next one builds what differs.
// - One command at a time has the copy.

import Foundation
import Labs
import MeghaBuild

extension Project {
  /// What the copy does without, and what of that it has all the same: the programs that a script needs, and what services
  /// and modules are built on.
  private static let left = ["Modules/", "Services/", "Tests/", "Userland/Programs/", "bench/", "docs/"]
  private static let kept = [
    "Modules/Support/", "Modules/include/", "Modules/module.map", "Services/Devices/", "Services/Module/",
    "Services/Server/",
    "Services/Support/", "Tests/Guest/Programs/grade/", "Tests/HostedMachine/", "Userland/Programs/init/",
    "Userland/Programs/manager/",
    "Userland/Programs/shell/",
  ]

  private static func isKept(_ path: String) -> Bool {
    !left.contains { path.hasPrefix($0) } || kept.contains { path.hasPrefix($0) }
  }

  /// Grades what a file of `git diff` makes of the tree.
  func grade(_ lab: Lab, handedIn diff: URL, seed: UInt64) async throws -> [Labs.Check] {
    guard FileManager.default.fileExists(atPath: diff.path) else { throw Failure("There is no file \(diff.path).") }
    var contents = try await filesThatBoot()
    let changed: [String: Data?]
    do { changed = try await patched(diff) } catch {
      return [Check("it applies to the tree", "\(error)")]
    }
    for (path, data) in changed where Self.isKept(path) { contents[path] = data }
    let copy = Project(root: URL(fileURLWithPath: file("build/labs/hand-in").path, isDirectory: true))
    try FileManager.default.createDirectory(at: copy.root, withIntermediateDirectories: true)
    let lock = try TreeLock(root: copy.root.appending(path: "build")) {
      printError("megha: waiting for another ./megha, which grades a hand-in")
    }
    try copy.keepOnly(contents)
    let checks = try await copy.grade(lab, in: copy.root, seed: seed)
    lock.release()
    return checks
  }

  /// The files of the tree without what a lab does without.
  func filesThatBoot() async throws -> [String: Data] {
    let listed = try await ChildProcess.capture(
      "git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], in: root)
    guard listed.status == 0 else { throw Failure("git cannot list the files of the tree: \(listed.output)") }
    var contents: [String: Data] = [:]
    for path in listed.output.split(separator: "\0").map(String.init) where Self.isKept(path) {
      contents[path] = try? Data(contentsOf: file(path))
    }
    return contents
  }

  /// The files that a patch changes, as it leaves them; nil for one that it deletes. Mail may have given its lines other ends.
  func patched(_ patch: URL) async throws -> [String: Data?] {
    let stage = try Stage(file("build/labs/stage-\(ProcessInfo.processInfo.processIdentifier)"))
    defer { stage.delete() }
    let text = String(decoding: try Data(contentsOf: patch).filter { $0 != 0x0d }, as: UTF8.self)
    func paths(_ start: String) -> [String] {
      text.split(separator: "\n").filter { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
    }
    let (old, new) = (paths("--- a/"), paths("+++ b/"))
    guard !new.isEmpty || !old.isEmpty else {
      throw Failure("\(patch.path) is no output of `git diff`: it changes no file.")
    }
    for path in old where FileManager.default.fileExists(atPath: file(path).path) {
      try stage.add(file(path), as: path)
    }
    let own = stage.folder.appending(path: "change.patch")
    try Data(text.utf8).write(to: own)
    let result = try await ChildProcess.capture(
      "git", ["apply", "--whitespace=nowarn", own.path], in: stage.folder,
      // No repository: the folder is inside of one.
      environment: ["GIT_DIR": stage.folder.path])
    guard result.status == 0 else {
      throw Failure("\(patch.path) does not apply to this tree; make it anew against it: \(result.output)")
    }
    var changed: [String: Data?] = [:]
    for path in old + new { changed[path] = .some(try? Data(contentsOf: stage.folder.appending(path: path))) }
    return changed
  }

  /// Makes the tree hold these files and no others besides what was built.
  func keepOnly(_ contents: [String: Data]) throws {
    let manager = FileManager.default
    for path in (try? manager.subpathsOfDirectory(atPath: root.path)) ?? []
    where !path.hasPrefix("build") && !path.hasPrefix(".build") && contents[path] == nil {
      var isFolder: ObjCBool = false
      let url = file(path)
      if manager.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue {
        try manager.removeItem(at: url)
      }
    }
    for (path, data) in contents where (try? Data(contentsOf: file(path))) != data {
      try manager.createDirectory(at: file(path).deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file(path))
    }
  }
}

/// An empty folder in which a patch is applied.
private struct Stage {
  let folder: URL

  init(_ folder: URL) throws {
    self.folder = folder
    delete()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func delete() { try? FileManager.default.removeItem(at: folder) }

  func add(_ file: URL, as path: String) throws {
    let target = folder.appending(path: path)
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: file, to: target)
  }
}
