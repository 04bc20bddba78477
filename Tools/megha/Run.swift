// `megha run`: builds what is out of date and boots it in QEMU.

import ArgumentParser
import Emulator
import Foundation
import MeghaBuild

#if canImport(Glibc)
  import Glibc
#endif

/// The options that say which machine is booted.
struct MachineArguments: ParsableArguments {
  @Option(name: .customLong("ram"), help: "The size of memory, such as 8M, 512M or 4G.")
  var memory = MemorySize.standard

  @Option(name: .customLong("cpu"), help: "The processor, as QEMU names it: qemu32, max, ...")
  var processor = "max"

  @Option(
    name: .customLong("machine"), help: "The board, as QEMU names it, with its properties: pc, q35, isapc, microvm, ..."
  )
  var board = "pc"

  @Option(help: "Boot from a CD image in Bochs, with a processor as Bochs names it: p3_katmai, core2_penryn_t9600, ...")
  var bochs: String?

  @Flag(help: "Boot through GRUB from a CD image instead of handing the kernel to QEMU.")
  var iso = false

  @Option(
    help:
      "What starts the machine: \(Firmware.allCases.map { $0.rawValue }.joined(separator: ", ")). Boots as --iso does.")
  var firmware: Firmware?

  @Flag(help: "The same as --firmware uefi-ia32.")
  var uefi = false

  @Option(
    name: .customLong("from"),
    help: """
      What the image of --iso lies on: \(MachineOptions.Medium.allCases.map { $0.rawValue }.joined(separator: ", ")), \
      the last being a stick. Boots as --iso does.
      """)
  var medium: MachineOptions.Medium?

  @Option(
    name: .customLong("without"), parsing: .singleValue,
    help: """
      What the machine is without: \(MachineOptions.Part.allCases.map { $0.rawValue }.joined(separator: ", ")). Without \
      vga it has a frame buffer only, without ps2 a keyboard on USB, and without exit it stays on when it is to end.
      """)
  var missing: [MachineOptions.Part] = []

  @Flag(help: "Count instructions instead of time, so that two runs are the same.")
  var icount = false

  @Option(
    name: .customLong("add"), parsing: .singleValue,
    help: "Put a file of the host, or all that is in a folder, into /extra of the guest.")
  var added: [String] = []

  @Option(help: "The image of a disk. Without it there is one of 1 MiB, made for this run.")
  var disk: String?

  @Option(help: "Options for the kernel, such as heap=guarded.")
  var append = ""

  @Flag(help: ArgumentHelp("Give the kernel no boot archive.", visibility: .hidden))
  var noArchive = false

  @Option(
    help: ArgumentHelp("A kernel that is built for a test: early-change, forget-interrupts.", visibility: .hidden))
  var kernel = KernelVariant.standard
}

extension MachineArguments {
  /// Whether GRUB starts the kernel, from an image of this run.
  var bootsImage: Bool { iso || uefi || firmware != nil || medium != nil }
  /// The kernel's options. What counts instructions also has the same addresses each time, unless another seed is given: of two the
  /// last holds.
  var commandLine: String { icount ? "seed=1 \(append)" : append }
  /// The firmware of such a machine.
  var chosenFirmware: Firmware { firmware ?? (uefi ? .uefi32 : .bios) }
}

extension KernelVariant: ExpressibleByArgument {}
extension Firmware: ExpressibleByArgument {}
extension MachineOptions.Medium: ExpressibleByArgument {}
extension MachineOptions.Part: ExpressibleByArgument {}
extension MemorySize: ExpressibleByArgument {
  static let standard = MemorySize("256M")!
  public init?(argument: String) { self.init(argument) }
  public var defaultValueDescription: String { "\(mebibytes)M" }
}

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boots Megha in QEMU.",
    discussion: """
      With --script the commands are given to the shell, the console appears on standard output, and the exit \
      status is that of the last command; 124 means that the time ran out, 125 that the kernel panicked or the \
      machine reset itself. Without it, the console is connected to the terminal: Ctrl-A X quits.
      """)

  @OptionGroup var machine: MachineArguments

  @Flag(help: "Show the machine's screen in a window.")
  var display = false

  @Option(help: "Commands for the shell, separated by semicolons or line ends.")
  var script: String?

  @Option(parsing: .unconditional, help: "Seconds after which a script is stopped.")
  var timeout = 120

  func validate() throws {
    try demand(timeout, in: secondsRange, of: "--timeout")
  }

  func run() async throws {
    let project = try Project.current()
    let environment = ProcessInfo.processInfo.environment
    if display, environment["DISPLAY"] == nil, environment["WAYLAND_DISPLAY"] == nil {
      throw Failure("--display needs a graphical desktop: neither DISPLAY nor WAYLAND_DISPLAY is set.")
    }
    try await project.build(targets: TargetBuild.defaultTargets + [machine.kernel.image])
    LiveRuns.endWithThisProcess()
    let folder = try RunFolder()
    defer { folder.delete() }
    let result: RunResult
    if script != nil || machine.bochs != nil {
      result = try await project.run(
        machine, script: script, folder: folder, timeout: timeout, console: writeConsole, display: display)
    } else {
      var options = try await project.machine(machine, script: script, folder: folder)
      options.display = display
      options.console = isatty(STDIN_FILENO) != 0 ? .terminal : .pipe
      result = try await Emulator.runInteractively(options, root: project.root, folder: folder)
    }
    report(result)
    folder.delete()
    throw ExitCode(result.outcome.exitStatus)
  }

  /// Says on standard error what the console could not.
  private func report(_ result: RunResult) {
    switch result.outcome {
    case .status: return
    case .panic(let text): printError("The kernel panicked: \(text)")
    case .timedOut(let seconds): printError("The machine was stopped after \(seconds) s.")
    case .reset(let status):
      if result.registers != nil {
        printError("The processor reset itself.")
      } else if script == nil && status == 0 {
        return
      } else {
        printError("QEMU ended with status \(status) before the kernel gave one.")
      }
    }
    if let registers = result.registers { printError(registers) }
  }
}

/// The console's bytes on standard output, without carriage returns.
@Sendable func writeConsole(_ bytes: [UInt8]) {
  // Whoever reads may have seen enough, as `head` has: the machine runs on for its status.
  try? FileHandle.standardOutput.write(contentsOf: Data(bytes.filter { $0 != 0x0d }))
}

func printError(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

extension Project {
  /// Boots a machine in the emulator that is asked for, until it ends or its time is over.
  func run(
    _ arguments: MachineArguments, script: String?, folder: RunFolder, timeout: Int,
    console: @escaping @Sendable ([UInt8]) -> Void, display: Bool = false,
    operating: (@Sendable (Operator) async -> Void)? = nil
  ) async throws -> RunResult {
    guard let processor = arguments.bochs else {
      var options = try await machine(arguments, script: script, folder: folder)
      options.display = display
      // Such a machine stays on when its script has ended, with nobody to look at it.
      var operating = operating
      if operating == nil, script != nil, !display, arguments.missing.contains(.exit) {
        operating = { person in await person.endWhenSwitchedOff() }
      }
      return try await Emulator.run(
        options, root: root, folder: folder, timeout: timeout, console: console, operating: operating)
    }
    if let obstacle = Bochs.obstacle { throw Failure("--bochs cannot be had: \(obstacle).") }
    guard script != nil, operating == nil, !display else {
      throw Failure("--bochs has neither a window nor a keyboard: it needs --script.")
    }
    var arguments = arguments
    arguments.iso = true
    guard case .iso(let image) = try await machine(arguments, script: script, folder: folder).boot else {
      throw Failure("Bochs boots from CD images only.")
    }
    return try await Bochs(image: image, processor: processor, memory: arguments.memory).run(
      folder: folder, timeout: timeout, console: console)
  }

  /// The machine with its files: the overlay archive and, where asked for, the CD image of this run.
  func machine(
    _ arguments: MachineArguments, script: String?, folder: RunFolder
  ) async throws -> MachineOptions {
    var modules = arguments.noArchive ? [] : ["build/boot.cpio"]
    let own = modules.first.flatMap { module in
      (try? FileManager.default.attributesOfItem(atPath: file(module).path)[.size] as? NSNumber)?.intValue
    }
    let overlay = try Overlay.archive(files: arguments.added.map { URL(fileURLWithPath: $0) }, script: script) { size in
      try GuestLimits.judge(size: size + (own ?? 0), memory: arguments.memory)
    }
    if let overlay {
      modules.append(folder.path("overlay.cpio"))
      try Data(overlay).write(to: URL(fileURLWithPath: folder.path("overlay.cpio")))
      try GuestLimits.judge(archives: modules.map { URL(fileURLWithPath: $0, relativeTo: root) })
    }
    let firmware = arguments.chosenFirmware
    if let obstacle = firmware.obstacle {
      throw Failure("The firmware \(firmware.rawValue) cannot be had: \(obstacle).")
    }
    var options: MachineOptions
    if arguments.bootsImage {
      let path = folder.path("megha.iso")
      try await makeImage(at: path, modules: modules, commandLine: arguments.commandLine)
      options = MachineOptions(boot: .iso(path: path))
      options.medium = arguments.medium ?? .cd
      options.firmware = try UEFI(firmware, folder: folder)
    } else {
      options = MachineOptions(boot: .kernel(path: arguments.kernel.image, modules: modules))
    }
    if let disk = arguments.disk {
      guard FileManager.default.isReadableFile(atPath: disk) else { throw Failure("There is no disk image \(disk).") }
      options.disk = URL(fileURLWithPath: disk).path
      // A disk that lies in the folder of the run goes with it. Where machines count instructions a guest's clock runs while the
      // host makes a flush safe, and with the host busy the guest would give its disk up.
      options.isDiskTemporary = disk.hasPrefix(folder.url.path + "/")
    } else {
      let path = folder.path("disk.img")
      try Data(DiskImage.contents).write(to: URL(fileURLWithPath: path))
      options.disk = path
      options.isDiskTemporary = true
    }
    options.memory = arguments.memory
    options.board = arguments.board
    options.missing = Set(arguments.missing)
    options.processor = arguments.processor
    options.deterministic = arguments.icount
    options.commandLine = arguments.commandLine
    return options
  }
}
