// The shell's language: words, quotes, `;` between commands, `&` after one that nobody waits for, `$?` and comments.
//
// Invariant: every input either gives a list of commands, none of them without words, or one error; nothing is run
// before the whole line was understood.

import Primitives

/// Why a line is not a list of commands.
public enum ShellSyntaxError: Error, Equatable {
  /// A quote that was opened at this byte is not closed.
  case unclosedQuote(position: Int)
  /// The line ends with a backslash.
  case nothingAfterBackslash
  /// `&` or `;` without a command in front of it.
  case noCommand(position: Int)

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .unclosedQuote(let position):
      output.write("the quote at column ")
      output.write(decimal: position + 1)
      output.write(" is not closed")
    case .nothingAfterBackslash: output.write("nothing follows the backslash at the end")
    case .noCommand(let position):
      output.write("there is no command in front of column ")
      output.write(decimal: position + 1)
    }
  }
}

/// A command as it was typed.
public struct ShellCommand: Equatable {
  /// At least one; the first is the command's name.
  public var words: [[UInt8]] = []
  /// `&`: the shell does not wait for it.
  public var isBackground = false
}

/// Takes lines apart.
public struct ShellSyntax {
  private let line: [UInt8]
  /// What `$?` stands for.
  private let status: Int32
  private var position = 0
  private var word: [UInt8] = []
  /// Whether `word` is one, though it may be empty: `""`.
  private var hasWord = false
  private var command = ShellCommand()
  private var commands: [ShellCommand] = []

  /// The commands in `line`; `status` is that of the last command, for `$?`.
  public static func commands(in line: [UInt8], status: Int32) throws(ShellSyntaxError) -> [ShellCommand] {
    var syntax = ShellSyntax(line: line, status: status)
    return try syntax.parse()
  }

  private init(line: [UInt8], status: Int32) {
    self.line = line
    self.status = status
  }

  private mutating func parse() throws(ShellSyntaxError) -> [ShellCommand] {
    while position < line.count {
      let byte = line[position]
      switch byte {
      case 0x20, 0x09, 0x0d: endWord()
      case 0x23 where !hasWord: position = line.count  // # begins a comment
      case 0x3b: try endCommand(isBackground: false)  // ;
      case 0x26: try endCommand(isBackground: true)  // &
      case 0x22, 0x27: try quoted(by: byte)
      case 0x5c: try escaped()
      case 0x24 where position + 1 < line.count && line[position + 1] == 0x3f:  // $?
        appendStatus()
        position += 1
      default: append(byte)
      }
      position += 1
    }
    endWord()
    if !command.words.isEmpty { commands.append(command) }
    return commands
  }

  private mutating func append(_ byte: UInt8) {
    word.append(byte)
    hasWord = true
  }

  private mutating func endWord() {
    guard hasWord else { return }
    command.words.append(word)
    word = []
    hasWord = false
  }

  private mutating func endCommand(isBackground: Bool) throws(ShellSyntaxError) {
    endWord()
    guard !command.words.isEmpty else { throw .noCommand(position: position) }
    command.isBackground = isBackground
    commands.append(command)
    command = ShellCommand()
  }

  /// Takes a quoted piece; `position` is at the quote that opens it and ends at the one that closes it. Inside double
  /// quotes `$?` is replaced and a backslash protects a quote or a backslash; inside single quotes nothing is special.
  private mutating func quoted(by quote: UInt8) throws(ShellSyntaxError) {
    let start = position
    hasWord = true
    position += 1
    while position < line.count, line[position] != quote {
      let byte = line[position]
      let next = position + 1 < line.count ? line[position + 1] : 0
      if quote == 0x22, byte == 0x5c, next == 0x22 || next == 0x5c {
        append(next)
        position += 1
      } else if quote == 0x22, byte == 0x24, next == 0x3f {
        appendStatus()
        position += 1
      } else {
        append(byte)
      }
      position += 1
    }
    if position == line.count { throw .unclosedQuote(position: start) }
  }

  private mutating func escaped() throws(ShellSyntaxError) {
    position += 1
    guard position < line.count else { throw .nothingAfterBackslash }
    append(line[position])
  }

  private mutating func appendStatus() {
    var writer = ByteWriter()
    writer.write(decimal: Int(status))
    word.append(contentsOf: writer.bytes)
    hasWord = true
  }
}

/// Collects text in an array.
public struct ByteWriter: TextOutput {
  public private(set) var bytes: [UInt8] = []
  public init() {}
  public mutating func write(byte: UInt8) { bytes.append(byte) }
}
