// The components of Megha: what depends on what. Package.swift repeats the portable ones for the host; a test
// compares the two lists.

import Foundation

public enum Components {
  /// The module `Platform`. On the host it drives the machine of Tests/HostedMachine.
  static let platformFolder = "Machine/Platform"
  static let machineHeaders = Component.Headers(module: "MachineSupport", folder: "Machine/include")
  static let moduleHeaders = Component.Headers(module: "ModuleInterface", folder: "Modules/include")
  static let portHeaders = Component.Headers(module: "PortInstructions", folder: "Modules/include")
  static let userHeaders = Component.Headers(module: "UserSupport", folder: "Userland/include")

  /// The libraries of Kernel, ABI and Drivers, which are compiled on the host too.
  public static let portable: [Component] = [
    library("Primitives"),
    Component("ABI", folder: "ABI/Interface", kind: .portableLibrary),
    library("Boot", ["Primitives"]),
    library("Firmware", ["Primitives"]),
    library("Memory", ["Primitives"]),
    library("Executables", ["Primitives"]),
    library("Files", ["Primitives"]),
    library("Diagnostics", ["Primitives"]),
    library("Scheduling", ["Platform", "Primitives"], headers: [machineHeaders]),
    library("DeviceClaims", ["ABI", "Primitives", "Scheduling"]),
    library("Jobs", ["ABI", "Platform", "Primitives", "Scheduling"], headers: [machineHeaders]),
    library("Messages", ["ABI", "Jobs", "Primitives", "Scheduling"], headers: [machineHeaders]),
    library("Terminals", ["ABI", "Primitives"]),
    library("Modules", ["Primitives", "Executables"]),
    Component(
      "ServiceSupport", folder: "Services/Support", kind: .portableLibrary, dependencies: ["ABI", "Primitives"]),
    Component("Drivers", folder: "Drivers", kind: .portableLibrary, dependencies: ["Primitives"]),
    Component(
      "FileSystems", folder: "FileSystems", kind: .portableLibrary,
      dependencies: ["ABI", "Primitives", "ServiceSupport"]),
    Component(
      "LinuxPersonality", folder: "Personalities/Linux", kind: .portableLibrary,
      dependencies: ["ABI", "Primitives", "ServiceSupport"]),
  ]

  /// The parts of the kernel that have state, each above those before it. On the host they run on the machine of
  /// Tests/HostedMachine.
  public static let trunk: [Component] = [
    part(
      "Consoles", ["Diagnostics", "Drivers", "Platform", "Primitives", "Scheduling"]),
    part(
      "VirtualMemory",
      [
        "ABI", "Boot", "Consoles", "Diagnostics", "Executables", "Jobs", "Memory", "Platform", "Primitives",
        "Scheduling",
      ]),
    part(
      "Objects",
      [
        "ABI", "Consoles", "Diagnostics", "Files", "Jobs", "Memory", "Messages", "Platform", "Primitives",
        "Scheduling", "Terminals", "VirtualMemory",
      ]),
    part(
      "IPC",
      ["ABI", "Memory", "Messages", "Modules", "Objects", "Platform", "Primitives", "Scheduling", "VirtualMemory"]),
    part(
      "Mounts",
      [
        "ABI", "Files", "IPC", "Jobs", "Memory", "Messages", "Objects", "Platform", "Primitives", "Scheduling",
        "VirtualMemory",
      ]),
    part(
      "Devices",
      [
        "ABI", "Boot", "Consoles", "DeviceClaims", "Diagnostics", "Drivers", "Firmware", "Memory", "Messages",
        "Objects", "Platform", "Primitives", "Scheduling", "VirtualMemory",
      ]),
    part(
      "Processes",
      [
        "ABI", "Consoles", "Diagnostics", "Executables", "IPC", "Jobs", "Memory", "Messages", "Mounts", "Objects",
        "Platform", "Primitives", "Scheduling", "VirtualMemory",
      ]),
    part(
      "FaultReports",
      [
        "ABI", "Consoles", "Diagnostics", "Executables", "Jobs", "Memory", "Objects", "Platform", "Primitives",
        "Processes", "Scheduling", "VirtualMemory",
      ]),
    part(
      "LinkedModules",
      [
        "ABI", "Boot", "Consoles", "DeviceClaims", "Devices", "Diagnostics", "Executables", "FaultReports", "IPC",
        "Memory", "Messages", "Modules", "Objects", "Platform", "Primitives", "Processes", "Scheduling",
        "VirtualMemory",
      ], headers: [moduleHeaders]),
    part(
      "SystemCalls",
      [
        "ABI", "Consoles", "DeviceClaims", "Devices", "Diagnostics", "FaultReports", "IPC", "Jobs", "LinkedModules",
        "Files", "Memory", "Messages", "Modules", "Mounts", "Objects", "Platform", "Primitives", "Processes",
        "Scheduling", "VirtualMemory",
      ]),
  ]

  /// Portable libraries that only services are built on.
  private static let ofServices = ["FileSystems", "LinuxPersonality", "ServiceSupport"]

  /// The hardware access and the kernel's composition root.
  public static let kernel: [Component] = [
    Component(
      "Platform", folder: platformFolder, kind: .machineLibrary, side: .kernel,
      dependencies: ["Drivers", "Primitives"],
      headers: [machineHeaders]),
    Component(
      "Machine", folder: "Machine", without: [platformFolder], kind: .machineLibrary, side: .kernel,
      dependencies: ["ABI", "Primitives", "Boot", "Memory", "Diagnostics", "Platform", "Scheduling", "Drivers"],
      headers: [machineHeaders]),
    Component(
      "Kernel", folder: "Image", kind: .image(linkerScript: "Machine/kernel.ld"), side: .kernel,
      dependencies: (portable + trunk).map { $0.name }.filter { !ofServices.contains($0) } + ["Machine", "Platform"],
      headers: [machineHeaders, moduleHeaders]),
  ]

  /// What every linked module is built on. A module has its own memory functions, so that a fault in them is a fault
  /// in the module.
  public static let modules: [Component] = [
    Component(
      "ModuleSupport", folder: "Modules/Support", kind: .machineLibrary, side: .kernel,
      dependencies: ["Primitives", "Drivers", "ServiceSupport"], headers: [moduleHeaders, portHeaders],
      sharedAssembly: ["Userland/Runtime/memory.S"])
  ]

  /// What every program is built on.
  public static let userland: [Component] = [
    Component(
      "Runtime", folder: "Userland/Runtime", kind: .machineLibrary, side: .user,
      dependencies: ["ABI", "Primitives", "Memory"], headers: [userHeaders]),
    Component(
      "SDK", folder: "Userland/SDK", kind: .machineLibrary, side: .user,
      dependencies: ["ABI", "Primitives", "Runtime", "ServiceSupport"], headers: [userHeaders]),
  ]

  /// The kernel that `megha doctor` boots: as little as shows that the toolchain works.
  public static let probe = Component(
    "Probe", folder: "Tools/Probe", kind: .image(linkerScript: "Tools/Probe/probe.ld"), side: .kernel,
    headers: [Component.Headers(module: "ProbeSupport", folder: "Tools/Probe/include")])

  /// What the linker script of a kernel outside of the tree is called.
  static let kernelScript = "kernel.ld"

  /// A kernel outside of the tree, which has nothing of Megha's but the functions that compilers call for memory.
  public static func ownKernel(folder: String) -> Component {
    Component(
      capitalized(identifier(of: folder)) + "Kernel", folder: folder,
      kind: .image(linkerScript: "\(folder)/\(kernelScript)"), side: .kernel,
      headers: ownHeaders(in: folder, root: URL(fileURLWithPath: "/")), sharedAssembly: ["Userland/Runtime/memory.S"])
  }

  /// The headers of a component's own: its folder `include`, under the name that the module map there says.
  private static func ownHeaders(in folder: String, root: URL) -> [Component.Headers] {
    let base = folder.hasPrefix("/") ? URL(fileURLWithPath: folder) : root.appending(path: folder)
    let map = base.appending(path: "include/module.modulemap")
    guard let text = try? String(contentsOf: map, encoding: .utf8) else { return [] }
    let words = text.split { $0.isWhitespace || $0 == "{" }
    guard let keyword = words.firstIndex(of: "module"), words.indices.contains(keyword + 1) else { return [] }
    return [Component.Headers(module: String(words[keyword + 1]), folder: "\(folder)/include")]
  }

  public static let programScript = "Userland/program.ld"

  /// The name of a folder as Swift takes one: what may not be in it becomes an underscore.
  private static func identifier(of folder: String) -> String {
    let name = URL(fileURLWithPath: folder).lastPathComponent
    let word = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return word.first?.isNumber == true ? "_" + word : word
  }

  private static func capitalized(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

  /// A program: a folder of Swift, C or both; its Swift module has the same name with a capital letter.
  /// - Parameter sharedFolders: folders whose sources are compiled together with its own.
  public static func program(folder: String, sharedFolders: [String] = []) -> Component {
    Component(
      capitalized(identifier(of: folder)) + "Program", folder: folder, sharedFolders: sharedFolders,
      kind: .image(linkerScript: programScript), side: .user,
      dependencies: ["ABI", "Primitives", "Runtime", "SDK", "ServiceSupport", "Executables", "Modules"],
      headers: [userHeaders])
  }

  /// A service as a program: its own sources with the file that serves its name.
  public static func serviceProgram(folder: String) -> Component {
    Component(
      identifier(of: folder) + "Server", folder: folder, sharedFolders: ["Services/Server", "Services/Devices"],
      kind: .image(linkerScript: programScript), side: .user,
      dependencies: [
        "ABI", "Primitives", "Runtime", "SDK", "ServiceSupport", "Drivers", "FileSystems", "LinuxPersonality",
      ],
      headers: [userHeaders])
  }

  /// The names that a module shows to others where its folder has no `exports.map` of its own.
  public static let moduleExports = "Modules/module.map"

  private static let moduleDependencies = [
    "ABI", "Primitives", "Drivers", "FileSystems", "LinuxPersonality", "ModuleSupport", "ServiceSupport",
  ]

  /// A module: a folder of Swift, or C, with a manifest in C. Headers in its folder `include` are its own.
  ///
  /// - Parameter instance: the number of this one where the same sources make several modules.
  public static func module(folder: String, root: URL, instance: Int? = nil) -> Component {
    let type = capitalized(identifier(of: folder))
    return Component(
      "\(type)Module\(instance.map { "\($0)" } ?? "")", folder: folder, kind: .module, side: .kernel,
      dependencies: moduleDependencies,
      headers: [moduleHeaders, portHeaders] + ownHeaders(in: folder, root: root),
      cFlags: instance.map { ["-DINSTANCE=\($0)", "-DPREVIOUS=\($0 - 1)"] } ?? [])
  }

  /// Where the build writes a service's manifest.
  static func manifestFolder(ofService folder: String) -> String {
    if folder.hasPrefix("/") { return "\(folder)/build/manifest" }
    return "build/manifests/\(URL(fileURLWithPath: folder).lastPathComponent)"
  }

  /// A service as a module: its own sources with the file that gives a module its functions, and a manifest.
  public static func serviceModule(folder: String) -> Component {
    Component(
      identifier(of: folder) + "Linked", folder: folder,
      sharedFolders: ["Services/Module", "Services/Devices", manifestFolder(ofService: folder)], kind: .module,
      side: .kernel,
      dependencies: moduleDependencies, headers: [moduleHeaders, portHeaders], cFlags: ["-I", "Services/Module"])
  }

  private static func part(_ name: String, _ dependencies: [String], headers: [Component.Headers] = []) -> Component {
    Component(
      name, folder: "Kernel/\(name)", kind: .kernelLibrary, side: .kernel, dependencies: dependencies,
      headers: [machineHeaders] + headers)
  }

  private static func library(
    _ name: String, _ dependencies: [String] = [], headers: [Component.Headers] = []
  ) -> Component {
    Component(name, folder: "Kernel/\(name)", kind: .portableLibrary, dependencies: dependencies, headers: headers)
  }
}
