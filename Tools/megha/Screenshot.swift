// `megha screenshot`: boots, types on the machine's keyboard, and keeps what its screen shows.

import ArgumentParser
import Emulator
import Foundation

struct Screenshot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Boots Megha and saves its screen as a PNG.")

  @OptionGroup var machine: MachineArguments

  @Argument(help: "The file to write.")
  var file: String

  @Option(name: .customLong("type"), help: "What is typed on the keyboard; \\n is the Enter key.")
  var text = ""

  @Option(parsing: .unconditional, help: "Seconds to wait after the first program has started, and again after typing.")
  var wait = 2.0

  func validate() throws {
    if machine.missing.contains(.screen) {
      throw ValidationError("A machine --without screen shows nothing that could be kept.")
    }
    if machine.bochs != nil { throw ValidationError("Bochs has no screen here; screenshot is for QEMU.") }
    try demand(wait, in: 0...3600, of: "--wait")
  }

  func run() async throws {
    try demandWritable(file)
    let project = try Project.current()
    guard let keys = Keyboard.keys(for: text.replacing("\\n", with: "\n")) else {
      let stranger = text.first { Keyboard.keys(for: String($0)) == nil }.map { " \($0)" } ?? ""
      throw Failure("--type has a character that a US keyboard does not have:\(stranger)")
    }
    try await project.build()
    LiveRuns.endWithThisProcess()
    let folder = try RunFolder()
    defer { folder.delete() }
    let options = try await project.machine(machine, script: nil, folder: folder)
    let result = try await Emulator.run(
      options, root: project.root, folder: folder, timeout: 60, console: { _ in },
      operating: { monitor in
        guard await monitor.waitUntilReady() else { return }
        try? await Task.sleep(for: .seconds(wait))
        await monitor.type(keys)
        try? await Task.sleep(for: .seconds(wait))
        monitor.command("screendump screen -f png")
        monitor.end()
      })
    guard let picture = FileManager.default.contents(atPath: folder.path("screen")) else {
      throw Failure("There is no picture; the run ended with: \(result.outcome)")
    }
    try writeFile(picture, to: file)
  }
}
