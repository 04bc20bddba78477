// A system for the shell that is made of arrays: what commands print and start is kept as text.

@testable import ShellLanguage

struct FakeSystem: ShellHost {
  /// Absolute paths of files, and what is in them.
  var files: [String: String] = [:]
  var output = ""
  var complaints: [String] = []
  var announced: [String] = []
  var background: [String] = []
  /// After how many commands Ctrl-C is typed; nil: never.
  var interruptAfter: Int?
  var refusesExit = false
  var redirections: [[ReadyRedirection]] = []
  var stages: [PipelineStage] = []

  func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  func allows(depth: Int) -> Bool { depth < 64 }

  mutating func takeInterrupt() -> Int32? {
    guard let left = interruptAfter else { return nil }
    interruptAfter = left > 0 ? left - 1 : nil
    return left == 0 ? 130 : nil
  }

  func moment() -> ShellMoment {
    let count = UInt64(output.filter { $0 == "\n" }.count)
    return ShellMoment(nanoseconds: count * 1_007_000, pageFaults: count, switches: 2 * count, spaceChanges: 3 * count)
  }

  mutating func write(_ text: [UInt8]) { output += self.text(text) }
  mutating func complain(_ text: [UInt8]) { complaints.append(self.text(text)) }
  mutating func announce(_ text: [UInt8]) { announced.append(self.text(text)) }

  mutating func names(in folder: [UInt8]) -> [FolderName] {
    let prefix = text(folder) == "/" ? "/" : text(folder) + "/"
    var names: [String: Bool] = [:]
    for path in files.keys where path.hasPrefix(prefix) {
      let rest = path.dropFirst(prefix.count)
      let name = rest.prefix { $0 != "/" }
      names[String(name)] = name.count < rest.count
    }
    return names.map { FolderName(Array($0.key.utf8), isFolder: $0.value) }
  }

  mutating func kind(of path: [UInt8]) -> ShellFileKind? {
    let path = text(path)
    if files[path] != nil { return .file }
    return path == "/" || files.keys.contains { $0.hasPrefix(path + "/") } ? .folder : nil
  }

  mutating func contents(of path: [UInt8]) throws(ShellComplaint) -> [UInt8] {
    guard let contents = files[text(path)] else { throw ShellComplaint("there is no such file") }
    return Array(contents.utf8)
  }

  mutating func describe(_ name: [UInt8]) -> [UInt8]? {
    ["echo", "words", "status"].contains(text(name)) ? Array("a command".utf8) : nil
  }

  /// `echo`, `words` (in brackets), `status N`, `cd FOLDER`; anything else is not found.
  mutating func run(_ command: ReadyCommand, _ state: inout ShellState) -> Int32 {
    let words = command.words.map(text)
    switch words[0] {
    case "echo": output += words.dropFirst().joined(separator: " ") + "\n"
    case "words": output += words.dropFirst().map { "<\($0)>" }.joined() + "\n"
    case "status": return Int32(words[1])!
    case "cd": state.folder = ShellPath.absolute(command.words[1], from: state.folder)
    case "env":
      output += state.variables.filter(\.isExported).map { text($0.name) + "=" + text($0.value) }.joined(separator: " ")
      output += "\n"
    default:
      complaints.append("\(words[0]): not found")
      return 127
    }
    return 0
  }

  mutating func start(_ command: ReadyCommand, text: [UInt8], _ state: inout ShellState) -> Int32 {
    background.append("program: " + command.words.map(self.text).joined(separator: " "))
    state.lastBackground = 70
    return 0
  }

  mutating func startShell(_ script: [UInt8], text: [UInt8], _ state: inout ShellState) -> Int32 {
    background.append("shell: " + self.text(script))
    return 0
  }

  mutating func mayExit() -> Bool { !refusesExit }

  mutating func runPipeline(_ stages: [PipelineStage], _ state: inout ShellState) -> Int32 {
    self.stages = stages
    return 3
  }

  var outputStatus: Int32?
  /// The commands that were run for their output.
  var outputs: [String] = []

  /// `print WORDS` prints them, each `+` as a line end; `fail N` prints nothing, with a status; `much` more than is taken.
  mutating func output(of commands: [UInt8], _ state: ShellState) throws(ShellRefusal) -> [UInt8] {
    let text = text(commands)
    outputs.append(text)
    let words = text.split(separator: " ")
    if words.first == "much" { throw .tooManyBytes }
    outputStatus = words.first == "fail" ? Int32(words[1])! : 0
    return words.first == "print" ? Array(words.dropFirst().joined(separator: " ").replacing("+", with: "\n").utf8) : []
  }

  mutating func beginRedirection(_ redirections: [ReadyRedirection]) throws(ShellComplaint) {
    if redirections.contains(where: { $0.target == .file(Array("/full".utf8), .output) }) {
      throw ShellComplaint("/full: no room")
    }
    self.redirections.append(redirections)
    output += "("
  }

  mutating func endRedirection() { output += ")" }
}

/// A shell on a `FakeSystem`.
final class TestShell {
  var shell: ShellInterpreter<FakeSystem>

  init(_ system: FakeSystem) {
    shell = ShellInterpreter(host: system, state: ShellState(name: Array("shell".utf8)))
  }

  var host: FakeSystem {
    get { shell.host }
    set { shell.host = newValue }
  }

  var state: ShellState { shell.state }
  var isExiting: Bool { shell.isExiting }

  func run(_ bytes: [UInt8], isWhole: Bool) -> Bool { shell.run(bytes, isWhole: isWhole) }

  /// Runs a whole text. Returns what was printed and what was complained of, a line each.
  @discardableResult
  func run(_ text: String) -> String {
    host.output = ""
    host.complaints = []
    _ = run(Array(text.utf8), isWhole: true)
    return host.output + host.complaints.map { "! \($0)\n" }.joined()
  }
}

func makeShell(files: [String: String] = [:], _ change: (inout FakeSystem) -> Void = { _ in }) -> TestShell {
  var system = FakeSystem()
  system.files = files
  change(&system)
  return TestShell(system)
}
