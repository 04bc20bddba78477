// Megha as the system under the shell's language: files, commands, programs.

import ABI
import Primitives
import SDK

struct MeghaSystem: ShellHost {
  /// Whether somebody types: jobs are told of, and Ctrl-C is watched for.
  let isInteractive: Bool
  var jobs = JobTable()
  /// The lines that were typed.
  var history: [[UInt8]] = []
  var forgetsHistory = false
  var historyFile = HistoryFile()
  /// The current folder before this one, for `cd -`.
  var formerFolder: [UInt8] = [0x2f]
  /// Whether the last command was an `exit` that was held back.
  private var hasWarned = false
  /// Ended a program in the foreground with Ctrl-C, or stopped it with Ctrl-Z.
  var hasInterrupted = false
  var hasStopped = false
  /// The command in the foreground, as it could be typed.
  private(set) var commandText: [UInt8] = []
  /// The handles that redirections took the place of.
  var channels: [SavedChannels] = []
  var outputStatus: Int32?

  /// The lowest address of this task's stack.
  private let stackStart: UInt32

  init(isInteractive: Bool) {
    self.isInteractive = isInteractive
    stackStart = (try? TaskIdentity.current.information().stackStart) ?? 0
  }

  /// What a command of the shell needs of the stack at the most, and some more, in bytes.
  private static var stackReserve: UInt32 { 12288 }

  func allows(depth: Int) -> Bool {
    var place: UInt8 = 0
    let here = unsafe withUnsafePointer(to: &place) { UInt32(UInt(bitPattern: $0)) }
    return here >= stackStart && here - stackStart >= Self.stackReserve
  }

  mutating func takeInterrupt() -> Int32? {
    if hasStopped {
      hasStopped = false
      return Self.stopped
    }
    if hasInterrupted {
      hasInterrupted = false
      return Self.interrupted
    }
    guard !TypedInput.takeInterrupt().isEmpty else { return nil }
    // A shell of its own, between pipes, reads lines whose editor has shown it.
    if isInteractive { Console.complain("^C\n") }
    return Self.interrupted
  }

  func moment() -> ShellMoment {
    let counters = Machine.counters
    return ShellMoment(
      nanoseconds: Clock.sinceBoot, pageFaults: counters.pageFaults.value, switches: counters.taskSwitches.value,
      spaceChanges: counters.addressSpaceChanges.value)
  }

  // MARK: Output

  mutating func write(_ text: [UInt8]) { Console.write { $0.write(text) } }

  mutating func complain(_ text: [UInt8]) {
    Console.complain {
      $0.write("shell: ")
      $0.write(text)
      $0.write("\n")
    }
  }

  mutating func announce(_ text: [UInt8]) {
    Console.write {
      $0.write(Shell.prompt)
      for byte in text {
        $0.write(byte: byte)
        if byte == 0x0a { $0.write(Shell.continuationPrompt) }
      }
      $0.write("\n")
    }
  }

  // MARK: Files

  mutating func names(in folder: [UInt8]) -> [FolderName] {
    var names: [FolderName] = []
    ShellFiles.forEachName(in: folder) { name, kind, _ in names.append(FolderName(name, isFolder: kind == .folder)) }
    return names
  }

  mutating func kind(of path: [UInt8]) -> ShellFileKind? { ShellFiles.kind(of: path) }

  mutating func contents(of path: [UInt8]) throws(ShellComplaint) -> [UInt8] {
    do throws(SystemError) {
      return try path.withBytes { path throws(SystemError) in try File(path).contents() }
    } catch { throw ShellComplaint(error.sentence) }
  }

  // MARK: Commands

  mutating func describe(_ name: [UInt8]) -> [UInt8]? {
    if Builtin(named: name) != nil { return StaticText("a command of the shell").bytes }
    guard let path = program(named: name, from: [0x2f]) else { return nil }
    return StaticText("a program, ").bytes + path
  }

  /// The path of the program of this name, if there is a file of it.
  func program(named name: [UInt8], from folder: [UInt8]) -> [UInt8]? {
    let path = Self.programPath(name, from: folder)
    return ShellFiles.kind(of: path) == .file ? path : nil
  }

  /// A name with a slash is a path; any other is looked for in /bin.
  static func programPath(_ name: [UInt8], from folder: [UInt8]) -> [UInt8] {
    if name.contains(0x2f) { return ShellPath.absolute(name, from: folder) }
    return StaticText("/bin/").bytes + name
  }

  mutating func run(_ command: ReadyCommand, _ state: inout ShellState) -> Int32 {
    let builtin = Builtin(named: command.words[0])
    // To look at what runs is no other thing than to leave.
    if builtin != .jobs, builtin != .ps { hasWarned = false }
    commandText = Self.text(of: command)
    if let builtin {
      if builtin != .echo, command.words.count == 2, StaticText("--help").isSame(as: command.words[1]) {
        return builtin.showHelp()
      }
      let words = CommandWords(command.words)
      let status = builtin.run(words, &self, &state)
      return Console.takeOutputFailure() != nil && status == 0 ? 1 : status
    }
    return Launcher(words: command.words).run(&self, state)
  }

  /// A command as it could be typed.
  static func text(of command: ReadyCommand) -> [UInt8] {
    var text: [UInt8] = []
    for (index, word) in command.words.enumerated() { text += (index == 0 ? [] : [0x20]) + ShellQuoting.quoted(word) }
    return text
  }

  mutating func start(_ command: ReadyCommand, text: [UInt8], _ state: inout ShellState) -> Int32 {
    launcher(for: command, state).start(&self, &state, text: text)
  }

  /// What starts a command as a process of its own.
  func launcher(for command: ReadyCommand, _ state: ShellState) -> Launcher {
    if let builtin = Builtin(named: command.words[0]) {
      if let launcher = Launcher(of: builtin, CommandWords(command.words)) { return launcher }
      var script: [UInt8] = []
      for word in command.words { script += ShellQuoting.quoted(word) + [0x20] }
      return Launcher(script: state.script(running: script))
    }
    return Launcher(words: command.words)
  }

  mutating func startShell(_ script: [UInt8], text: [UInt8], _ state: inout ShellState) -> Int32 {
    Launcher(script: script).start(&self, &state, text: text)
  }

  /// An interactive shell says once that there are jobs. Nobody could let go on what is stopped once the shell is gone, so
  /// that ends.
  mutating func mayExit() -> Bool {
    collectJobs()
    guard isInteractive, !jobs.jobs.isEmpty, !hasWarned else {
      endStoppedJobs()
      return true
    }
    hasWarned = true
    let isStopped = jobs.jobs.contains { $0.isStopped }
    let runs = jobs.jobs.contains { !$0.isStopped }
    Console.write {
      $0.write("shell: there are jobs; another exit ")
      if isStopped { $0.write("ends what is stopped") }
      $0.write(isStopped && runs ? " and " : "")
      if runs { $0.write("leaves what runs to run on") }
      $0.write("\n")
      jobs.write(to: &$0)
    }
    return false
  }
}
