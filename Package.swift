// swift-tools-version: 6.2
// The host side of Megha: the portable kernel libraries and their tests, and the `megha` command.
// The same library folders are compiled a second time, for i686, by the build that `megha` drives
// (docs/decisions/0001-two-builds-one-tree.md). Imports point one way: a target may import only
// what it lists here, and the i686 build checks the same lists.
import PackageDescription

let portable: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
]
let host: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// The optimizer runs, also in a debug build: for what is called millions of times.
let fast: [SwiftSetting] = [.unsafeFlags(["-O"])]

/// Tasks on stacks of their own: the run-time checks of exclusive access keep their state by thread, and would take two
/// tasks for one.
let flows: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"])]

/// The module files that must be refused.
let cases: [Target.Dependency] = ["ModuleCases"]

/// Where values of a library are ended in its tests, both are optimized: code that is not does not call an optimized `deinit`.
///
/// A portable kernel library: `Kernel/<name>`, tested by `Tests/<name>Tests`.
/// `testDependencies` are for its tests alone.
func kernelLibrary(
  _ name: String, dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = [],
  testDependencies: [Target.Dependency] = []
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, path: "Kernel/\(name)", swiftSettings: portable + fast),
    .testTarget(
      name: "\(name)Tests",
      dependencies: [.target(name: name), "TestSupport"] + dependencies + testDependencies,
      path: "Tests/\(name)Tests", swiftSettings: host + settings),
  ]
}

/// A part of the kernel that has state, on the machine for tests. The suites of Tests/KernelTests run them all.
func kernelPart(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies + ["MachineSupport", "Platform", "Primitives"], path: "Kernel/\(name)",
    swiftSettings: portable + fast + flows)
}

let package = Package(
  name: "megha",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
  ],
  targets: [
    .target(name: "ABI", path: "ABI/Interface", swiftSettings: portable),
    .systemLibrary(name: "MachineLayout", path: "Tests/HostedMachine/Layout"),
    .systemLibrary(name: "ModuleInterface", path: "Modules/include"),
    .target(
      name: "MachineSupport", dependencies: ["MachineLayout"], path: "Tests/HostedMachine", exclude: ["Layout"],
      swiftSettings: host + fast + flows),
    .target(
      name: "Platform", dependencies: ["Drivers", "MachineSupport", "Primitives"], path: "Machine/Platform",
      swiftSettings: host + fast),
    .target(
      name: "Machine", dependencies: ["Drivers", "MachineSupport", "Platform", "Primitives", "Scheduling"],
      path: "Machine",
      exclude: [
        "Platform", "boot.S", "call_page.S", "cpu_area.inc", "entry.S", "include", "ipc.S", "ipc.inc", "ipc_message.S",
        "kernel.ld", "memory.S", "module_call.S",
        "module_door.S", "switch.S",
      ],
      swiftSettings: host + fast),
    .target(
      name: "Kernel",
      dependencies: [
        "ABI", "Boot", "Consoles", "DeviceClaims", "Devices", "Diagnostics", "Drivers", "Executables", "FaultReports",
        "Files", "Firmware", "IPC", "Jobs", "LinkedModules", "Machine", "MachineSupport", "Memory", "Messages",
        "ModuleInterface", "Modules", "Mounts", "Objects", "Platform", "Primitives", "Processes", "Scheduling",
        "SystemCalls",
        "VirtualMemory",
      ],
      path: "Image", exclude: ["Modules/Exports.swift", "Modules/Generated", "RuntimeMemory.swift"],
      swiftSettings: host + fast + flows + [.enableExperimentalFeature("Lifetimes")]),
    .testTarget(
      name: "KernelTests",
      dependencies: [
        "ABI", "Boot", "FileSystems", "IPC", "Kernel", "Machine", "MachineSupport", "MeghaBuild", "Objects", "Platform",
        "Primitives", "ServiceSupport",
        "Processes", "Scheduling", "TestSupport",
      ],
      path: "Tests/KernelTests", swiftSettings: host + fast + flows),
    .target(
      name: "ServiceSupport", dependencies: ["ABI", "Primitives"], path: "Services/Support", swiftSettings: portable),
    .target(name: "StoreService", dependencies: ["ServiceSupport"], path: "Services/Store", swiftSettings: portable),
    .target(name: "LogService", dependencies: ["ServiceSupport"], path: "Services/Log", swiftSettings: portable),
    .target(
      name: "FilesService", dependencies: ["ABI", "FileSystems", "Primitives", "ServiceSupport"],
      path: "Services/Files", swiftSettings: portable),
    .testTarget(
      name: "ServicesTests",
      dependencies: [
        "ABI", "FileSystems", "FilesService", "LogService", "ServiceSupport", "StoreService", "TestSupport",
      ],
      path: "Tests/ServicesTests", swiftSettings: host),
    .target(name: "ABIDefinition", path: "ABI/Definition", swiftSettings: host),
    .testTarget(
      name: "ABITests", dependencies: ["ABI", "ABIDefinition"], path: "Tests/ABITests",
      swiftSettings: host),
    .target(
      name: "Drivers", dependencies: ["Primitives"], path: "Drivers", swiftSettings: portable),
    .testTarget(
      name: "DriversTests", dependencies: ["Drivers", "Primitives", "TestSupport"],
      path: "Tests/DriversTests", swiftSettings: host),
    .target(
      name: "FileSystems", dependencies: ["ABI", "Primitives", "ServiceSupport"], path: "FileSystems",
      swiftSettings: portable + fast),
    .target(
      name: "LinuxPersonality", dependencies: ["ABI", "Primitives", "ServiceSupport"], path: "Personalities/Linux",
      swiftSettings: portable),
    .testTarget(
      name: "LinuxPersonalityTests", dependencies: ["ABI", "LinuxPersonality", "ServiceSupport", "TestSupport"],
      path: "Tests/LinuxPersonalityTests", swiftSettings: host),
    .testTarget(
      name: "FileSystemsTests", dependencies: ["ABI", "FileSystems", "Primitives", "ServiceSupport", "TestSupport"],
      path: "Tests/FileSystemsTests", swiftSettings: host),
    .target(
      name: "SDK", dependencies: ["ABI", "Primitives"], path: "Userland/SDK/Portable", swiftSettings: portable),
    .target(name: "DiskLoad", path: "Tests/Guest/Programs/diskload/Portable", swiftSettings: portable),
    .target(
      name: "Injection", dependencies: ["ABI", "Primitives", "SDK"], path: "Tests/Guest/Programs/inject/Portable",
      swiftSettings: portable),
    .target(
      name: "Management", dependencies: ["ABI", "Primitives", "SDK", "ServiceSupport"],
      path: "Userland/Programs/manager/Portable",
      swiftSettings: portable),
    .target(
      name: "ShellLanguage", dependencies: ["Primitives", "SDK"], path: "Userland/Programs/shell/Portable",
      swiftSettings: portable),
    .target(
      name: "Editing", dependencies: ["Primitives", "SDK"], path: "Userland/Programs/edit/Portable",
      swiftSettings: portable),
    .testTarget(
      name: "UserlandTests",
      dependencies: [
        "ABI", "Drivers", "Editing", "Injection", "Management", "Primitives", "SDK", "ShellLanguage", "TestSupport",
      ],
      path: "Tests/UserlandTests", swiftSettings: host),
    .target(
      name: "TestSupport", dependencies: ["Boot", "Primitives"], path: "Tests/TestSupport", swiftSettings: host),
    .executableTarget(
      name: "megha",
      dependencies: [
        "ABIDefinition", "Benchmarks", "Boot", "Checks", "DebugTypes", "DiskLoad", "Emulator", "Generator",
        "Injections", "Labs",
        "MeghaBuild", "ModuleCases",
        "Primitives", "Profiler", "SymbolTables",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tools/megha", swiftSettings: host),
    .target(name: "ModuleCases", path: "Tests/ModuleCases", swiftSettings: host),
    .target(name: "Benchmarks", dependencies: ["Reports"], path: "Tools/Bench", swiftSettings: host),
    .testTarget(
      name: "BenchTests", dependencies: ["Benchmarks", "Reports"], path: "Tests/BenchTests", swiftSettings: host),
    .target(name: "DebugTypes", path: "Tools/DebugTypes", swiftSettings: host + fast),
    .target(name: "Injections", dependencies: ["Reports"], path: "Tools/Injection", swiftSettings: host),
    .target(name: "Labs", path: "Tools/Labs", swiftSettings: host),
    .testTarget(name: "LabTests", dependencies: ["Labs"], path: "Tests/LabTests", swiftSettings: host),
    .target(name: "Checks", dependencies: ["Emulator", "Reports"], path: "Tools/Checks", swiftSettings: host),
    .target(
      name: "Emulator",
      dependencies: [
        "Drivers", "Files", "MeghaBuild", "Primitives",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], path: "Tools/Emulator", swiftSettings: host),
    .target(
      name: "Generator", dependencies: ["ABIDefinition", "LinuxPersonality"], path: "Tools/Generator",
      swiftSettings: host),
    .target(
      name: "MeghaBuild", dependencies: ["ABI", "Boot", "Primitives", "SDK"], path: "Tools/Build",
      exclude: ["symbols.S"], swiftSettings: host),
    .target(
      name: "Profiler", dependencies: ["Reports", "SymbolTables"], path: "Tools/Profiler", swiftSettings: host + fast),
    .target(name: "Reports", path: "Tools/Reports", swiftSettings: host),
    .target(
      name: "SymbolTables", dependencies: ["Diagnostics", "Executables", "Primitives"], path: "Tools/SymbolTables",
      swiftSettings: host + fast),
    .testTarget(
      name: "ToolTests",
      dependencies: [
        "ABI", "ABIDefinition", "Checks", "DebugTypes", "Diagnostics", "Drivers", "Emulator", "Generator", "Injections",
        "MeghaBuild", "Primitives", "Profiler", "SymbolTables", "TestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/ToolTests", swiftSettings: host),
  ]
    + [
      kernelPart("Consoles", ["Diagnostics", "Drivers", "Scheduling"]),
      kernelPart(
        "VirtualMemory",
        [
          "ABI", "Boot", "Consoles", "Diagnostics", "Executables", "Jobs", "Memory", "Scheduling",
        ]),
      kernelPart(
        "Objects",
        [
          "ABI", "Consoles", "Diagnostics", "Files", "Jobs", "Memory", "Messages", "Scheduling", "Terminals",
          "VirtualMemory",
        ]),
      kernelPart("IPC", ["ABI", "Memory", "Messages", "Modules", "Objects", "Scheduling", "VirtualMemory"]),
      kernelPart(
        "Mounts",
        ["ABI", "Files", "IPC", "Jobs", "Memory", "Messages", "Objects", "Scheduling", "VirtualMemory"]),
      kernelPart(
        "Devices",
        [
          "ABI", "Boot", "Consoles", "DeviceClaims", "Diagnostics", "Drivers", "Firmware", "Memory", "Messages",
          "Objects", "Scheduling", "VirtualMemory",
        ]),
      kernelPart(
        "Processes",
        [
          "ABI", "Consoles", "Diagnostics", "Executables", "IPC", "Jobs", "Memory", "Messages", "Mounts", "Objects",
          "Scheduling", "VirtualMemory",
        ]),
      kernelPart(
        "FaultReports",
        [
          "ABI", "Consoles", "Diagnostics", "Executables", "Jobs", "Memory", "Objects", "Processes", "Scheduling",
          "VirtualMemory",
        ]),
      kernelPart(
        "LinkedModules",
        [
          "ABI", "Boot", "Consoles", "DeviceClaims", "Devices", "Diagnostics", "Executables", "FaultReports", "IPC",
          "Memory", "Messages", "ModuleInterface", "Modules", "Objects", "Processes", "Scheduling", "VirtualMemory",
        ]),
      kernelPart(
        "SystemCalls",
        [
          "ABI", "Consoles", "DeviceClaims", "Devices", "Diagnostics", "FaultReports", "Files", "IPC", "Jobs",
          "LinkedModules", "Memory", "Messages", "Modules", "Mounts", "Objects", "Processes", "Scheduling",
          "VirtualMemory",
        ]),
    ]
    + kernelLibrary("Primitives")
    + kernelLibrary("Boot", dependencies: ["Primitives"], testDependencies: ["MeghaBuild"])
    + kernelLibrary("Firmware", dependencies: ["Primitives"])
    + kernelLibrary("Memory", dependencies: ["Primitives"], settings: fast)
    + kernelLibrary("Executables", dependencies: ["Primitives"], settings: fast)
    + kernelLibrary("Files", dependencies: ["Primitives"], testDependencies: ["MeghaBuild"])
    + kernelLibrary("Diagnostics", dependencies: ["Primitives"])
    + kernelLibrary("Scheduling", dependencies: ["Platform", "Primitives"], testDependencies: ["MachineSupport"])
    + kernelLibrary("Jobs", dependencies: ["ABI", "Platform", "Primitives", "Scheduling"])
    + kernelLibrary("DeviceClaims", dependencies: ["ABI", "Primitives", "Scheduling"])
    + kernelLibrary("Messages", dependencies: ["ABI", "Jobs", "Primitives", "Scheduling"])
    + kernelLibrary("Terminals", dependencies: ["ABI", "Primitives"])
    + kernelLibrary("Modules", dependencies: ["Primitives", "Executables"], settings: fast, testDependencies: cases),
  swiftLanguageModes: [.v6])
