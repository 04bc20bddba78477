// The shell: reads commands from the console, or from a script, and runs each as a built-in command or as a program
// from /bin.
//
// Invariants: a line is understood wholly before any of it runs; every command leaves a status; a script's commands
// are echoed as if they had been typed, so that what a machine did can be read from its output.

import ABI
import Primitives
import SDK

@main
struct Shell: Program {
  static var prompt: StaticString { "megha> " }

  /// The status of the last command: `$?`.
  private var status: Int32 = 0
  /// Set by `exit`.
  private var isFinished = false

  static func run() -> Int32 {
    var shell = Shell()
    if ProgramInformation.argumentCount == 3, ProgramInformation.argument(1) == "--script" {
      shell.runScript(ProgramInformation.argument(2))
    } else {
      shell.runInteractively()
    }
    return shell.status
  }

  private mutating func runScript(_ path: Bytes) {
    do throws(SystemError) {
      let script = try File(path).contents()
      var line: [UInt8] = []
      for byte in script where !isFinished {
        if byte == 0x0a {
          runLine(line, echo: true)
          line = []
        } else {
          line.append(byte)
        }
      }
      if !line.isEmpty, !isFinished { runLine(line, echo: true) }
    } catch {
      status = report(path, error.sentence, status: 127)
    }
  }

  private mutating func runInteractively() {
    var editor = LineEditor(prompt: Self.prompt)
    var output = ConsoleLine()
    editor.begin(output: &output)
    output.flush()
    while !isFinished {
      var input = InlineArray<64, UInt8>(repeating: 0)
      guard let count = try? Console.read(into: &input), count > 0 else { return }
      for index in 0..<count where !isFinished {
        let event = editor.accept(input[index], output: &output)
        switch event {
        case .editing: continue
        case .line(let line):
          output.flush()
          runLine(line, echo: false)
        case .cancelled: status = 130
        case .endOfInput: isFinished = true
        }
        if !isFinished { editor.begin(output: &output) }
      }
      output.flush()
    }
  }

  /// Runs the commands of a line, one after the other.
  private mutating func runLine(_ line: [UInt8], echo: Bool) {
    do throws(ShellSyntaxError) {
      let commands = try ShellSyntax.commands(in: line, status: status)
      for command in commands where !isFinished {
        if echo { Self.echo(command) }
        runCommand(command)
      }
    } catch {
      Console.write {
        $0.write("shell: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      status = 2
    }
  }

  /// A function of its own wherever it is called: `megha profile` counts from its first instruction to its return.
  @inline(never)
  private mutating func runCommand(_ command: ShellCommand) {
    reportEndedChildren()
    let words = CommandWords(command.words)
    if let builtin = Builtin(named: words[0]) {
      status = builtin.run(words, lastStatus: status)
      isFinished = builtin == .exit
    } else {
      status = Launcher(words: words, isBackground: command.isBackground).run()
    }
  }

  /// Takes the outcomes of background programs that have ended.
  private func reportEndedChildren() {
    while let ended = try? TaskIdentity.waitForAnyChild(.noWait) {
      Launcher.reportEnd(ended.task, ended.outcome)
    }
  }

  private static func echo(_ command: ShellCommand) {
    Console.write {
      $0.write(prompt)
      for index in command.words.indices {
        if index > 0 { $0.write(" ") }
        $0.write(command.words[index])
      }
      if command.isBackground { $0.write(" &") }
      $0.write("\n")
    }
  }
}

/// Says why something about `subject` failed; returns `status`.
func report(_ subject: Bytes, _ sentence: StaticString, status: Int32 = 1) -> Int32 {
  Console.write {
    $0.write("shell: ")
    $0.write(subject)
    $0.write(": ")
    $0.write(sentence)
    $0.write("\n")
  }
  return status
}
