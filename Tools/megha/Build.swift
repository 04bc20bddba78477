// `megha build`: the i686 build, and the hidden commands that the build itself calls.

import ArgumentParser
import Foundation
import MeghaBuild
import SymbolTables

struct Build: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Builds the kernel, the modules and the programs, or one program or module outside of the tree.")

  @Argument(
    help: "The folder of a program or module, as `megha new` makes it; it is built into its build folder.")
  var folder: String?

  func run() async throws {
    let project = try Project.current()
    if let folder {
      let path = URL(fileURLWithPath: folder).standardizedFileURL.path
      let name = URL(fileURLWithPath: path).lastPathComponent
      if FileManager.default.fileExists(atPath: "\(path)/Manifest.c") {
        try await project.build(targets: ["\(path)/build/\(name).so"], externalModules: [path])
      } else {
        try await project.build(targets: ["\(path)/build/\(name)"], externalPrograms: [path])
      }
    } else {
      try await project.build()
    }
  }
}

extension Project {
  /// Brings `targets` up to date. It says nothing unless something is wrong.
  func build(
    targets: [String] = TargetBuild.defaultTargets, externalPrograms: [String] = [],
    externalModules: [String] = []
  ) async throws {
    var build = TargetBuild(
      root: root, toolchain: try Toolchain.find(),
      tool: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path)
    build.externalPrograms = externalPrograms
    build.externalModules = externalModules
    let file = try build.write()
    let result = try await ChildProcess.capture("ninja", ["--quiet", "-f", file] + targets, in: root)
    guard result.status == 0 else {
      // What the compilers said, without the commands that ran them.
      let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
      throw Failure(
        "The build failed.\n" + lines.filter { !$0.hasPrefix("ulimit -v") }.joined(separator: "\n"))
    }
  }
}

/// Commands for the ninja file only.
struct Internal: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Steps of the build.", shouldDisplay: false, subcommands: [Symbols.self, Archive.self])

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

  struct Archive: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes the boot archive of programs and modules.")
    @Argument var output: String
    @Argument var files: [String] = []

    func run() throws {
      var archive = BootArchive()
      for file in files {
        let url = URL(fileURLWithPath: file)
        archive.add(
          path: "\(Self.guestFolder(of: url))/\(url.lastPathComponent)", contents: [UInt8](try Data(contentsOf: url)))
      }
      try Data(archive.bytes()).write(to: URL(fileURLWithPath: output))
    }

    /// Where a file of `build/KIND` goes in the guest.
    private static func guestFolder(of file: URL) -> String {
      switch file.deletingLastPathComponent().lastPathComponent {
      case "services": "lib/services"
      case "modules": "lib/modules"
      default: "bin"
      }
    }
  }
}
