// Starts QEMU, passes the console on as it comes, and finds out how the run ended.
//
// Invariant: when a run returns or the command is interrupted, QEMU is gone, the terminal is as it was, and the
// folder of the run is deleted.

import Foundation
import Subprocess
import SystemPackage

/// One run's files: the overlay archive, the host channel, the monitor's socket.
public struct RunFolder: Sendable {
  public let url: URL

  public init() throws {
    let pattern = FileManager.default.temporaryDirectory.appending(path: "megha-XXXXXX").path
    var bytes = Array(pattern.utf8CString)
    guard mkdtemp(&bytes) != nil else {
      throw OverlayError(description: "A temporary folder could not be made: \(pattern).")
    }
    url = URL(
      fileURLWithPath: String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    LiveRuns.add(folder: url)
  }

  public func path(_ name: String) -> String { url.appending(path: name).path }

  public func delete() {
    try? FileManager.default.removeItem(at: url)
    LiveRuns.remove(folder: url)
  }

  func text(_ name: String) -> String {
    (try? Data(contentsOf: url.appending(path: name))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

/// What a run left behind.
public struct RunResult: Sendable {
  public let outcome: Outcome
  public let channel: HostChannel
  /// The registers at a time-out or reset, as QEMU prints them.
  public let registers: String?
}

/// Somebody who sits at a machine that runs.
public struct Operator: Sendable {
  let folder: RunFolder
  let process: Int32
  /// The other end of the machine's first serial port.
  let line: FileHandle?

  /// Waits until the first program has started; false when the machine was given up before.
  public func waitUntilReady() async -> Bool {
    await wait { HostChannel(folder.text("host")).isReady }
  }

  /// Waits until `condition` holds, asking it again and again; false when the machine was given up before.
  public func wait(each interval: Duration = .milliseconds(50), until condition: () -> Bool) async -> Bool {
    while FileManager.default.fileExists(atPath: folder.url.path) {
      if condition() { return true }
      try? await Task.sleep(for: interval)
    }
    return false
  }

  /// Types on the machine's keyboard.
  public func type(_ keys: [Keyboard.Key]) async {
    for key in keys {
      command(key.command)
      // A key is held for 20 ms; the next one must come after it.
      try? await Task.sleep(for: .milliseconds(60))
    }
  }

  /// Sends text to the machine's first serial port, as fast as the machine takes it.
  public func send(_ text: String) async {
    guard let line else { return }
    await withCheckedContinuation { continuation in
      // A pipe that is full keeps its writer waiting.
      Thread.detachNewThread {
        try? line.write(contentsOf: Data(text.utf8))
        continuation.resume()
      }
    }
  }

  /// The text that the machine's screen shows; nil where the machine has gone.
  public func screen() -> String? {
    let path = folder.path("screen")
    command("screendump \(path)")
    guard let picture = FileManager.default.contents(atPath: path).flatMap(ScreenPicture.init) else { return nil }
    // A VGA in text mode draws characters of nine columns; their codes are in its memory.
    guard picture.width == 720, picture.height == 400 else { return picture.text }
    guard let characters = textCells()?.map(\.character) else { return nil }
    return stride(from: 0, to: 2000, by: 80).map { String(decoding: characters[$0..<$0 + 80], as: UTF8.self) }
      .joined(separator: "\n")
  }

  /// Gives the monitor a command and waits for its answer.
  public func command(_ text: String) { _ = answer(to: text) }

  /// The character and the colours of each place of a VGA in text mode, 80 by 25; nil where the machine has gone.
  public func textCells() -> [(character: UInt8, colours: UInt8)]? {
    let path = folder.path("cells")
    command("pmemsave 0xb8000 4000 \"\(path)\"")
    guard let bytes = FileManager.default.contents(atPath: path).map({ [UInt8]($0) }), bytes.count == 4000 else {
      return nil
    }
    return stride(from: 0, to: 4000, by: 2).map { (bytes[$0], bytes[$0 + 1]) }
  }

  /// What the monitor answers to a command; nil where nobody answers.
  public func answer(to text: String) -> String? { Monitor.answer(to: text, socket: folder.path("monitor")) }

  /// How many seconds of a processor the emulator has used; nil when it is gone (proc(5), `stat`).
  public var processorSeconds: Double? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let name = text.lastIndex(of: ")")
    else { return nil }
    // The fields after the name begin with the third.
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Ends the machine once its first program has: without a device for that it would stay on.
  public func endWhenSwitchedOff() async {
    guard await wait(until: { HostChannel(folder.text("host")).status != nil }) else { return }
    end()
  }

  /// Ends the machine.
  public func end() { command("quit") }
}

public enum Emulator {
  /// Boots the machine with its console going to `console`, which is called with pieces of output in order.
  ///
  /// - Parameters:
  ///   - root: the folder that relative paths in `options` begin at.
  ///   - timeout: seconds after which the machine is stopped; nil: never.
  ///   - operating: what somebody does at the machine meanwhile.
  public static func run(
    _ options: MachineOptions, root: URL, folder: RunFolder, timeout: Int?,
    console: @escaping @Sendable ([UInt8]) -> Void, operating: (@Sendable (Operator) async -> Void)? = nil
  ) async throws -> RunResult {
    let configuration = try configuration(options, root: root, folder: folder, isWatched: true)
    // The machine reads its console's input from this pipe, to whose other end the operator writes.
    let pipe = Pipe()
    // A machine that has gone reads no more.
    signal(SIGPIPE, SIG_IGN)
    let input = FileDescriptor(rawValue: pipe.fileHandleForReading.fileDescriptor)
    let result = try await Subprocess.run(
      configuration, input: .fileDescriptor(input, closeAfterSpawningProcess: false), output: .sequence,
      error: .currentStandardError
    ) { execution -> End in
      let identifier = execution.processIdentifier.value
      LiveRuns.add(process: identifier, folder: folder.url)
      defer { LiveRuns.remove(process: identifier) }
      return try await withThrowingTaskGroup(of: End?.self) { group in
        group.addTask {
          for try await buffer in execution.standardOutput { console(buffer.withUnsafeBytes { Array($0) }) }
          return nil
        }
        let watch = Monitor.Watch(socket: folder.path("events"))
        group.addTask { await watch.waitForStop() ? .reset(registers: registers(folder)) : nil }
        if let operating {
          let person = Operator(folder: folder, process: identifier, line: pipe.fileHandleForWriting)
          Task { await operating(person) }
        }
        if let timeout {
          group.addTask {
            try? await Task.sleep(for: .seconds(timeout))
            return Task.isCancelled ? nil : .timeout(registers: registers(folder))
          }
        }
        while let end = try await group.next() {
          if let end {
            try execution.send(signal: .kill)
            group.cancelAll()
            return end
          }
          // The console or the monitor is closed, so QEMU is ending by itself.
          watch.giveUp()
          group.cancelAll()
        }
        return .byItself
      }
    }
    return finish(
      folder, end: result.closureResult, status: exitStatus(result.terminationStatus), timeout: timeout)
  }

  /// Why the wait for QEMU was over.
  private enum End: Sendable {
    case byItself
    case reset(registers: String?)
    case timeout(registers: String?)
  }

  private static func registers(_ folder: RunFolder) -> String? {
    Monitor.answer(to: "info registers", socket: folder.path("monitor"))
  }

  /// Boots the machine with the console connected to the terminal, or to a pipe, until it is switched off.
  public static func runInteractively(
    _ options: MachineOptions, root: URL, folder: RunFolder
  ) async throws -> RunResult {
    let configuration = try configuration(options, root: root, folder: folder, isWatched: false)
    let terminal = Terminal.save()
    defer { terminal?.restore() }
    // What comes from a terminal is typed once there is a prompt.
    let input = terminal == nil ? try FileDescriptor.pipe() : nil
    defer { try? input?.readEnd.close() }
    let result = try await Subprocess.run(
      configuration,
      input: .fileDescriptor(input?.readEnd ?? .standardInput, closeAfterSpawningProcess: false),
      output: .currentStandardOutput, error: .currentStandardError
    ) { execution in
      let identifier = execution.processIdentifier.value
      LiveRuns.add(process: identifier, folder: folder.url)
      if let input { PipedInput.forward(to: input.writeEnd) }
    }
    LiveRuns.remove(process: result.processIdentifier.value)
    return finish(folder, end: .byItself, status: exitStatus(result.terminationStatus), timeout: nil)
  }

  /// QEMU runs in the folder of the run, where all its files have plain names.
  private static func configuration(
    _ options: MachineOptions, root: URL, folder: RunFolder, isWatched: Bool
  ) throws -> Configuration {
    let monitors = isWatched ? MachineOptions.Monitors(people: "monitor", events: "events") : nil
    let options = try options.gathered(in: folder, root: root)
    var platform = PlatformOptions()
    // Where GDB has the terminal an interruption is meant for it: the machine is out of its reach.
    if options.debuggerPort != nil { platform.processGroupID = 0 }
    return Configuration(
      executable: .name(options.firmware?.firmware.emulator ?? Firmware.bios.emulator),
      arguments: Arguments(options.arguments(hostChannel: "host", monitors: monitors)),
      workingDirectory: FilePath(folder.url.path), platformOptions: platform)
  }

  private static func finish(_ folder: RunFolder, end: End, status: Int32, timeout: Int?) -> RunResult {
    let channel = HostChannel(folder.text("host"))
    switch end {
    case .byItself:
      return RunResult(
        outcome: Outcome(channel: channel, qemuStatus: status, timedOutAfter: nil), channel: channel,
        registers: nil)
    case .reset(let registers):
      return RunResult(
        outcome: Outcome(channel: channel, qemuStatus: 0, timedOutAfter: nil), channel: channel,
        registers: registers)
    case .timeout(let registers):
      return RunResult(
        outcome: Outcome(channel: channel, qemuStatus: status, timedOutAfter: timeout), channel: channel,
        registers: registers)
    }
  }

  private static func exitStatus(_ status: TerminationStatus) -> Int32 {
    switch status {
    case .exited(let code): Int32(code)
    case .signaled(let signal): 128 + Int32(signal)
    }
  }
}
