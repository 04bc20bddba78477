// `megha --version`: which version this tree is, by its changelog, and from which commit it was made.

import Foundation

enum Version {
  /// One line. What cannot be read, such as the commit of a tree that was copied without its history, is left out.
  static var text: String {
    guard let project = try? Project.current() else { return "Megha" }
    let log = (try? String(contentsOf: project.file("CHANGELOG.md"), encoding: .utf8)) ?? ""
    var parts = ["Megha " + number(in: log)]
    if let commit = git(["log", "-1", "--format=commit %h of %cs"], project), !commit.isEmpty {
      let changes = git(["status", "--porcelain", "--untracked-files=no"], project) ?? ""
      parts.append(changes.isEmpty ? commit : "\(commit), with changes")
    }
    return parts.joined(separator: ", ")
  }

  /// The first heading of the changelog: a number, or that it is not released.
  static func number(in log: String) -> String {
    let heading = log.split(separator: "\n").first { $0.hasPrefix("## ") }
    return heading.map { $0.dropFirst(3).lowercased() } ?? "of no version"
  }

  private static func git(_ arguments: [String], _ project: Project) -> String? {
    // Of this tree, not of one that it happens to lie in.
    guard FileManager.default.fileExists(atPath: project.file(".git").path) else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "-C", project.root.path] + arguments
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
    guard (try? process.run()) != nil else { return nil }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? text.trimmingCharacters(in: .whitespacesAndNewlines) : nil
  }
}
