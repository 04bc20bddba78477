// What is built outside of the tree, and in a tree that was somewhere else: the folders of others, judged before the
// compilers see them, and what an earlier build left behind.

import Foundation

/// Why nothing can be built of a folder.
public struct FolderMistake: Error, Equatable, CustomStringConvertible {
  public let description: String
}

extension TargetBuild {
  /// The variable of the ninja file that names the command, and with it the tree.
  static let toolVariable = "megha"

  /// Whether a folder holds a module: its manifest is in C.
  public func isModule(folder: String) -> Bool {
    let base = folder.hasPrefix("/") ? URL(fileURLWithPath: folder) : root.appending(path: folder)
    return FileManager.default.fileExists(atPath: base.appending(path: "Manifest.c").path)
  }

  /// Whether a folder holds a kernel of its own: it says where that is loaded.
  public func isKernel(folder: String) -> Bool {
    FileManager.default.fileExists(
      atPath: URL(fileURLWithPath: folder, relativeTo: root).appending(path: Components.kernelScript).path)
  }

  /// Whether a folder holds a service: it names the type that is placed.
  func isService(folder: String) throws -> Bool {
    try Sources.find(in: folder, root: root).swift.contains {
      try String(contentsOf: URL(fileURLWithPath: $0, relativeTo: root), encoding: .utf8)
        .contains("typealias PlacedService")
    }
  }

  /// Adds a folder outside of the tree, and returns what is built of it.
  public mutating func add(external folder: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
      throw FolderMistake(description: "There is no folder \(folder).")
    }
    guard isFolder.boolValue else {
      throw FolderMistake(description: "\(folder) is no folder; what is built is the folder with the sources.")
    }
    // Ninja separates by the first and has no way to write the others.
    guard !folder.unicodeScalars.contains(where: { $0 == "|" || $0.properties.generalCategory == .control }) else {
      throw FolderMistake(
        description: "\(folder) has a | or a control character in its path, which the build cannot name.")
    }
    let output = "\(folder)/build/\(URL(fileURLWithPath: folder).lastPathComponent)"
    if isKernel(folder: folder) {
      externalKernels.append(folder)
      return ["\(output).elf"]
    }
    if isModule(folder: folder) {
      externalModules.append(folder)
      return ["\(output).so"]
    }
    guard Sources.find(in: folder, root: root).isCompiled else {
      throw FolderMistake(description: "\(folder) has no sources in Swift or C.")
    }
    externalPrograms.append(folder)
    return try isService(folder: folder) ? [output, "\(output).so"] : [output]
  }

  /// The C file that names a service and says that its module is one.
  func writeManifest(ofService folder: String, name: String) throws {
    let place = Components.manifestFolder(ofService: folder)
    let base = place.hasPrefix("/") ? URL(fileURLWithPath: place) : root.appending(path: place)
    let literal = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    try Self.write(
      "#define SERVICE_NAME \"\(literal)\"\n#include \"service_manifest.h\"\n", to: base.appending(path: "Manifest.c"))
  }

  /// Has all be built anew where the last build was made by the command of another folder: this tree was moved or copied.
  /// What was compiled there names that folder, in debug information and in the compiler's cache.
  func forgetWhatWasMadeElsewhere() {
    let folder = root.appending(path: "build")
    let start = "\(Self.toolVariable) = "
    let tools = ["build.ninja", "external.ninja"].compactMap { name in
      (try? String(contentsOf: folder.appending(path: name), encoding: .utf8))?
        .split(separator: "\n").first { $0.hasPrefix(start) }
    }
    guard let last = tools.first, last != start + NinjaFile.quoted(tool) else { return }
    // Without its log ninja takes nothing for up to date.
    for name in ["module-cache", ".ninja_log", ".ninja_deps"] {
      try? FileManager.default.removeItem(at: folder.appending(path: name))
    }
  }
}
