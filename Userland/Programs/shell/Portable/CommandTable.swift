// What the shell says about each of its commands: names, arguments, what they do, an example. `help`, completion and
// the messages of wrong use are made from it.

import Primitives
import SDK

/// What the words after a command's name are, for completion.
enum OperandKind: UInt8 {
  case words, files, folders, programs, commands, variables, jobs
  /// Modules that are loaded, and those that could be.
  case modules, moduleFiles
  /// An action of `service`, and then a service.
  case services
}

struct CommandHelp {
  let name: StaticString
  let parameters: StaticString
  let summary: StaticString
  let example: StaticString
  let operands: OperandKind

  init(
    _ name: StaticString, _ parameters: StaticString, _ summary: StaticString, example: StaticString,
    _ operands: OperandKind = .words
  ) {
    self.name = name
    self.parameters = parameters
    self.summary = summary
    self.example = example
    self.operands = operands
  }

  /// The options that the texts name: words that begin with `--`.
  var options: [[UInt8]] {
    var options: [[UInt8]] = []
    for text in [StaticText(parameters).bytes, StaticText(summary).bytes] {
      var word: [UInt8] = []
      for byte in text + [0x20] {
        if ShellName.continues(byte) || byte == 0x2d {
          word.append(byte)
          continue
        }
        if word.count > 2, word[0] == 0x2d, word[1] == 0x2d, !options.contains(word) { options.append(word) }
        word = []
      }
    }
    return options
  }

  func writeUsage(to output: inout some TextOutput) {
    output.write("usage: ")
    output.write(name)
    if parameters.utf8CodeUnitCount > 0 {
      output.write(" ")
      output.write(parameters)
    }
    output.write("\n")
  }

  /// The line of a table.
  func writeLine(to output: inout some TextOutput) {
    output.write(name, width: 9)
    output.write(parameters, width: 30)
    output.write(" ")
    output.write(summary)
    output.write("\n")
  }

  /// What `help NAME` shows.
  func writePage(to output: inout some TextOutput) {
    writeUsage(to: &output)
    output.write(summary)
    output.write("\nfor example: ")
    output.write(example)
    output.write("\n")
  }

  /// What is known about the command or the word of the language; nil: there is none.
  static func find(_ name: [UInt8]) -> CommandHelp? {
    var found = ReservedWord(name)?.help
    forEach { help in if StaticText(help.name).isSame(as: name) { found = help } }
    return found
  }

  /// All commands, those of the system first.
  static func forEach(_ body: (CommandHelp) -> Void) {
    Builtin.forEach { body($0.help) }
    LanguageCommand.forEach { body($0.help) }
  }
}

extension LanguageCommand {
  var help: CommandHelp {
    switch self {
    case .nothing:
      CommandHelp(":", "[WORD...]", "does nothing, with status 0", example: "while :; do date; sleep 1000; done")
    case .trueCommand: CommandHelp("true", "", "has the status 0", example: "true && echo yes")
    case .falseCommand: CommandHelp("false", "", "has the status 1", example: "false || echo no")
    case .breakCommand:
      CommandHelp("break", "[N]", "leaves the loop, or N of them", example: "for f in *; do test -d $f && break; done")
    case .continueCommand:
      CommandHelp(
        "continue", "[N]", "begins the next round of the loop, or of the Nth around it",
        example: "for f in *; do test -f $f || continue; wc $f; done")
    case .returnCommand:
      CommandHelp("return", "[STATUS]", "leaves a function", example: "f() { test $1 || return 2; echo $1; }")
    case .exit:
      CommandHelp(
        "exit", "[STATUS]", "ends the shell, with the last command's status unless told another", example: "exit 3")
    case .shift: CommandHelp("shift", "[N]", "takes the first positional parameters away", example: "shift; echo $1")
    case .set:
      CommandHelp(
        "set", "[-- WORD...]", "shows all variables, or sets the positional parameters", example: "set -- a b; echo $2")
    case .local:
      CommandHelp(
        "local", "NAME[=VALUE]...", "makes variables that end with the function",
        example: "f() { local n=1; echo $n; }",
        .variables)
    case .export:
      CommandHelp(
        "export", "[NAME[=VALUE]...]", "gives variables to the programs that are started",
        example: "export HEAP=guarded",
        .variables)
    case .unset:
      CommandHelp("unset", "[-f] NAME...", "removes variables, or functions with -f", example: "unset HEAP", .variables)
    case .alias:
      CommandHelp(
        "alias", "[NAME[=WORDS]...]", "shows or sets words that stand for others", example: "alias ring0='run --ring0'",
        .commands)
    case .unalias: CommandHelp("unalias", "NAME...", "removes aliases", example: "unalias ring0", .commands)
    case .source:
      CommandHelp(
        "source", "FILE [WORD...]", "runs the commands of a file in this shell", example: "source /extra/setup", .files)
    case .dot: CommandHelp(".", "FILE [WORD...]", "the same as source", example: ". /extra/setup", .files)
    case .eval: CommandHelp("eval", "WORD...", "runs its words as a command", example: "eval 'echo $HOME'")
    case .test:
      CommandHelp(
        "test", "CONDITION",
        "compares texts (= !=) and numbers (-eq -ne -lt -le -gt -ge), or looks at files (-e -f -d)",
        example: "test -f /bin/rings && rings", .files)
    case .bracket:
      CommandHelp("[", "CONDITION ]", "the same as test", example: "if [ $# -gt 1 ]; then echo $2; fi", .files)
    case .type:
      CommandHelp("type", "NAME...", "says what a command's name stands for", example: "type ls rings", .commands)
    }
  }
}
