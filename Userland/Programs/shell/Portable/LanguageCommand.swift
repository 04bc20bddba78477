// The commands that are part of the language: those that change what the shell remembers, or what runs next.

import Primitives
import SDK

enum LanguageCommand: UInt8 {
  case nothing, trueCommand, falseCommand
  case breakCommand, continueCommand, returnCommand, exit
  case shift, set, local, export, unset
  case alias, unalias
  case source, dot, eval
  case test, bracket, type

  private static var count: UInt8 { 20 }

  init?(named name: [UInt8]) {
    for value in 0..<Self.count {
      if let command = LanguageCommand(rawValue: value), StaticText(command.name).isSame(as: name) {
        self = command
        return
      }
    }
    return nil
  }

  /// All of them, in the order of the table.
  static func forEach(_ body: (LanguageCommand) -> Void) {
    for value in 0..<count {
      if let command = LanguageCommand(rawValue: value) { body(command) }
    }
  }

  var name: StaticString {
    switch self {
    case .nothing: ":"
    case .trueCommand: "true"
    case .falseCommand: "false"
    case .breakCommand: "break"
    case .continueCommand: "continue"
    case .returnCommand: "return"
    case .exit: "exit"
    case .shift: "shift"
    case .set: "set"
    case .local: "local"
    case .export: "export"
    case .unset: "unset"
    case .alias: "alias"
    case .unalias: "unalias"
    case .source: "source"
    case .dot: "."
    case .eval: "eval"
    case .test: "test"
    case .bracket: "["
    case .type: "type"
    }
  }
}

extension ShellInterpreter {
  /// Runs a command of the language. Returns its status.
  mutating func run(_ command: LanguageCommand, _ words: [[UInt8]]) -> Int32 {
    switch command {
    case .nothing, .trueCommand: return 0
    case .falseCommand: return 1
    case .breakCommand, .continueCommand: return leaveLoops(command, words)
    case .returnCommand: return returnCommand(words)
    case .exit: return exitCommand(words)
    case .shift: return shiftCommand(words)
    case .set: return setCommand(words)
    case .local: return localCommand(words)
    case .export: return exportCommand(words)
    case .unset: return unsetCommand(words)
    case .alias: return aliasCommand(words)
    case .unalias: return unaliasCommand(words)
    case .source, .dot: return sourceCommand(words)
    case .eval: return evalCommand(words)
    case .test, .bracket: return testCommand(command, words)
    case .type: return typeCommand(words)
    }
  }

  /// Says how it went wrong; returns the status of a wrong use.
  private mutating func misused(_ command: LanguageCommand, _ sentence: StaticString) -> Int32 {
    complain(StaticText(command.name).bytes, sentence)
    return 2
  }

  private func number(_ word: [UInt8]) -> Int? {
    guard let number = try? Arithmetic.number(word) else { return nil }
    return Int(exactly: number)
  }

  // MARK: What runs next

  private mutating func leaveLoops(_ command: LanguageCommand, _ words: [[UInt8]]) -> Int32 {
    guard words.count <= 2 else { return misused(command, "it takes one number at the most") }
    guard let count = words.count == 2 ? number(words[1]) : 1, count > 0 else {
      return misused(command, "how many loops is a number from 1 on")
    }
    guard loops > 0 else { return misused(command, "no loop runs here") }
    let left = min(count, loops)
    state.flow = command == .breakCommand ? .breaking(left) : .continuing(left)
    return 0
  }

  /// The status that a word names, or the last one where there is none; nil where it is no number.
  private func status(_ words: [[UInt8]]) -> Int32? {
    guard words.count > 1 else { return state.status }
    guard words.count == 2, let number = number(words[1]), let word = UInt32(exactly: number) else { return nil }
    return Int32(word & 0xff)
  }

  private mutating func returnCommand(_ words: [[UInt8]]) -> Int32 {
    guard !frames.isEmpty else { return misused(.returnCommand, "no function runs here") }
    guard let status = status(words) else { return misused(.returnCommand, "the status is a number") }
    state.flow = .returning
    return status
  }

  private mutating func exitCommand(_ words: [[UInt8]]) -> Int32 {
    guard let status = status(words) else { return misused(.exit, "the status is a number") }
    guard host.mayExit() else { return 1 }
    state.flow = .exiting
    return status
  }

  private mutating func evalCommand(_ words: [[UInt8]]) -> Int32 {
    var text: [UInt8] = []
    for word in words.dropFirst() { text += word + [0x20] }
    return runInside(text)
  }

  private mutating func sourceCommand(_ words: [[UInt8]]) -> Int32 {
    guard words.count > 1 else { return misused(.source, "which file?") }
    do throws(ShellComplaint) {
      let text = try host.contents(of: ShellPath.absolute(words[1], from: state.folder))
      let parameters = state.parameters
      if words.count > 2 { state.parameters = [[UInt8]](words.dropFirst(2)) }
      let status = runInside(text)
      if words.count > 2 { state.parameters = parameters }
      return status
    } catch {
      host.complain(words[1] + [0x3a, 0x20] + error.text)
      return 1
    }
  }

  // MARK: Parameters and variables

  private mutating func shiftCommand(_ words: [[UInt8]]) -> Int32 {
    guard words.count <= 2, let count = words.count == 2 ? number(words[1]) : 1, count >= 0 else {
      return misused(.shift, "how many is a number")
    }
    guard count <= state.parameters.count else { return 1 }
    state.parameters.removeFirst(count)
    return 0
  }

  /// `set` shows all variables, `set -- WORD...` sets the positional parameters.
  private mutating func setCommand(_ words: [[UInt8]]) -> Int32 {
    if words.count == 1 {
      for variable in state.variables {
        host.write(variable.name + [0x3d] + ShellQuoting.quoted(variable.value) + [0x0a])
      }
      return 0
    }
    guard words[1] == [0x2d, 0x2d] else { return misused(.set, "set -- WORD... sets $1 and on; options are not known") }
    state.parameters = [[UInt8]](words.dropFirst(2))
    return 0
  }

  /// Takes `NAME` or `NAME=VALUE` apart.
  private func definition(_ word: [UInt8]) -> (name: [UInt8], value: [UInt8]?)? {
    let equals = word.firstIndex(of: 0x3d)
    let name = [UInt8](word[..<(equals ?? word.count)])
    guard ShellName.isName(name) else { return nil }
    return (name, equals.map { [UInt8](word[($0 + 1)...]) })
  }

  private mutating func notAName(_ word: [UInt8]) -> Int32 {
    complain(word, "a name is letters, digits and _, and no digit first")
    return 1
  }

  private mutating func set(_ name: [UInt8], _ value: [UInt8], isExported: Bool?) -> Int32 {
    do throws(ShellRefusal) {
      try state.set(name, value, isExported: isExported)
      return 0
    } catch {
      complain(name, error.sentence)
      return 1
    }
  }

  private mutating func localCommand(_ words: [[UInt8]]) -> Int32 {
    guard !frames.isEmpty else { return misused(.local, "no function runs here") }
    for word in words.dropFirst() {
      guard let (name, value) = definition(word) else { return notAName(word) }
      frames[frames.count - 1].append(SavedVariable(name: name, variable: state.variable(name)))
      let status = set(name, value ?? [], isExported: nil)
      if status != 0 { return status }
    }
    return 0
  }

  private mutating func exportCommand(_ words: [[UInt8]]) -> Int32 {
    if words.count == 1 {
      for variable in state.variables where variable.isExported {
        host.write(
          StaticText("export ").bytes + variable.name + [0x3d] + ShellQuoting.quoted(variable.value) + [0x0a])
      }
      return 0
    }
    for word in words.dropFirst() {
      guard let (name, value) = definition(word) else { return notAName(word) }
      let status = set(name, value ?? state.value(of: name) ?? [], isExported: true)
      if status != 0 { return status }
    }
    return 0
  }

  private mutating func unsetCommand(_ words: [[UInt8]]) -> Int32 {
    let takesFunctions = words.count > 1 && words[1] == StaticText("-f").bytes
    for word in words.dropFirst(takesFunctions ? 2 : 1) {
      guard ShellName.isName(word) else { return notAName(word) }
      if takesFunctions { state.removeFunction(word) } else { state.removeVariable(word) }
    }
    return 0
  }

  // MARK: Names of commands

  private mutating func aliasCommand(_ words: [[UInt8]]) -> Int32 {
    var status: Int32 = 0
    if words.count == 1 { for alias in state.aliases { show(alias) } }
    for word in words.dropFirst() {
      guard let equals = word.firstIndex(of: 0x3d) else {
        if let alias = state.alias(word) {
          show(alias)
        } else {
          complain(word, "there is no such alias")
          status = 1
        }
        continue
      }
      let name = [UInt8](word[..<equals])
      guard ShellName.isName(name) else { return notAName(name) }
      let source = [UInt8](word[(equals + 1)...])
      do throws(ShellMistake) {
        let words = try ShellParser.aliasWords(source)
        do throws(ShellRefusal) { try state.define(ShellAlias(name: name, words: words, source: source)) } catch {
          complain(name, error.sentence)
          status = 1
        }
      } catch {
        var writer = ByteWriter()
        error.describe(in: source, to: &writer)
        host.complain(writer.bytes)
        status = 2
      }
    }
    return status
  }

  private mutating func show(_ alias: ShellAlias) {
    host.write(StaticText("alias ").bytes + alias.name + [0x3d] + ShellQuoting.quoted(alias.source) + [0x0a])
  }

  private mutating func unaliasCommand(_ words: [[UInt8]]) -> Int32 {
    for word in words.dropFirst() {
      guard state.alias(word) != nil else {
        complain(word, "there is no such alias")
        return 1
      }
      state.removeAlias(word)
    }
    return 0
  }

  private mutating func typeCommand(_ words: [[UInt8]]) -> Int32 {
    guard words.count > 1 else { return misused(.type, "which name?") }
    var status: Int32 = 0
    for word in words.dropFirst() {
      if let alias = state.alias(word) {
        host.write(word + StaticText(" is an alias for ").bytes + alias.source + [0x0a])
      } else if ReservedWord(word) != nil {
        host.write(word + StaticText(" is a word of the language\n").bytes)
      } else if let function = state.function(word) {
        host.write(word + StaticText(" is a function:\n").bytes + function.source + [0x0a])
      } else if LanguageCommand(named: word) != nil {
        host.write(word + StaticText(" is a command of the language\n").bytes)
      } else if let description = host.describe(word) {
        host.write(word + StaticText(" is ").bytes + description + [0x0a])
      } else {
        complain(word, "there is no such command or program")
        status = 1
      }
    }
    return status
  }

  private mutating func testCommand(_ command: LanguageCommand, _ words: [[UInt8]]) -> Int32 {
    var operands = [[UInt8]](words.dropFirst())
    if command == .bracket {
      guard operands.last == [0x5d] else { return misused(.bracket, "it ends with ]") }
      operands.removeLast()
    }
    let folder = state.folder
    do throws(ConditionMistake) {
      return try ShellCondition.holds(operands) { self.host.kind(of: ShellPath.absolute($0, from: folder)) } ? 0 : 1
    } catch {
      return misused(command, error.sentence)
    }
  }
}
