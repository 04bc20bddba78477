// `megha profile`: which functions the instructions of a command go to, in the kernel and in programs.

import ArgumentParser
import Emulator
import Foundation
import MeghaBuild
import Profiler
import SymbolTables

struct Profile: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Counts the instructions of a shell command by function.",
    discussion: """
      Counted is what all tasks and the kernel execute from when the shell begins the command until it has its status. \
      Several commands are separated by semicolons; all are counted. Nothing is sampled: two runs give the same numbers.
      """)

  @Argument(help: "The command for the shell.")
  var command = "bench"

  @Option(help: "How many functions are listed.")
  var top = 30

  @Option(help: "Write a flame graph, a picture of all call paths, to this file.")
  var svg: String?

  @Option(help: "Seconds after which the machine is stopped.")
  var timeout = 300

  func run() async throws {
    let project = try Project.current()
    try await project.build(targets: TargetBuild.defaultTargets + [TargetBuild.profilerPlugin])
    LiveRuns.endWithThisProcess()
    let (tree, outcome) = try await project.profile(command, timeout: timeout)
    print(ProfileTable.text(tree, top: top))
    if let svg {
      let title = "\(command): \(tree.total) instructions"
      try Data(FlameGraph(tree, title: title).svg.utf8).write(to: URL(fileURLWithPath: svg))
    }
    if outcome != .status(0) { printError("The command ended with \(outcome).") }
  }
}

extension Project {
  /// Runs a command for the shell and counts by call path.
  func profile(_ command: String, timeout: Int) async throws -> (tree: CallTree, outcome: Outcome) {
    let folder = try RunFolder()
    defer { folder.delete() }
    var options = try await machine(try MachineArguments.parse(["--icount"]), script: command, folder: folder)
    let path = folder.path("trace")
    options.extraArguments += ["-plugin", MachineOptions.escaped(file(TargetBuild.profilerPlugin).path) + ",out=trace"]
    let pipe = try TracePipe(path: path)
    let empty = Recorder(code: try guestCode(), counting: .runningCommand)
    async let reading = pipe.read(into: empty)
    let console = Collector()
    let machine = options
    let outcome: Outcome
    do {
      defer { pipe.finish() }
      outcome = try await Emulator.run(
        machine, root: root, folder: folder, timeout: timeout, console: console.append
      ).outcome
    }
    let recorder = try await reading
    guard recorder.hasCounted else {
      throw Failure("The shell ran no command; the run ended with \(outcome):\n\(console.text)")
    }
    return (recorder.tree, outcome)
  }

  /// What can run in the guest: the kernel, and the programs, services and modules of the boot archive.
  private func guestCode() throws -> GuestCode {
    let tools = try ToolchainTools.find()
    var images: [GuestCode.Image] = []
    for kind in ["programs", "services", "modules"] {
      let folder = file("build/\(kind)")
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      where !name.hasSuffix(".debug") && !name.hasSuffix(".symbols") {
        let path = folder.appending(path: name).path
        let pages = try CodeImage.pages(of: path).map { page in
          (page.address, page.bytes.withUnsafeBytes { $0.baseAddress.map(TracePage.hash) ?? 0 })
        }
        images.append(
          GuestCode.Image(name: name, pages: pages) {
            try CodeImage.functions(of: path + ".debug", tools: tools)
          })
      }
    }
    return GuestCode(
      kernel: try CodeImage.functions(of: file("build/kernel.elf").path, tools: tools), images: images)
  }
}

extension GuestFunction {
  /// The function of the shell that runs one command; it is kept apart for this.
  static let runningCommand = GuestFunction(image: "shell", name: "Shell.runCommand(_:)")
}
