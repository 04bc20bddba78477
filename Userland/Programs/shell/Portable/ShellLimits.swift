// How much the shell takes at a time. What is over a limit is refused with a sentence that names it; nothing is cut.

enum ShellLimits {
  /// The bytes of one command, over all of its lines.
  static var source: Int { 32768 }
  /// How deep `if`, loops, groups and quotations of arithmetic lie in each other.
  static var nesting: Int { 24 }
  /// How deep commands run inside of commands: nesting and calls of functions together. On a small stack it is less.
  static var running: Int { 256 }
  /// The words that one command is given.
  static var words: Int { 1024 }
  /// The bytes of all words of one command.
  static var bytes: Int { 65536 }
  /// The bytes of a text behind `<<`: as many as a pipe takes before anybody reads.
  static var hereText: Int { 8192 }
  static var variables: Int { 512 }
  static var functions: Int { 128 }
  static var aliases: Int { 128 }
  /// How many bytes all values and bodies have together, by kind.
  static var stored: Int { 262_144 }
}
