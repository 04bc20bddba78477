// `megha debug`: QEMU waits for GDB, and GDB starts with the kernel's symbols and a few commands of its own. GDB has the
// terminal; the machine's console is a socket, which `megha debug --console` connects another terminal to.

import ArgumentParser
import DebugTypes
import Emulator
import Foundation
import MeghaBuild

struct Debug: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boots Megha under GDB.",
    discussion: """
      GDB stops before the first instruction. `help user-defined` lists the commands that it has beside its own: tasks, \
      task N, regions, handles, services, modules, ... The console is in another terminal: ./megha debug --console; what \
      it prints is also written to build/debug-console.
      """)

  @Argument(help: "A program whose symbols are loaded and kept: one of the tree, or the folder of one of your own.")
  var program: String?

  @OptionGroup var machine: MachineArguments

  @Flag(help: "Connect this terminal to the console of a machine that is being debugged. Ctrl-] leaves it.")
  var console = false

  @Option(
    parsing: .unconditional,
    help: "The port for GDB, or, with --console, of the machine to connect to. A free one from 1234 on is chosen.")
  var port: Int?

  @Flag(
    help:
      "Boot a kernel whose libraries are not optimized, and build a program of your own so: their variables can be seen."
  )
  var debuggable = false

  @Option(help: "Commands for the shell, separated by semicolons or line ends.")
  var script: String?

  @Option(
    name: .customLong("program"),
    help: ArgumentHelp("A program of the tree whose symbols GDB loads too.", visibility: .hidden))
  var programByOption: String?

  @Option(
    name: .customLong("execute"), parsing: .singleValue,
    help: "A command for GDB; several are executed in order. GDB then ends by itself.")
  var commands: [String] = []

  func validate() throws {
    try demand(port ?? 1, in: 1...65535, of: "--port")
    if debuggable, machine.kernel != .standard { throw ValidationError("--debuggable is a kernel of its own.") }
  }

  func run() async throws {
    let project = try Project.current()
    if console { return try DebugSession.find(port: port, in: project).connect() }
    var machine = machine
    if debuggable { machine.kernel = .debuggable }
    var request = DebugRequest(machine: machine, script: script, commands: commands)
    request.port = port
    if let program = program ?? programByOption {
      try await project.add(program: program, isDebuggable: debuggable, to: &request)
    }
    try await project.build(targets: TargetBuild.defaultTargets + [machine.kernel.image])
    let status = try await project.debug(request)
    if status != 0 { throw ExitCode(status) }
  }
}

/// What a run under GDB is to be.
struct DebugRequest: Sendable {
  var machine: MachineArguments
  var script: String?
  var commands: [String] = []
  var port: Int?
  /// The program whose symbols are kept, and folders where things of one's own were built.
  var program: String?
  var ownFolders: [String] = []
  /// What GDB prints goes here instead of to the terminal.
  var output: Collector?
  /// The file that the console is written to, too.
  var log: String?
  /// Seconds after which GDB is ended; nil: never.
  var timeLimit: Int?
}

extension Project {
  /// Chooses a program of the tree, or builds one in a folder and puts it into /extra of the guest.
  fileprivate func add(program: String, isDebuggable: Bool, to request: inout DebugRequest) async throws {
    let manager = FileManager.default
    let isOfTree = ["Userland/Programs/", "Services/"].contains { folder in
      ((try? manager.contentsOfDirectory(atPath: file(folder).path)) ?? []).contains {
        $0.lowercased() == program.lowercased()
      }
    }
    if isOfTree {
      request.program = program.lowercased()
      return
    }
    var isFolder: ObjCBool = false
    guard manager.fileExists(atPath: program, isDirectory: &isFolder), isFolder.boolValue else {
      throw Failure("There is no program \(program) in the tree, and no such folder.")
    }
    let folder = URL(fileURLWithPath: program, isDirectory: true).standardized
    try await build(external: folder.path, isDebuggable: isDebuggable)
    let name = folder.lastPathComponent
    request.program = name
    request.ownFolders.append(folder.appending(path: "build").path)
    request.machine.added.append(folder.appending(path: "build/\(name)").path)
  }

  /// Boots a machine under GDB until GDB ends. Returns GDB's status.
  func debug(_ request: DebugRequest) async throws -> Int32 {
    let types = try await kernelTypes(of: request.machine.kernel)
    let port = try request.port ?? FreePort.find(from: 1234)
    if let number = request.port, !FreePort.canListen(UInt16(number)) {
      throw Failure("Port \(number) is in use; without --port a free one is chosen.")
    }
    LiveRuns.endWithThisProcess(interruptible: !request.commands.isEmpty)
    let folder = try RunFolder()
    defer { folder.delete() }
    let log = request.log ?? file("build/debug-console\(port == 1234 ? "" : "-\(port)")").path
    var options = try await machine(request.machine, script: request.script, folder: folder)
    options.debuggerPort = port
    options.console = .socket(log: log)
    try DebugSession(socket: folder.path("console"), log: log).announce(port: port, in: self)
    defer { DebugSession.forget(port: port, in: self) }
    var arguments = ["-q", request.machine.kernel.image, "-x", "Tools/gdb/megha.gdb"]
    arguments += ["-x", "Tools/gdb/megha.py", "-ex", "target remote localhost:\(port)"]
    for command in request.commands { arguments += ["-ex", command] }
    if request.commands.isEmpty {
      printError(
        "megha: the console is in another terminal: ./megha debug --console\(port == 1234 ? "" : " --port \(port)")")
    } else {
      arguments.append("-batch")
    }
    let environment = [
      "MEGHA_TOOLS": try Toolchain.find().tools, "MEGHA_KERNEL": request.machine.kernel.image,
      "MEGHA_TYPES": types, "MEGHA_PROGRAM": request.program ?? "",
      "MEGHA_OWN": request.ownFolders.joined(separator: "\n"), "PYTHONDONTWRITEBYTECODE": "1",
    ]
    let machine = options
    return try await withThrowingTaskGroup(of: Int32?.self) { group in
      group.addTask {
        _ = try await Emulator.run(machine, root: root, folder: folder, timeout: nil, console: { _ in })
        return nil
      }
      group.addTask { [arguments] in
        guard let output = request.output else {
          return try await ChildProcess.run("gdb", arguments, in: root, environment: environment)
        }
        // GDB asks for a signal that it cannot pass over.
        let limited = ["-k", "1", "\(request.timeLimit ?? 0)", "gdb"] + arguments
        let result = try await ChildProcess.capture("timeout", limited, in: root, environment: environment)
        output.append(Array(result.output.utf8))
        return result.status
      }
      // GDB kills the machine when it ends; a machine that ends first leaves GDB to its user.
      var status: Int32 = 0
      while let result = try await group.next() {
        if let result {
          status = result
          LiveRuns.endMachine(in: folder)
        }
      }
      return status
    }
  }

  /// The state of each of the kernel's libraries, where the header says that it lies.
  private static func kernelParts(_ header: String) throws -> [(name: String, type: String, offset: Int)] {
    let parts = [
      ("platform", "Platform.PlatformState"), ("consoles", "Consoles.ConsoleState"),
      ("scheduling", "Scheduling.SchedulerState"), ("memory", "VirtualMemory.MemoryState"),
      ("objects", "Objects.ObjectState"), ("messages", "IPC.MessageState"), ("devices", "Devices.DeviceState"),
      ("processes", "Processes.ProcessState"), ("modules", "LinkedModules.ModuleTable*"),
    ]
    return try parts.map { name, type in
      let define = "KERNEL_PART_\(name.uppercased())"
      guard let line = header.split(separator: "\n").first(where: { $0.hasPrefix("#define \(define) ") }),
        let offset = line.split(separator: " ").last.flatMap({ Int($0.dropFirst(2), radix: 16) })
      else { throw Failure("Machine/include/cpu_area_offsets.h does not say where \(define) is.") }
      return (name, type, offset)
    }
  }

  /// The file of the kernel's types as GDB reads them, made anew where the kernel is newer.
  private func kernelTypes(of kernel: KernelVariant) async throws -> String {
    let (image, sheet) = (file(kernel.image), "build/debug/types-\(kernel.rawValue)")
    func date(_ url: URL) -> Date? {
      (try? FileManager.default.attributesOfItem(atPath: url.path))?[.modificationDate] as? Date
    }
    if let made = date(file("\(sheet).o")), let built = date(image),
      let tool = date(URL(fileURLWithPath: RunningCommand.path())),
      made > built, made > tool
    {
      return "\(sheet).o"
    }
    let lock = try lock()
    var types = try TypeSheet(image: image.path)
    let header = try String(contentsOf: file("Machine/include/cpu_area_offsets.h"), encoding: .utf8)
    let source = try types.source(
      types: [
        "Scheduling.Task", "Objects.Process", "VirtualMemory.AddressSpace", "IPC.Service", "LinkedModules.LinkedModule",
        "VirtualMemory.SpaceAttributes", "Objects.HandleTarget",
      ], variables: [], composites: [("kernel", try Self.kernelParts(header), ".megha.kernel")])
    try FileManager.default.createDirectory(at: file("build/debug"), withIntermediateDirectories: true)
    try Data(source.utf8).write(to: file("\(sheet).cpp"))
    let compiler = "\(try Toolchain.find().tools)/clang"
    let result = try await ChildProcess.capture(
      compiler,
      [
        "-target", "i686-unknown-none-elf", "-x", "c++", "-std=c++20", "-ffreestanding", "-gdwarf-4",
        "-fstandalone-debug",
        "-fno-eliminate-unused-debug-types", "-c", "\(sheet).cpp", "-o", "\(sheet).o",
      ], in: root)
    lock.release()
    guard result.status == 0 else { throw Failure("The kernel's types were not understood:\n\(result.output)") }
    return "\(sheet).o"
  }
}
