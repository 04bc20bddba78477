// A command as it was understood: what the parser makes and the interpreter runs.
//
// Invariants: a simple command has a word, an assignment or a redirection; a list in a compound command has at least one
// item; positions and ranges are those of bytes in the source that was parsed.

/// What `$` names.
enum ShellParameter: Equatable {
  case variable([UInt8])
  /// `$?`
  case status
  /// `$#`
  case count
  /// `$@`
  case all
  /// `$*`
  case joined
  /// `$0` and on.
  case position(Int)
  /// `$$`
  case shellTask
  /// `$!`
  case lastBackground
}

/// A piece of a word.
enum WordPart: Equatable {
  case text([UInt8], isQuoted: Bool)
  case parameter(ShellParameter, isQuoted: Bool)
  /// `$((...))`: what stands inside, whose parameters are replaced before it is computed.
  case arithmetic([WordPart], isQuoted: Bool)
  /// `$(...)`: the commands inside, whose output takes the place.
  case output([UInt8], isQuoted: Bool)

  /// Whether commands are run to replace it.
  var runsCommands: Bool {
    switch self {
    case .text, .parameter: false
    case .arithmetic(let parts, _): parts.contains { $0.runsCommands }
    case .output: true
    }
  }
}

struct ShellWord: Equatable {
  var parts: [WordPart] = []
  var position = 0

  var runsCommands: Bool { parts.contains { $0.runsCommands } }

  /// The word's text where nothing in it is quoted or replaced.
  var plainText: [UInt8]? {
    guard parts.count == 1, case .text(let text, isQuoted: false) = parts[0] else { return nil }
    return text
  }
}

/// `NAME=VALUE` in front of a command.
struct ShellAssignment: Equatable {
  var name: [UInt8]
  var value: ShellWord
}

enum RedirectionKind: UInt8 {
  case input, output, append
}

/// What a channel becomes.
enum RedirectionTarget<Text: Equatable>: Equatable {
  case file(Text, RedirectionKind)
  /// The input is this text.
  case text(Text)
  /// The same as another channel.
  case channel(UInt8)
}

/// `[N]<FILE`, `[N]>FILE`, `[N]>>FILE`, `[N]<<WORD` or `[N]>&M`.
struct ShellRedirection: Equatable {
  /// 0: input, 1: output, 2: what goes wrong.
  var channel: UInt8
  var target: RedirectionTarget<ShellWord>
}

struct SimpleCommand: Equatable {
  var assignments: [ShellAssignment] = []
  var words: [ShellWord] = []

  /// Whether commands are run before it can be.
  var runsCommands: Bool {
    words.contains { $0.runsCommands } || assignments.contains { $0.value.runsCommands }
  }
}

/// A condition and what is run where it comes true.
struct ShellBranch: Equatable {
  var condition: CommandList
  var body: CommandList
}

/// Patterns of `case` and what is run where one of them fits.
struct ShellChoice: Equatable {
  var patterns: [ShellWord]
  /// Nil: nothing.
  var body: CommandList?
}

indirect enum CommandBody: Equatable {
  case simple(SimpleCommand)
  /// `{ ...; }`
  case group(CommandList)
  case condition([ShellBranch], otherwise: CommandList?)
  /// `while`, or `until` where `isUntil`.
  case loop(ShellBranch, isUntil: Bool)
  /// `for NAME in WORDS`; nil: the positional parameters.
  case each(name: [UInt8], words: [ShellWord]?, body: CommandList)
  case choice(ShellWord, [ShellChoice])
  case function(name: [UInt8], body: ShellCommand, source: [UInt8])
}

struct ShellCommand: Equatable {
  var body: CommandBody
  var redirections: [ShellRedirection] = []
  /// Where it stands in the source.
  var range: Range<Int>
  /// As it was written, where another shell may have to run it: between pipes.
  var text: [UInt8] = []
}

/// Commands with `|` between them.
struct ShellPipeline: Equatable {
  var isNegated = false
  /// `time`.
  var isTimed = false
  var commands: [ShellCommand] = []
}

enum ListConnector: UInt8 {
  case and, or
}

/// Pipelines with `&&` and `||` between them.
struct ListItem: Equatable {
  var first: ShellPipeline
  var rest: [ConnectedPipeline] = []
  /// `&`: nobody waits for it.
  var isBackground = false
  /// Where it stands in the source, without what ends it.
  var range: Range<Int>
  /// As it was written, where another shell may have to run it: in the background.
  var text: [UInt8] = []

  /// The command, where there is only one, without `!` and `time`.
  var onlyCommand: ShellCommand? {
    rest.isEmpty && first.commands.count == 1 && !first.isNegated && !first.isTimed ? first.commands[0] : nil
  }
}

struct ConnectedPipeline: Equatable {
  var connector: ListConnector
  var pipeline: ShellPipeline
}

struct CommandList: Equatable {
  var items: [ListItem] = []
}
