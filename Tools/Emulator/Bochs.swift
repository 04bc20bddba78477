// Bochs, a second emulator: what it says of the hardware was written by other people than QEMU's.
//
// Invariant: time in the machine follows from the instructions alone, so two runs of the same files print the same.

import Foundation
import MeghaBuild
import Subprocess
import SystemPackage

/// A PC that Bochs emulates.
public struct Bochs: Sendable {
  static let executable = "bochs"
  private static let share = "/usr/share/bochs"

  /// What must be installed, and the package that brings it.
  private static let files = [
    (path: "/usr/bin/\(executable)", package: "bochs"),
    (path: "/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so", package: "bochs-term"),
    (path: "\(share)/BIOS-bochs-latest", package: "bochsbios"),
    (path: "\(share)/VGABIOS-lgpl-latest", package: "vgabios"),
  ]

  /// Why Bochs cannot be used here, in one sentence; nil: it can.
  public static var obstacle: String? {
    files.first { !FileManager.default.isReadableFile(atPath: $0.path) }
      .map { "there is no \($0.path), which the package \($0.package) brings" }
  }

  /// The CD image that is booted.
  let image: String
  /// The processor, as Bochs names it.
  let processor: String
  let memory: MemorySize

  public init(image: String, processor: String, memory: MemorySize) {
    self.image = image
    self.processor = processor
    self.memory = memory
  }

  /// Instructions in a second of the machine's time: few, so that it sleeps soon when nothing runs; enough for a program to
  /// get on between two interrupts.
  private static let instructionsPerSecond = 10_000_000

  /// The machine as Bochs reads it (bochsrc(5)). Its screen is a terminal, which cannot show pixels: without the extension there
  /// are none to set up, and the boot loader stays in text mode.
  func configuration(console: String, host: String, log: String) -> String {
    """
    display_library: term, options="hideIPS"
    cpu: model=\(processor), ips=\(Self.instructionsPerSecond), reset_on_triple_fault=0
    megs: \(memory.mebibytes)
    romimage: file=\(Self.share)/BIOS-bochs-latest, options=fastboot
    vgaromimage: file=\(Self.share)/VGABIOS-lgpl-latest
    vga: extension=none, realtime=0, update_freq=1
    ata0-master: type=cdrom, path="\(image)", status=inserted
    boot: cdrom
    clock: sync=none, time0=1767225600
    com1: enabled=1, mode=file, dev="\(console)"
    com2: enabled=1, mode=file, dev="\(host)"
    sound: waveoutdrv=dummy
    log: \(log)
    panic: action=fatal
    error: action=ignore
    info: action=ignore
    debug: action=ignore
    """
  }

  /// Boots the machine with its console going to `console`, until it ends or its time is over.
  public func run(
    folder: RunFolder, timeout: Int, console: @escaping @Sendable ([UInt8]) -> Void
  ) async throws -> RunResult {
    let configuration = configuration(
      console: folder.path("console"), host: folder.path("host"), log: folder.path("log"))
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder.path("rc")))
    // Debian's Bochs has its debugger built in, which waits for a command before the first instruction.
    try Data("c\n".utf8).write(to: URL(fileURLWithPath: folder.path("commands")))
    let result = try await Subprocess.run(
      Configuration(
        executable: .name(Self.executable),
        arguments: Arguments(["-q", "-f", folder.path("rc"), "-rc", folder.path("commands")]),
        // Its screen is drawn for a terminal, and thrown away.
        environment: .inherit.updating(["TERM": "vt100"]), workingDirectory: FilePath(folder.url.path)),
      input: .none, output: .sequence, error: .discarded
    ) { execution -> Bool in
      let identifier = execution.processIdentifier.value
      LiveRuns.add(process: identifier, folder: folder.url)
      defer { LiveRuns.remove(process: identifier) }
      return try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
          for try await _ in execution.standardOutput {}
          // Bochs has ended by itself.
          return true
        }
        group.addTask { try await watch(folder, for: timeout, console: console) }
        let isOver = try await group.next() ?? true
        try execution.send(signal: .kill)
        group.cancelAll()
        return isOver
      }
    }
    let channel = HostChannel(folder.text("host"))
    return RunResult(
      outcome: Outcome(channel: channel, qemuStatus: 1, timedOutAfter: result.closureResult ? nil : timeout),
      channel: channel, registers: nil)
  }

  /// Passes the console on until the machine says that it ends; false where its time is over before.
  private func watch(
    _ folder: RunFolder, for seconds: Int, console: @Sendable ([UInt8]) -> Void
  ) async throws -> Bool {
    let end = Date().addingTimeInterval(Double(seconds))
    var shown = 0
    while true {
      let channel = HostChannel(folder.text("host"))
      let isOver = channel.status != nil || channel.panic != nil
      let bytes = (try? Data(contentsOf: folder.url.appending(path: "console"))) ?? Data()
      console(Array(bytes[shown...]))
      shown = bytes.count
      if isOver || Date() >= end { return isOver }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
