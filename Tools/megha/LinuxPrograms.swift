// Programs of Linux's: those of packages, and those that tests compile. All of it lies in build/linux, nothing is committed.

import Foundation
import MeghaBuild

struct LinuxPrograms {
  private let project: Project

  init(_ project: Project) { self.project = project }

  private var folder: URL { project.file("build/linux") }

  /// Packages that test cases name by a program in them.
  private static let packages = ["busybox": (package: "busybox-static", file: "bin/busybox")]

  /// A program that a test case names, from a package or compiled from Tests/Guest/Linux; as a path from the tree's root.
  func program(_ name: String) async throws -> String {
    if let known = Self.packages[name] {
      let path = "\(Self.unpacked(known.package))/\(known.file)"
      if !FileManager.default.fileExists(atPath: project.file(path).path) { _ = try await fetch(known.package) }
      return path
    }
    let source = project.file("Tests/Guest/Linux/\(name).c")
    let path = "build/linux/tests/\(name)"
    let target = project.file(path)
    if Self.isNewer(target, than: source) { return path }
    try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try await run(
      "gcc", ["-m32", "-static", "-O1", "-Wall", "-Werror", "-o", target.path, source.path],
      "A static program for the i386 cannot be made")
    return path
  }

  private static func isNewer(_ target: URL, than source: URL) -> Bool {
    func date(_ file: URL) -> Date? {
      try? FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date
    }
    guard let made = date(target), let written = date(source) else { return false }
    return made >= written
  }

  private static func unpacked(_ package: String) -> String { "build/linux/packages/\(package)" }

  /// Gets a package and unpacks it. Returns the programs in it, as paths from the tree's root.
  func fetch(_ package: String) async throws -> [String] {
    guard package.wholeMatch(of: #/[a-z0-9][a-z0-9+.-]+/#) != nil else {
      throw Failure("\"\(package)\" is no name of a package.")
    }
    let apt = folder.appending(path: "apt")
    for part in ["state/lists/partial", "cache/archives/partial", "archives"] {
      try FileManager.default.createDirectory(at: apt.appending(path: part), withIntermediateDirectories: true)
    }
    let status = apt.appending(path: "status").path
    if !FileManager.default.fileExists(atPath: status) {
      _ = FileManager.default.createFile(atPath: status, contents: nil)
    }
    let options = [
      "-qq", "-o", "APT::Architecture=i386", "-o", "APT::Architectures::=i386", "-o", "APT::Sandbox::User=root",
      "-o", "Dir::State=\(apt.path)/state", "-o", "Dir::State::status=\(status)", "-o", "Dir::Cache=\(apt.path)/cache",
    ]
    try await run("apt-get", options + ["update"], "Lists of packages cannot be had")
    let archives = apt.appending(path: "archives")
    try await run("apt-get", options + ["download", package], "\(package) cannot be had", in: archives)
    let names = try FileManager.default.contentsOfDirectory(atPath: archives.path)
    guard let archive = names.filter({ $0.hasPrefix("\(package)_") }).max() else {
      throw Failure("apt-get said nothing wrong, but there is no file of \(package).")
    }
    let path = Self.unpacked(package)
    let target = project.file(path)
    try? FileManager.default.removeItem(at: target)
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    try await run(
      "dpkg-deb", ["-x", archives.appending(path: archive).path, target.path], "\(package) cannot be unpacked")
    return programs(in: target).map { "\(path)/\($0)" }
  }

  private func programs(in folder: URL) -> [String] {
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return paths.filter {
      var isFolder: ObjCBool = false
      let path = folder.appending(path: $0).path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        && FileManager.default.isExecutableFile(atPath: path)
    }.sorted()
  }

  private func run(_ tool: String, _ arguments: [String], _ failure: String, in folder: URL? = nil) async throws {
    let result = try await ChildProcess.capture(tool, arguments, in: folder ?? self.folder)
    guard result.status == 0 else {
      throw Failure("\(failure): \(tool) ended with status \(result.status).\n\(result.output)")
    }
  }
}
