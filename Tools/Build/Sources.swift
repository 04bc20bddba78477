// Finds the sources of a component and checks what they import.

import Foundation

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
    var modules: [String] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "import"), position + 1 < words.count else { continue }
      let isDeclaration = words[..<position].allSatisfy {
        $0.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains($0)
      }
      if isDeclaration { modules.append(String(words[position + 1])) }
    }
    return modules
  }
}
