// `megha debug`: QEMU waits for GDB, and GDB starts with the kernel's symbols and a few commands of its own.

import ArgumentParser
import Emulator
import Foundation
import MeghaBuild
import Subprocess

struct Debug: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boots Megha under GDB.",
    discussion: """
      GDB stops before the first instruction; Tools/gdb/megha.gdb says which commands it has beside its own. The \
      console is written to build/debug-console.
      """)

  @OptionGroup var machine: MachineArguments

  @Option(help: "Commands for the shell, separated by semicolons or line ends.")
  var script: String?

  @Option(name: .customLong("program"), help: "A program of the tree whose symbols GDB loads too.")
  var program: String?

  @Option(
    name: .customLong("execute"), parsing: .singleValue,
    help: "A command for GDB; several are executed in order. GDB then ends by itself.")
  var commands: [String] = []

  func run() async throws {
    let project = try Project.current()
    try await project.build()
    LiveRuns.endWithThisProcess()
    let folder = try RunFolder()
    defer { folder.delete() }
    var options = try await project.machine(machine, script: script, folder: folder)
    options.waitsForDebugger = true
    let console = project.file("build/debug-console")
    try Data().write(to: console)
    let output = try FileHandle(forWritingTo: console)
    var arguments = ["-q", "build/kernel.elf", "-x", "Tools/gdb/megha.gdb"]
    if let program { arguments += ["-ex", "add-symbol-file build/programs/\(program).debug"] }
    arguments += ["-ex", "target remote localhost:1234"]
    for command in commands { arguments += ["-ex", command] }
    if !commands.isEmpty { arguments.append("-batch") }
    let machine = options
    let status = try await withThrowingTaskGroup(of: Int32?.self) { group in
      group.addTask {
        _ = try await Emulator.run(machine, root: project.root, folder: folder, timeout: nil) {
          output.write(Data($0))
        }
        return nil
      }
      group.addTask { [arguments] in try await ChildProcess.run("gdb", arguments, in: project.root) }
      // GDB kills the machine when it ends; a machine that ends first leaves GDB to its user.
      var status: Int32 = 0
      while let result = try await group.next() {
        if let result {
          status = result
          LiveRuns.endAll()
        }
      }
      return status
    }
    if status != 0 { throw ExitCode(status) }
  }
}
