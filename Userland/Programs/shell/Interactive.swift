// The shell at the console: prompt, line editor, completion, commands over several lines.

import ABI
import Primitives
import SDK

extension Shell {
  /// - Parameter keepsHistory: with a file, whose file system may not answer.
  mutating func runInteractively(prompt: StaticString = Self.prompt, keepsHistory: Bool = true) {
    TypedInput.begin()
    defer { TypedInput.end() }
    interpreter.host.historyFile.isKept = keepsHistory
    var editor = LineEditor(prompt: prompt, completes: true)
    /// The lines of a command that is not complete.
    var command: [UInt8] = []
    begin(&editor, prompt, isFirst: true)
    while !interpreter.isExiting {
      guard let byte = TypedInput.waitForByte() else {
        guard !TypedInput.hasEnded else { return }
        _ = TypedInput.takeInterrupt()
        continue
      }
      var output = ConsoleLine()
      let event = editor.accept(byte, output: &output)
      output.flush()
      switch event {
      case .editing: continue
      case .completion:
        complete(&editor)
        continue
      case .line(let line):
        command += line
        interpreter.host.historyFile.add(line)
        interpreter.host.history = editor.history
        if run(command) { command = [] } else { command.append(0x0a) }
      case .refused:
        command = []
        interpreter.state.status = 2
        Console.write {
          $0.write("shell: the line has more than ")
          $0.write(decimal: LineEditor.lengthLimit)
          $0.write(" bytes; nothing of it was run\n")
        }
      case .cancelled:
        command = []
        interpreter.state.status = 130
      case .endOfInput:
        command = []
        if interpreter.host.mayExit() { interpreter.state.flow = .exiting }
      }
      if interpreter.host.forgetsHistory {
        editor.forgetHistory()
        interpreter.host.historyFile.forget()
        interpreter.host.forgetsHistory = false
      }
      if !interpreter.isExiting { begin(&editor, prompt, isFirst: command.isEmpty) }
    }
    interpreter.host.historyFile.settle(&editor)
  }

  /// Tells what ended meanwhile, and shows the prompt.
  private mutating func begin(_ editor: inout LineEditor, _ prompt: StaticString, isFirst: Bool) {
    if isFirst {
      interpreter.host.collectJobs()
      interpreter.host.historyFile.settle(&editor)
    }
    var output = ConsoleLine()
    editor.begin(prompt: isFirst ? prompt : Self.continuationPrompt, output: &output)
    output.flush()
  }

  /// Runs a command while Ctrl-C interrupts it. Returns false where more lines have to come.
  private mutating func run(_ command: [UInt8]) -> Bool {
    TypedInput.commandsRun(true)
    defer { TypedInput.commandsRun(false) }
    return runCommand(CommandText(bytes: command, isWhole: false))
  }

  private mutating func complete(_ editor: inout LineEditor) {
    var output = ConsoleLine()
    defer { output.flush() }
    var names = TypedNames(state: interpreter.state, jobTable: interpreter.host.jobs)
    let typed = [UInt8](editor.line[..<editor.cursor])
    // What is pasted may be indented by tabs.
    if typed.allSatisfy({ $0 == 0x20 }) { return editor.replace(from: typed.count, with: [0x20], output: &output) }
    guard let completion = Completion.complete(typed, &names) else { return output.write(byte: 0x07) }
    let isProgress = typed[completion.start...] != completion.text[...]
    editor.replace(from: completion.start, with: completion.text, output: &output)
    guard !completion.choices.isEmpty, !isProgress else { return }
    output.write("\n")
    TextTools.writeColumns(completion.choices, width: TypedInput.terminal?.size.columns ?? 80, to: &output)
    editor.redraw(output: &output)
  }
}
