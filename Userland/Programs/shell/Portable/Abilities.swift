// What the system under the shell can carry out. What it cannot is found in the whole command before any of it runs.

/// Operators that need something of the kernel.
struct ShellAbilities: OptionSet, Sendable {
  let rawValue: UInt8
  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A program's output can be another one's input.
  static var pipes: ShellAbilities { .init(rawValue: 1) }
  /// A command's input can be a file.
  static var input: ShellAbilities { .init(rawValue: 2) }
  /// A command's output can go into a file.
  static var output: ShellAbilities { .init(rawValue: 4) }
}

extension CommandList {
  /// Refuses the first operator in here that `abilities` do not cover.
  func check(_ abilities: ShellAbilities) throws(ShellMistake) {
    for item in items {
      try item.first.check(abilities)
      for connected in item.rest { try connected.pipeline.check(abilities) }
    }
  }
}

extension ShellPipeline {
  fileprivate func check(_ abilities: ShellAbilities) throws(ShellMistake) {
    if let pipePosition, !abilities.contains(.pipes) {
      throw ShellMistake(
        .notYet(StaticText("|").bytes, StaticText("the kernel has no pipes")), at: pipePosition)
    }
    for command in commands { try command.check(abilities) }
  }
}

extension ShellCommand {
  fileprivate func check(_ abilities: ShellAbilities) throws(ShellMistake) {
    for redirection in redirections {
      let needed: ShellAbilities = redirection.kind == .input ? .input : .output
      guard !abilities.contains(needed) else { continue }
      var token: [UInt8] = []
      if redirection.channel == 2 { token.append(0x32) }
      token += StaticText(redirection.kind.text).bytes
      throw ShellMistake(
        .notYet(token, StaticText("the kernel gives a program no other input and output than the console")),
        at: redirection.position)
    }
    switch body {
    case .simple: break
    case .group(let list): try list.check(abilities)
    case .condition(let branches, let otherwise):
      for branch in branches {
        try branch.condition.check(abilities)
        try branch.body.check(abilities)
      }
      try otherwise?.check(abilities)
    case .loop(let branch, _):
      try branch.condition.check(abilities)
      try branch.body.check(abilities)
    case .each(_, _, let list): try list.check(abilities)
    case .choice(_, let choices):
      for choice in choices { try choice.body?.check(abilities) }
    case .function(_, let command, _): try command.check(abilities)
    }
  }
}
