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

  @Option(parsing: .unconditional, help: "How many functions are listed.")
  var top = 30

  @Option(help: "Write a flame graph, a picture of all call paths, to this file.")
  var svg: String?

  @Option(
    name: .customLong("add"), parsing: .singleValue,
    help: "Put a file of the host, or the files of a folder, into /extra of the guest. Their functions are known too.")
  var added: [String] = []

  @Option(parsing: .unconditional, help: "Seconds after which the machine is stopped.")
  var timeout = 300

  func validate() throws {
    try demand(top, in: 1...100_000, of: "--top")
    try demand(timeout, in: secondsRange, of: "--timeout")
  }

  func run() async throws {
    try demandWritable(svg)
    let project = try Project.current()
    try await project.build(targets: TargetBuild.defaultTargets + [TargetBuild.profilerPlugin])
    LiveRuns.endWithThisProcess()
    let (tree, outcome) = try await project.profile(command, added: added, timeout: timeout)
    print(ProfileTable.text(tree, top: top))
    if let svg {
      let title = "\(command): \(tree.total) instructions"
      try writeFile(Data(FlameGraph(tree, title: title).svg.utf8), to: svg)
    }
    if outcome != .status(0) { printError("The command ended with \(outcome).") }
  }
}

extension Project {
  /// Runs a command for the shell and counts by call path.
  /// - Parameter added: files and folders of the host for /extra.
  func profile(_ command: String, added: [String] = [], timeout: Int) async throws -> (tree: CallTree, outcome: Outcome)
  {
    let folder = try RunFolder()
    defer { folder.delete() }
    var options = try await machine(
      try MachineArguments.parse(["--icount"] + added.flatMap { ["--add", $0] }), script: command, folder: folder)
    let path = folder.path("trace")
    options.extraArguments += ["-plugin", MachineOptions.escaped(file(TargetBuild.profilerPlugin).path) + ",out=trace"]
    let pipe = try TracePipe(path: path)
    let empty = Recorder(code: try guestCode(added: added), counting: .runningCommand)
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

  /// What can run in the guest: the kernel, the programs, services and modules of the boot archive, and those of `added` that
  /// have their debug information beside them.
  private func guestCode(added: [String]) throws -> GuestCode {
    let tools = try ToolchainTools.find()
    var paths: [String] = []
    func addFiles(of folder: URL) throws {
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      where !name.hasSuffix(".debug") && !name.hasSuffix(".symbols") { paths.append(folder.appending(path: name).path) }
    }
    for kind in ["programs", "services", "modules"] { try addFiles(of: file("build/\(kind)")) }
    for path in added {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
      let url = URL(fileURLWithPath: path).standardized
      if isFolder.boolValue { try addFiles(of: url) } else { paths.append(url.path) }
    }
    let images = try paths.filter { path in
      FileManager.default.fileExists(atPath: path + ".debug")
    }.map { path in
      let pages = try CodeImage.pages(of: path).map { page in
        (page.address, page.bytes.withUnsafeBytes { $0.baseAddress.map(TracePage.hash) ?? 0 })
      }
      return GuestCode.Image(name: URL(fileURLWithPath: path).lastPathComponent, pages: pages) {
        try CodeImage.functions(of: path + ".debug", tools: tools)
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
