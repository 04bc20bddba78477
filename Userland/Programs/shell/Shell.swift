// The shell: reads commands from the console, from a script or from an argument, and gives them to the interpreter of
// its language (Portable), which runs them on this system.
//
//     shell                                  at the console
//     shell FILE [WORD...]                   the commands of a file, with the words as $1 and on
//     shell --script FILE                    the same, and each command is shown before it runs
//     shell --command TEXT [WORD...]         the commands of a text
//     shell --attention MILLISECONDS         at the console, beside a shell that does not answer, by a key that was
//                                            pressed so long after boot
//
// Invariants: a command is understood wholly before any of it runs; every command leaves a status; a script's commands
// are shown as if they had been typed, so that what a machine did can be read from its output.

import ABI
import Primitives
import SDK

@main
struct Shell: Program {
  static var prompt: StaticString { "megha> " }
  static var attentionPrompt: StaticString { "attention> " }
  static var continuationPrompt: StaticString { "     > " }

  var interpreter: ShellInterpreter<MeghaSystem>

  static func run() -> Int32 {
    let count = ProgramInformation.argumentCount
    guard count > 1 else {
      var shell = Shell(isInteractive: true, wordsFrom: 1)
      shell.runInteractively()
      return shell.interpreter.state.status
    }
    let first = ProgramInformation.argument(1)
    if first == "--script" || first == "--command" {
      guard count > 2 else { return reportUsage() }
      var shell = Shell(isInteractive: false, wordsFrom: 3)
      if first == "--script" {
        shell.interpreter.announces = true
        shell.runScript(ProgramInformation.argument(2))
      } else {
        shell.runCommand(CommandText(bytes: ProgramInformation.argument(2).copied, isWhole: true))
      }
      return shell.interpreter.state.status
    }
    if first == "--attention" {
      let now = Clock.sinceBoot / 1_000_000 + 1
      let pressed = ProgramInformation.argument(2).number.map { UInt64($0) } ?? now
      Console.write {
        $0.write("\nattention: here ")
        $0.write(decimal: now - min(pressed, now))
        $0.write(" ms after the key; ps shows what runs, kill ends it, ")
        $0.write("free --by-job shows what jobs have; exit goes back\n")
      }
      var shell = Shell(isInteractive: true, wordsFrom: 3)
      shell.runInteractively(prompt: attentionPrompt, keepsHistory: false)
      return shell.interpreter.state.status
    }
    if first.hasPrefix("-") { return reportUsage() }
    var shell = Shell(isInteractive: false, wordsFrom: 2, name: first)
    shell.runScript(first)
    return shell.interpreter.state.status
  }

  private static func reportUsage() -> Int32 {
    Console.complain("usage: shell [FILE [WORD...] | --script FILE | --command TEXT [WORD...]]\n")
    return 2
  }

  /// - Parameters:
  ///   - wordsFrom: which argument is `$1`.
  ///   - name: what is `$0`.
  init(isInteractive: Bool, wordsFrom first: Int, name: Bytes = Bytes("shell")) {
    var state = ShellState(name: name.copied)
    state.task = (try? TaskIdentity.current.information().task) ?? 0
    for index in 0..<ProgramInformation.environmentCount {
      let entry = ProgramInformation.environmentEntry(index).copied
      guard let equals = entry.firstIndex(of: 0x3d) else { continue }
      let name = [UInt8](entry[..<equals])
      // What is over the limits is not known to the shell.
      if ShellName.isName(name) { try? state.set(name, [UInt8](entry[(equals + 1)...]), isExported: true) }
    }
    let folder = Files.workingDirectory
    if folder.first == 0x2f { state.folder = folder }
    var index = first
    while index < ProgramInformation.argumentCount {
      state.parameters.append(ProgramInformation.argument(index).copied)
      index += 1
    }
    interpreter = ShellInterpreter(host: MeghaSystem(isInteractive: isInteractive), state: state)
  }

  /// Runs the commands of a file: each as soon as its lines are complete.
  private mutating func runScript(_ path: Bytes) {
    do throws(SystemError) {
      let script = try File(path).contents()
      var command: [UInt8] = []
      for line in TextTools.lines(of: script) where !interpreter.isExiting {
        command += script[line]
        if runCommand(CommandText(bytes: command, isWhole: line.upperBound + 1 >= script.count)) {
          command = []
        } else {
          command.append(0x0a)
        }
      }
    } catch {
      interpreter.state.status = report(path, error.sentence, status: 127)
    }
  }

  /// Runs a text of commands. Returns false where more lines have to come.
  ///
  /// A function of its own wherever it is called: `megha profile` counts from its first instruction to its return.
  @inline(never) @discardableResult
  mutating func runCommand(_ text: CommandText) -> Bool {
    interpreter.host.collectJobs()
    return interpreter.run(text.bytes, isWhole: text.isWhole)
  }
}

/// A text of commands, as far as it has come.
struct CommandText {
  var bytes: [UInt8]
  /// Whether no more lines will come.
  var isWhole: Bool
}
