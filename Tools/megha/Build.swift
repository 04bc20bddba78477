// `megha build`: the i686 build, and the hidden commands that the build itself calls.

import ArgumentParser
import Checks
import Foundation
import MeghaBuild
import SymbolTables

struct Build: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Builds the kernel, the modules and the programs, or one program, service or module outside of the tree.")

  @Argument(
    help: "The folder of a program, service or module, as `megha new` makes it; it is built into its build folder.")
  var folder: String?

  func run() async throws {
    let project = try Project.current()
    if let folder {
      // Links stay as they were named: what is built lies below them.
      let path = URL(fileURLWithPath: folder, isDirectory: true).standardized.path
      try await project.build(external: path)
    } else {
      try await project.build()
    }
  }
}

extension Project {
  /// In this process, too, one builds at a time. Whoever waits here keeps no thread from the others.
  private static let building = Places(1)

  /// Waits until nobody else builds in this tree, with a word where somebody does.
  func lock() throws -> TreeLock {
    try TreeLock(root: root) { printError("megha: waiting for another ./megha, which builds in this tree") }
  }

  /// Brings the system up to date, or one folder outside of the tree.
  func build(targets: [String] = TargetBuild.defaultTargets, external folder: String? = nil, isDebuggable: Bool = false)
    async throws
  {
    try await build(targets: targets, externals: folder.map { [$0] } ?? [], isDebuggable: isDebuggable)
  }

  /// Brings the system up to date, or some folders outside of the tree. Where that takes time it says how far it is.
  /// - Parameter isDebuggable: what is outside of the tree is not optimized.
  func build(
    targets: [String] = TargetBuild.defaultTargets, externals folders: [String], isDebuggable: Bool = false
  ) async throws {
    var build = TargetBuild(root: root, toolchain: try Toolchain.find(), tool: RunningCommand.path())
    build.hasDebuggablePrograms = isDebuggable
    let targets = folders.isEmpty ? targets : try folders.flatMap { try build.add(external: $0) }
    let result = try await Self.building.use {
      let lock = try lock()
      let file = try build.write()
      let result = try await ChildProcess.follow("ninja", ["-f", file] + targets, in: root)
      lock.release()
      return result
    }
    if !folders.isEmpty {
      for line in result.output.split(separator: "\n") where line.hasPrefix("warning: ") { printError(String(line)) }
    }
    guard result.status == 0 else {
      // What the compilers said, without the commands that ran them.
      let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
      throw Failure(
        "\(MissingHeader.sentence(in: result.output) ?? "The build failed.")\n"
          + lines.filter { !$0.hasPrefix("ulimit -v") }.joined(separator: "\n"))
    }
  }
}

/// Commands for the ninja file only.
struct Internal: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Steps of the build.", shouldDisplay: false, subcommands: [Symbols.self, Code.self, Archive.self])

  struct Symbols: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes the symbol table of a linked image.")
    @Argument var image: String
    @Argument var output: String

    func run() throws {
      let project = try Project.current()
      let table = try SymbolTableBuilder.build(elf: image, root: project.root.path)
      try Data(table).write(to: URL(fileURLWithPath: output))
    }
  }

  struct Code: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Refuses a module with code that no module may have.")
    @Argument var image: String

    func run() throws {
      try ModuleCodeCheck.run(path: image)
      for warning in try ModuleCodeCheck.warnings(path: image) { print("warning: \(warning)") }
    }
  }

  struct Archive: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes the boot archive of programs and modules.")
    @Argument var output: String
    @Argument var files: [String] = []

    func run() throws {
      var archive = ArchiveWriter()
      try archive.add(
        files.map { file in
          let url = URL(fileURLWithPath: file)
          return ArchiveFile(
            path: Self.guestPath(of: url), contents: [UInt8](try Data(contentsOf: url)),
            beginsOnPage: try Self.runsInPlace(url))
        })
      // Somebody may be starting a machine with the one before.
      try Data(archive.finish()).write(to: URL(fileURLWithPath: output), options: .atomic)
    }

    /// Whether a file says what a service or program needs: others, or rights. It lies in the folder of its sources.
    private static func isSaying(_ file: URL) -> Bool {
      let parent = file.deletingLastPathComponent().deletingLastPathComponent().lastPathComponent
      return ["Services", "Programs"].contains(parent) && TargetBuild.sayings.contains(file.lastPathComponent)
    }

    /// Whether a program's code is not to be copied when it runs: it begins on a page then, which costs half a page where no
    /// small file fits in before it. So it must have a few, or be the first process, which always runs. A module is copied.
    private static func runsInPlace(_ file: URL) throws -> Bool {
      guard file.pathExtension != "so", !isSaying(file) else { return false }
      return try file.lastPathComponent == "init" || CodeImage.codePageCount(of: file.path) >= 6
    }

    /// Where a file of `build/KIND`, or what a service or program needs, goes in the guest.
    private static func guestPath(of file: URL) -> String {
      let folder = file.deletingLastPathComponent().lastPathComponent
      let name = file.lastPathComponent
      if isSaying(file) {
        let parent = file.deletingLastPathComponent().deletingLastPathComponent().lastPathComponent
        return "\(parent == "Services" ? "lib/services" : "bin")/\(folder.lowercased()).\(name)"
      }
      switch folder {
      case "services": return "lib/services/\(name)"
      case "modules": return "lib/modules/\(name)"
      default: return "bin/\(name)"
      }
    }
  }
}
