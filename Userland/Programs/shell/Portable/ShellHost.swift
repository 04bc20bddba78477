// What the interpreter needs of the system under it. The program `shell` is one, tests are another.

import Primitives
import SDK

/// A simple command that is ready to run.
struct ReadyCommand: Equatable {
  /// At least one; the first is the command's name.
  var words: [[UInt8]]

  init(words: [[UInt8]]) { self.words = words }
}

/// A redirection whose file is known.
struct ReadyRedirection: Equatable {
  var channel: UInt8
  /// Files by their absolute paths; texts as they are.
  var target: RedirectionTarget<[UInt8]>

  init(channel: UInt8, target: RedirectionTarget<[UInt8]>) {
    self.channel = channel
    self.target = target
  }
}

/// A command between pipes.
enum PipelineStage: Equatable {
  case command(ReadyCommand, [ReadyRedirection])
  /// For a shell of its own.
  case script([UInt8])
}

enum ShellFileKind: UInt8 {
  case file, folder, other
}

/// Why something could not be done, as the end of a sentence.
struct ShellComplaint: Error, Equatable {
  let text: [UInt8]
  init(_ text: [UInt8]) { self.text = text }
  init(_ text: StaticString) { self.text = StaticText(text).bytes }
}

/// What was counted up to a moment.
struct ShellMoment: Equatable {
  var nanoseconds: UInt64
  var pageFaults: UInt64
  var switches: UInt64
  var spaceChanges: UInt64

  /// What it is more than at the start, as `0.123 ms; page faults: 4, task switches: 2, changes of the address space: 2`.
  func text(since start: ShellMoment) -> [UInt8] {
    var text = ByteWriter()
    let microseconds = (nanoseconds &- start.nanoseconds) / 1000
    text.write(decimal: microseconds / 1000)
    text.write(".")
    let rest = microseconds % 1000
    if rest < 100 { text.write("0") }
    if rest < 10 { text.write("0") }
    text.write(decimal: rest)
    text.write(" ms; page faults: ")
    text.write(decimal: pageFaults &- start.pageFaults)
    text.write(", task switches: ")
    text.write(decimal: switches &- start.switches)
    text.write(", changes of the address space: ")
    text.write(decimal: spaceChanges &- start.spaceChanges)
    return text.bytes
  }
}

protocol ShellHost: NameSource, OutputSource {
  /// Whether one more command may run inside of so many others: whether there is room for it on the stack.
  func allows(depth: Int) -> Bool

  /// Where Ctrl-C was typed since this was last asked, or a command was stopped: the status of what is left because of it.
  mutating func takeInterrupt() -> Int32?

  /// What the machine has counted up to now.
  func moment() -> ShellMoment

  mutating func write(_ text: [UInt8])
  /// Says what is wrong, in one sentence.
  mutating func complain(_ text: [UInt8])
  /// A script's command is about to run.
  mutating func announce(_ text: [UInt8])

  /// What lies at an absolute path; nil: nothing.
  mutating func kind(of path: [UInt8]) -> ShellFileKind?
  mutating func contents(of path: [UInt8]) throws(ShellComplaint) -> [UInt8]
  /// What a name is that the language does not know, such as `a program, /bin/rings`; nil: nothing.
  mutating func describe(_ name: [UInt8]) -> [UInt8]?

  /// Runs a command and waits for it. Returns its status.
  mutating func run(_ command: ReadyCommand, _ state: inout ShellState) -> Int32
  /// Starts a command that nobody waits for. Returns 0, or why it could not be started.
  mutating func start(_ command: ReadyCommand, text: [UInt8], _ state: inout ShellState) -> Int32
  /// The same for what a shell of its own has to run.
  mutating func startShell(_ script: [UInt8], text: [UInt8], _ state: inout ShellState) -> Int32
  /// Whether the shell may end now; where not, it has said why.
  mutating func mayExit() -> Bool

  /// Runs commands whose outputs are each the next one's input. Returns the status of the last.
  mutating func runPipeline(_ stages: [PipelineStage], _ state: inout ShellState) -> Int32
  /// What runs from now on has other channels, until `endRedirection`.
  mutating func beginRedirection(_ redirections: [ReadyRedirection]) throws(ShellComplaint)
  mutating func endRedirection()
}
