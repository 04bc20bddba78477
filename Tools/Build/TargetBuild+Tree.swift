// What the tree holds for the build, folder by folder, and where what is built of it goes.

import Foundation

extension TargetBuild {
  /// What `megha run` needs.
  public static let defaultTargets = ["build/kernel.elf", "build/boot.cpio"]
  public static let probeTarget = "build/probe.elf"
  /// The plugin for QEMU with which `megha profile` counts.
  public static let profilerPlugin = "build/profiler/plugin.so"
  /// The plugin that ends a run after a number of instructions.
  public static let counterPlugin = "build/profiler/counter.so"

  /// The program of the guest that measures for `megha bench`. It is part of no archive but that of its own machine, where it
  /// lies beside what is measured: so it has a name that nobody gives to a program.
  public static let measuringProgram = "build/tools/megha-measure"

  /// The programs of the tree, by folder.
  public func programFolders() -> [String] { folders(in: "Userland/Programs") }

  /// Programs and modules that only tests start. The boot archive does without them: a test adds them to its machine.
  static let testPrograms = "Tests/Guest/Programs"
  static let testModules = "Tests/Guest/Modules"

  /// The files of those, for the tree in `root`.
  public static func testTargets(root: URL) -> [String] {
    names(in: testPrograms, root: root).map { testOutput($0) }
      + names(in: testModules, root: root).map { testOutput($0, isModule: true) }
  }

  static func testOutput(_ name: String, isModule: Bool = false) -> String {
    "build/tests/\(name)\(isModule ? ".so" : "")"
  }

  static func names(in parent: String, root: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: parent).path)) ?? []).sorted()
  }

  /// The services of the tree, by folder. `Support`, `Server` and `Module` are what services share.
  public func serviceFolders() -> [String] {
    folders(in: "Services").filter {
      !["Services/Devices", "Services/Support", "Services/Server", "Services/Module"].contains($0)
    }
  }

  private func folders(in parent: String) -> [String] {
    Self.names(in: parent, root: root).map { "\(parent)/\($0)" }
      .filter { Sources.find(in: $0, root: root).isCompiled }
  }

  /// The modules of the tree, by folder.
  public func moduleFolders() -> [String] {
    Self.names(in: "Modules", root: root).map { "Modules/\($0)" }
      .filter { !["Modules/Support", "Modules/include"].contains($0) && isModule(folder: $0) }
  }

  /// The numbers of the modules that a folder makes, where its file `instances` says how many; else one without.
  func instances(of folder: String) -> [Int?] {
    let file = root.appending(path: folder).appending(path: "instances")
    guard let text = try? String(contentsOf: file, encoding: .utf8),
      let count = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    else { return [nil] }
    return (0..<count).map { $0 }
  }
}
