// Turns the components into a ninja file: what is compiled from what, with which flags, and how the images are
// linked. Ninja then does only what is out of date.
//
// All modules are compiled to LLVM bitcode and meet in the linker, which inlines across them and, knowing the
// final addresses, makes code that is not position-independent (docs/decisions/0001-two-builds-one-tree.md).

import Foundation

/// The i686 build of a tree.
public struct TargetBuild: Sendable {
  public let root: URL
  public let toolchain: Toolchain
  /// The command `megha` itself, which makes symbol tables and archives for the build.
  public let tool: String
  /// Programs and modules outside of the tree: a folder each.
  public var externalPrograms: [String] = []
  /// Programs outside of the tree are not optimized, and what they are linked with stays as it is.
  public var hasDebuggablePrograms = false
  public var externalModules: [String] = []
  /// Kernels outside of the tree.
  public var externalKernels: [String] = []

  /// Compilers have been seen to hang or to take all memory: seconds, and KiB of address space.
  static let timeLimit = 900
  static let memoryLimit = 12_000_000

  public init(root: URL, toolchain: Toolchain, tool: String) {
    self.root = root
    self.toolchain = toolchain
    self.tool = tool
  }

  /// The text of the ninja file.
  /// - Throws: `ComponentMistake` when an import is not declared.
  public func ninjaFile() throws -> String {
    var graph = Graph(build: self)
    graph.writeRules()
    for variant in KernelVariant.allCases { try graph.addKernel(variant) }
    try graph.addKernel(Components.probe, output: Self.probeTarget)
    for folder in externalKernels {
      let name = URL(fileURLWithPath: folder).lastPathComponent
      try graph.addKernel(Components.ownKernel(folder: folder), output: "\(folder)/build/\(name).elf")
    }
    graph.addPlugins()
    var programs: [String] = []
    for folder in programFolders() {
      let name = URL(fileURLWithPath: folder).lastPathComponent
      try graph.addProgram(Components.program(folder: folder), output: "build/programs/\(name)")
      programs.append("build/programs/\(name)")
      programs += try sayings(of: folder)
    }
    for folder in serviceFolders() {
      let name = URL(fileURLWithPath: folder).lastPathComponent.lowercased()
      programs += try addService(folder: folder, name: name, output: "build/services/\(name)", to: &graph)
      programs += try sayings(of: folder)
    }
    for folder in externalPrograms {
      let name = URL(fileURLWithPath: folder).lastPathComponent
      let output = "\(folder)/build/\(name)"
      if try isService(folder: folder) {
        _ = try addService(folder: folder, name: name, output: output, to: &graph)
      } else {
        try graph.addProgram(
          Components.program(folder: folder), output: output, isDebuggable: hasDebuggablePrograms)
      }
      try placeSayings(of: folder, beside: output)
    }
    var modules: [String] = []
    for folder in moduleFolders() {
      let name = URL(fileURLWithPath: folder).lastPathComponent
      for instance in instances(of: folder) {
        let output = "build/modules/\(name)\(instance.map { "\($0)" } ?? "").so"
        try graph.addModule(Components.module(folder: folder, root: root, instance: instance), output: output)
        modules.append(output)
      }
    }
    for folder in externalModules {
      let name = URL(fileURLWithPath: folder).lastPathComponent
      try graph.addModule(
        Components.module(folder: folder, root: root), output: "\(folder)/build/\(name).so")
    }
    // What samples are is `bench`'s to say.
    let measuring = Components.program(folder: "Tools/Guest/measure", sharedFolders: ["Userland/Programs/bench/Shared"])
    try graph.addProgram(measuring, output: Self.measuringProgram)
    for name in Self.names(in: Self.testPrograms, root: root) {
      let component = Components.program(folder: "\(Self.testPrograms)/\(name)")
      try graph.addProgram(component, output: Self.testOutput(name))
      try placeSayings(of: "\(Self.testPrograms)/\(name)", beside: Self.testOutput(name))
    }
    for name in Self.names(in: Self.testModules, root: root) {
      let component = Components.module(folder: "\(Self.testModules)/\(name)", root: root)
      try graph.addModule(component, output: Self.testOutput(name, isModule: true))
    }
    graph.addArchive(programs: programs, modules: modules)
    graph.file.defaults(Self.defaultTargets)
    return graph.file.text
  }

  /// Adds a service as a program and as a module, and returns both files.
  private func addService(
    folder: String, name: String, output: String, to graph: inout Graph
  ) throws -> [String] {
    try graph.addProgram(Components.serviceProgram(folder: folder), output: output)
    try writeManifest(ofService: folder, name: name)
    try graph.addModule(Components.serviceModule(folder: folder), output: "\(output).so")
    return [output, "\(output).so"]
  }

  /// Writes a file where it differs from what is there.
  static func write(_ text: String, to url: URL) throws {
    if (try? String(contentsOf: url, encoding: .utf8)) == text { return }
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// Writes the ninja file where it differs from what is there, and returns its path relative to the root.
  public func write() throws -> String {
    let isOwn = externalPrograms.isEmpty && externalModules.isEmpty && externalKernels.isEmpty
    let path = isOwn ? "build/build.ninja" : "build/external.ninja"
    let text = try ninjaFile()
    forgetWhatWasMadeElsewhere()
    try Self.write(text, to: root.appending(path: path))
    return path
  }
}

/// The ninja file while components are added to it. A component is compiled once for each side.
struct Graph {
  let build: TargetBuild
  var file = NinjaFile(comment: "Written by megha; changed whenever the sources are.")
  private let set = ComponentSet(
    Components.portable + Components.trunk + Components.kernel + Components.modules + Components.userland)
  /// The objects of each component that was added, by side and name.
  private var objects: [String: [String]] = [:]
  private let found: FoundSources

  init(build: TargetBuild) {
    self.build = build
    found = FoundSources(root: build.root)
  }

  mutating func writeRules() {
    let guarded = "ulimit -v \(TargetBuild.memoryLimit) && timeout \(TargetBuild.timeLimit)"
    let tools = NinjaFile.quoted(build.toolchain.tools)
    file.variable("ninja_required_version", "1.8")
    file.variable("builddir", "build")
    file.variable(TargetBuild.toolVariable, NinjaFile.quoted(build.tool))
    // A module file that would not change is left alone, so that only the linker runs after a change in a body.
    file.rule(
      "swift",
      command: "\(guarded) \(tools)/swiftc $flags -module-cache-path build/module-cache "
        + "-module-name $module -emit-module -emit-module-path $interface.new -c $in -o $object.new && "
        + "\(Flags.probeStacks(tools)) && "
        + "if cmp -s $interface.new $interface; then rm $interface.new; "
        + "else mv $interface.new $interface; fi",
      description: "swift $module ($side)", keepsUnchanged: true)
    file.rule(
      "plugin", command: "\(guarded) \(tools)/swiftc $flags -c $in -o $out", description: "plugin $out")
    file.rule(
      "c", command: "\(guarded) \(tools)/clang $flags -c $in -o $out", description: "c $in")
    file.rule(
      "assemble", command: "\(guarded) \(tools)/clang $flags $in -o $out", description: "assemble $in")
    file.rule(
      "link", command: "\(guarded) \(tools)/ld.lld $flags $in $libraries -o $out", description: "link $out")
    file.rule(
      "optimize",
      command: "\(guarded) \(tools)/ld.lld $flags $in $libraries --lto-obj-path=$out -o $out.elf",
      description: "optimize $out")
    file.rule(
      "symbols", command: "$megha internal symbols $in $out", description: "symbols $in")
    // A module's code is judged as the loader will.
    file.rule(
      "link-module",
      command: "\(guarded) \(tools)/ld.lld $flags $in $libraries -o $out && $megha internal code $out",
      description: "link $out")
    file.rule(
      "embed",
      command: "\(tools)/llvm-objcopy --strip-all --add-section .megha.symbols=$symbols $in $out",
      description: "strip $out")
    file.rule(
      "archive", command: "$megha internal archive $out $in", description: "archive $out")
  }

  /// Compiles `component` for `side` and everything it depends on; returns all objects for the linker.
  private mutating func add(_ component: Component, side: Side, isDebuggable: Bool = false) throws -> [String] {
    let dependencies = try addDependencies(of: component, side: side)
    return try compile(
      component, side: side, folder: component.objectFolder(side), conditions: [], isAloneDebuggable: isDebuggable)
      + dependencies
  }

  private mutating func addDependencies(
    of component: Component, side: Side, isDebuggable: Bool = false
  ) throws -> [String] {
    var all: [String] = []
    for dependency in try set.closure(of: component) {
      let key = "\(side.folder(isDebuggable: isDebuggable))/\(dependency.name)"
      if objects[key] == nil {
        objects[key] = try compile(
          dependency, side: side,
          folder: isDebuggable
            ? "\(side.folder(isDebuggable: true))/\(dependency.name)" : dependency.objectFolder(side),
          conditions: [], isDebuggable: isDebuggable)
      }
      let own = objects[key] ?? []
      // Of a function that several modules have a copy of, the linker takes the first: for a debugger that of the library itself,
      // which is not optimized.
      all = isDebuggable ? all + own : own + all
    }
    return all
  }

  /// - Parameters:
  ///   - conditions: flags for the component's own Swift sources.
  ///   - isDebuggable: it is not optimized, nor is what it imports.
  ///   - isAloneDebuggable: only it is not optimized.
  private mutating func compile(
    _ component: Component, side: Side, folder: String, conditions: [String], isDebuggable: Bool = false,
    isAloneDebuggable: Bool = false
  ) throws -> [String] {
    let sources = try found.find(of: component)
    var objects: [String] = []
    let headerFolders = Set(component.headers.map { $0.folder }).sorted()
    let headers =
      sources.headers
      + headerFolders.flatMap { found.find(in: $0).headers }
      .filter { !sources.headers.contains($0) }
    let includes = headerFolders.flatMap { ["-I", $0] }
    if !sources.swift.isEmpty {
      // The compiler reads the headers of what it imports, though the sources may not import them.
      let farHeaders = try set.closure(of: component).flatMap { $0.headers.map { $0.folder } }
        .filter { !headerFolders.contains($0) }
      let dependencies = try set.closure(of: component)
        .filter { !found.find(in: $0.folder).swift.isEmpty }
        .map { "\(side.folder(isDebuggable: isDebuggable))/\($0.name)" }
      let flags =
        Flags.swift(
          side: side, kind: component.kind, isDebuggable: isDebuggable || isAloneDebuggable)
        + (component.kind == .module ? Flags.separateChecks : []) + conditions
        + (isDebuggable && component.kind == .kernelLibrary ? ["-D", "DEBUGGABLE"] : [])
        + dependencies.flatMap { ["-I", $0] }
        + includes + Set(farHeaders).sorted().flatMap { ["-I", $0] }
      let interface = "\(folder)/\(component.name).swiftmodule"
      let object = "\(folder)/\(component.name).bc"
      file.build(
        [object, interface], rule: "swift", inputs: sources.swift,
        implicit: headers
          + dependencies.map { "\($0)/\(URL(fileURLWithPath: $0).lastPathComponent).swiftmodule" },
        variables: [
          "module": component.name, "interface": NinjaFile.quoted(interface), "object": NinjaFile.quoted(object),
          "side": side.rawValue, "flags": command(flags),
        ])
      objects.append(object)
    }
    for source in sources.c {
      let object = "\(folder)/\(URL(fileURLWithPath: source).lastPathComponent).bc"
      file.build(
        [object], rule: "c", inputs: [source], implicit: headers,
        variables: [
          "flags": command(Flags.c(side: side, isDebuggable: isAloneDebuggable) + includes + component.cFlags)
        ])
      objects.append(object)
    }
    for source in sources.assembly + component.sharedAssembly {
      let object = "\(folder)/\(URL(fileURLWithPath: source).lastPathComponent).o"
      file.build(
        [object], rule: "assemble", inputs: [source], implicit: headers,
        variables: [
          "flags": command(
            Flags.assembly + includes + ["-I", component.folder] + (isDebuggable ? ["-DDEBUGGABLE"] : []))
        ])
      objects.append(object)
    }
    return objects
  }

  /// The optimizer runs once over the whole kernel; its object is then linked twice, without the symbol table
  /// and with it. The table is the last segment, so its addresses are those of the first link.
  mutating func addKernel(_ variant: KernelVariant) throws {
    guard let kernel = set["Kernel"], case .image(let script) = kernel.kind else { return }
    let folder = variant.folder
    let own = try compile(
      kernel, side: .kernel, folder: "\(folder)/Kernel", conditions: variant.conditions,
      isDebuggable: variant.isDebuggable)
    let dependencies = try addDependencies(of: kernel, side: .kernel, isDebuggable: variant.isDebuggable)
    let objects = variant.isDebuggable ? dependencies + own : own + dependencies
    let native = objects.filter { $0.hasSuffix(".o") }
    let libraries = command([build.toolchain.compilerLibrary])
    let flags = command(Flags.link + ["-T", script])
    file.build(
      ["\(folder)/optimized.o"], rule: "optimize", inputs: objects, implicit: [script],
      variables: [
        "flags": command(Flags.link + [variant.isDebuggable ? "--lto-O0" : "--lto-O2", "-T", script]),
        "libraries": libraries,
      ])
    file.build(
      ["\(folder)/plain.elf"], rule: "link", inputs: ["\(folder)/optimized.o"] + native,
      implicit: [script], variables: ["flags": flags, "libraries": libraries])
    file.build(
      ["\(folder)/symbols"], rule: "symbols", inputs: ["\(folder)/plain.elf"], implicit: [build.tool])
    let source = "Tools/Build/symbols.S"
    file.build(
      ["\(folder)/symbols.o"], rule: "assemble", inputs: [source], implicit: ["\(folder)/symbols"],
      variables: ["flags": command(Flags.assembly + ["-I", folder])])
    file.build(
      [variant.image], rule: "link",
      inputs: ["\(folder)/optimized.o"] + native + ["\(folder)/symbols.o"], implicit: [script],
      variables: ["flags": flags, "libraries": libraries])
  }

  /// Makes `output`, a kernel that is not Megha's.
  mutating func addKernel(_ component: Component, output: String) throws {
    guard case .image(let script) = component.kind else { return }
    let objects = try add(component, side: .kernel)
    file.build(
      [output], rule: "link", inputs: objects, implicit: [script],
      variables: [
        "flags": command(Flags.link + ["--lto-O2", "-T", script]),
        "libraries": command([build.toolchain.compilerLibrary]),
      ])
  }

  /// Makes `output`, the program without debug information and with its symbol table, and `output`.debug.
  mutating func addProgram(_ component: Component, output: String, isDebuggable: Bool = false) throws {
    let objects = try add(component, side: .user, isDebuggable: isDebuggable)
    file.build(
      ["\(output).debug"], rule: "link", inputs: objects, implicit: [Components.programScript],
      variables: [
        "flags": command(Flags.link + [isDebuggable ? "--lto-O0" : "--lto-O2", "-T", Components.programScript]),
        "libraries": command([build.toolchain.compilerLibrary, build.toolchain.unicodeTables]),
      ])
    file.build(
      ["\(output).symbols"], rule: "symbols", inputs: ["\(output).debug"], implicit: [build.tool])
    file.build(
      [output], rule: "embed", inputs: ["\(output).debug"], implicit: ["\(output).symbols"],
      variables: ["symbols": NinjaFile.quoted("\(output).symbols")])
  }

  /// Makes `output`, the module without debug information and with its symbol table, and `output`.debug.
  ///
  /// It is a shared object whose names bind inside it first, so that only imports and the addresses of its own data
  /// are left for the kernel to fill in. Code, constants and variables lie on pages of their own, but not in the file,
  /// which stays in memory: there each segment begins where the one before ends.
  mutating func addModule(_ component: Component, output: String) throws {
    let own = "\(component.folder)/exports.map"
    let url = own.hasPrefix("/") ? URL(fileURLWithPath: own) : build.root.appending(path: own)
    let exports = FileManager.default.fileExists(atPath: url.path) ? own : Components.moduleExports
    let objects = try add(component, side: .kernel)
    file.build(
      ["\(output).debug"], rule: "link-module", inputs: objects, implicit: [exports],
      variables: [
        "flags": command(Flags.link + Flags.module + ["--lto-O2", "--version-script", exports]),
        "libraries": command([build.toolchain.compilerLibrary]),
      ])
    file.build(
      ["\(output).symbols"], rule: "symbols", inputs: ["\(output).debug"], implicit: [build.tool])
    file.build(
      [output], rule: "embed", inputs: ["\(output).debug"], implicit: ["\(output).symbols"],
      variables: ["symbols": NinjaFile.quoted("\(output).symbols")])
  }

  mutating func addArchive(programs: [String], modules: [String]) {
    file.build(
      ["build/boot.cpio"], rule: "archive",
      inputs: programs + modules,
      implicit: [build.tool])
  }

  func command(_ words: [String]) -> String {
    words.map(NinjaFile.quoted).joined(separator: " ")
  }
}
