// Finds the sources of a component and checks what they import.

import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// The files of one component, relative to the root of the tree, in alphabetical order.
public struct Sources: Sendable, Equatable {
  public var swift: [String] = []
  public var c: [String] = []
  public var assembly: [String] = []
  /// Headers, module maps and files that assembly includes.
  public var headers: [String] = []

  /// Whether there is anything in Swift or C to make an image of.
  var isCompiled: Bool { !swift.isEmpty || !c.isEmpty }

  public static func find(in folder: String, root: URL) -> Sources {
    var sources = Sources()
    let base = folder.hasPrefix("/") ? URL(fileURLWithPath: folder) : root.appending(path: folder)
    for path in files(below: base).sorted() where !path.hasPrefix("build/") {
      let file = "\(folder)/\(path)"
      switch URL(fileURLWithPath: path).pathExtension {
      case "swift": sources.swift.append(file)
      case "c": sources.c.append(file)
      case "S": sources.assembly.append(file)
      case "h", "inc", "modulemap": sources.headers.append(file)
      default: break
      }
    }
    return sources
  }

  /// The files below a folder, also below folders that are links; one that leads back to where it came from is not followed.
  private static func files(below folder: URL, under parents: Set<String> = []) -> [String] {
    let manager = FileManager.default
    let place = folder.resolvingSymlinksInPath().path
    guard !parents.contains(place), let names = try? manager.contentsOfDirectory(atPath: place) else { return [] }
    return names.flatMap { name in
      var isFolder: ObjCBool = false
      let url = folder.appending(path: name)
      guard manager.fileExists(atPath: url.path, isDirectory: &isFolder) else { return [String]() }
      return isFolder.boolValue ? files(below: url, under: parents.union([place])).map { "\(name)/\($0)" } : [name]
    }
  }

  /// The sources of a component, in its own folder and in those that it shares.
  public static func find(of component: Component, root: URL) -> Sources {
    var sources = find(in: component.folder, root: root)
    for folder in component.without {
      sources.swift.removeAll { $0.hasPrefix("\(folder)/") }
      sources.assembly.removeAll { $0.hasPrefix("\(folder)/") }
    }
    for folder in component.sharedFolders {
      let shared = find(in: folder, root: root)
      sources.swift += shared.swift
      sources.c += shared.c
      sources.assembly += shared.assembly
      sources.headers += shared.headers
    }
    return sources
  }

  /// Modules that come with the compiler.
  static let compilerModules: Set<String> = ["Swift", "Synchronization", "_Volatile", "Builtin"]

  /// The first import in the sources that `component` does not declare.
  public func undeclaredImport(of component: Component, root: URL) throws -> ComponentMistake? {
    let allowed = Set(component.dependencies).union(component.headers.map { $0.module })
      .union(Self.compilerModules)
    for file in swift {
      let url = file.hasPrefix("/") ? URL(fileURLWithPath: file) : root.appending(path: file)
      let text = try String(contentsOf: url, encoding: .utf8)
      for module in Self.imports(in: text) where !allowed.contains(module) {
        return .undeclaredImport(component: component.name, file: file, module: module)
      }
    }
    return nil
  }

  /// The modules that a Swift file imports.
  public static func imports(in text: String) -> [String] {
    linesWithImport(text).compactMap { line in
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "import"), position + 1 < words.count else { return nil }
      let isDeclaration = words[..<position].allSatisfy {
        $0.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains($0)
      }
      return isDeclaration ? String(words[position + 1]) : nil
    }
  }

  /// The lines in which that word may be. Every command that builds asks this of all sources, so the C library searches.
  private static func linesWithImport(_ text: String) -> [String] {
    var lines: [String] = []
    text.withCString { text in
      var rest = text
      while let word = strstr(rest, "import") {
        var line = UnsafePointer(word)
        while line > rest, line[-1] != 0x0a { line -= 1 }
        let length = strcspn(line, "\n")
        let bytes = UnsafeRawBufferPointer(start: line, count: length)
        lines.append(String(decoding: bytes, as: UTF8.self))
        rest = line + length
      }
    }
    return lines
  }
}

/// What was found in the folders of a tree, each looked at once: parts of a build ask for the same ones again and again.
final class FoundSources {
  private let root: URL
  private var found: [String: Sources] = [:]
  /// The components whose imports were looked at.
  private var judged: Set<String> = []

  init(root: URL) { self.root = root }

  func find(in folder: String) -> Sources {
    if let sources = found[folder] { return sources }
    let sources = Sources.find(in: folder, root: root)
    found[folder] = sources
    return sources
  }

  /// The sources of a component, with imports that it declares.
  func find(of component: Component) throws -> Sources {
    let sources = Sources.find(of: component, root: root)
    if judged.insert("\(component.name) \(component.folder)").inserted,
      let mistake = try sources.undeclaredImport(of: component, root: root)
    {
      throw mistake
    }
    return sources
  }
}
