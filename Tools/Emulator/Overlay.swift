// The archive of one run: the files that were added and the script for the shell.

import Foundation
import MeghaBuild

/// A file that cannot be given to the guest.
public struct OverlayError: Error, Equatable, CustomStringConvertible {
  public let description: String
}

public enum Overlay {
  /// The lines of a script: commands are separated by semicolons and line ends, except inside quotation marks. In a script
  /// with `esac` in it two semicolons in a row separate choices of `case`, and not commands.
  public static func commands(of script: String) -> [String] {
    var commands: [String] = []
    var command = ""
    var quotation: Character?
    let hasChoices = script.contains("esac")
    for (index, character) in zip(script.indices, script) {
      if hasChoices, quotation == nil, character == ";",
        script[script.index(after: index)...].first == ";" || script[..<index].last == ";"
      {
        command.append(character)
      } else if let mark = quotation {
        if character == mark { quotation = nil }
        command.append(character)
      } else if character == ";" || character.isNewline {
        commands.append(command)
        command = ""
      } else {
        if character == "\"" || character == "'" { quotation = character }
        command.append(character)
      }
    }
    commands.append(command)
    return commands.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// The archive, or nil where there is nothing to put into it. Files lie in `extra/` under their bare names; a
  /// folder gives what is in it, with the paths from there on. What the build has put beside a program for the system goes along:
  /// which rights it takes (`NAME.rights`).
  /// - Parameter judge: is asked with the number of bytes before any of them is read.
  public static func archive(
    files: [URL], script: String?, judge: (_ size: Int) throws -> Void = { _ in }
  ) throws -> [UInt8]? {
    guard !files.isEmpty || script != nil else { return nil }
    var archive = ArchiveWriter()
    var names: Set<String> = []
    let files = try withRights(files).flatMap(expanded)
    try judge(files.reduce(0) { $0 + size(of: $1.url) })
    for (file, name) in files {
      guard names.insert(name).inserted else {
        throw OverlayError(description: "Two files named \(name) were added; the guest has room for one.")
      }
      try archive.add(path: "extra/\(name)", contents: [UInt8](try Data(contentsOf: file)))
    }
    if let script {
      let text = commands(of: script).map { $0 + "\n" }.joined()
      try archive.add(path: "boot/script", contents: Array(text.utf8))
    }
    return archive.finish()
  }

  private static func withRights(_ files: [URL]) -> [URL] {
    let given = Set(files.map { $0.standardized.path })
    return files
      + files.map { $0.appendingPathExtension("rights") }.filter {
        kind(of: $0) == .typeRegular && !given.contains($0.standardized.path)
      }
  }

  private static func size(of file: URL) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: file.resolvingSymlinksInPath().path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }

  /// The files that `url` stands for, with their names in the guest: itself, or those below the folder. What is neither, such as
  /// a device, might never end.
  private static func expanded(_ url: URL) throws -> [(url: URL, name: String)] {
    switch kind(of: url) {
    case nil: throw OverlayError(description: "\(url.path) does not exist.")
    case .typeRegular: return [(url, url.lastPathComponent)]
    case .typeDirectory: return try files(below: url, prefix: "")
    default: throw OverlayError(description: "\(url.path) is neither a file nor a folder.")
    }
  }

  /// Links to folders are not followed, which could lead in a circle, and folders that begin with a dot are left out: tools keep
  /// things of their own there.
  private static func files(below folder: URL, prefix: String) throws -> [(url: URL, name: String)] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().flatMap { name in
      let url = folder.appending(path: name)
      let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
      if attributes?[.type] as? FileAttributeType == .typeDirectory {
        return name.hasPrefix(".") ? [] : try files(below: url, prefix: prefix + name + "/")
      }
      return kind(of: url) == .typeRegular ? [(url, prefix + name)] : []
    }
  }

  /// What lies at `url`, or where a link there leads to.
  private static func kind(of url: URL) -> FileAttributeType? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)
    return attributes?[.type] as? FileAttributeType
  }
}
