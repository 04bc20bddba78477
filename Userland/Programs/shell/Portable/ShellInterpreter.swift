// Runs commands: lists, pipelines, simple commands and functions. Compound commands and the language's own commands are
// in files of their own.
//
// Invariants: a command is understood wholly before any of it runs; every command leaves a status; how deep commands run inside
// of each other is limited; what a word runs for its output is run once.

import Primitives
import SDK

struct ShellInterpreter<Host: ShellHost> {
  var host: Host
  var state: ShellState
  /// Whether commands are announced before they run.
  var announces = false
  var loops = 0
  private var depth = 0
  /// For each function that runs, the variables that are its own, as they were outside.
  var frames: [[SavedVariable]] = []

  struct SavedVariable {
    let name: [UInt8]
    let variable: ShellVariable?
  }

  init(host: Host, state: ShellState) {
    self.host = host
    self.state = state
  }

  /// Whether the shell is to end.
  var isExiting: Bool { state.flow == .exiting }

  // MARK: Texts

  /// Understands and runs `source`. Returns false where more lines have to come, and nothing was run.
  /// - Parameter isWhole: no more lines will come.
  mutating func run(_ source: [UInt8], isWhole: Bool) -> Bool {
    let list: CommandList
    do throws(ShellMistake) {
      list = try ShellParser.parse(source)
    } catch {
      if error.isIncomplete && !isWhole { return false }
      if announces { host.announce(source) }
      complain(error, in: source)
      return true
    }
    for item in list.items {
      if announces { announce(item, in: source) }
      run(item)
      guard state.flow == .onward else { break }
    }
    // What was not looked at is not for the next command.
    checkInterrupt()
    if state.flow != .exiting { state.flow = .onward }
    return true
  }

  /// Understands and runs a text inside of another command.
  mutating func runInside(_ source: [UInt8]) -> Int32 {
    do throws(ShellMistake) {
      let list = try ShellParser.parse(source)
      state.status = 0
      return deeper { $0.run(list) }
    } catch {
      complain(error, in: source)
      return 2
    }
  }

  private mutating func complain(_ mistake: ShellMistake, in source: [UInt8]) {
    var writer = ByteWriter()
    mistake.describe(in: source, to: &writer)
    host.complain(writer.bytes)
    state.status = 2
  }

  /// Says that `subject` failed.
  mutating func complain(_ subject: [UInt8], _ sentence: StaticString) {
    host.complain(subject + [0x3a, 0x20] + StaticText(sentence).bytes)
  }

  private mutating func announce(_ item: ListItem, in source: [UInt8]) {
    var text = [UInt8](source[item.range])
    if let command = item.onlyCommand, command.redirections.isEmpty, case .simple(let simple) = command.body,
      simple.assignments.isEmpty, !simple.runsCommands, let words = try? Expansion.words(of: simple.words, state, &host)
    {
      text = []
      for (index, word) in words.enumerated() { text += (index > 0 ? [0x20] : []) + word }
    }
    host.announce(text + (item.isBackground ? [0x20, 0x26] : []))
  }

  // MARK: Lists and pipelines

  mutating func run(_ list: CommandList) {
    for item in list.items {
      run(item)
      guard state.flow == .onward else { return }
    }
  }

  mutating func run(_ item: ListItem) {
    if item.isBackground { return startInBackground(item) }
    run(item.first)
    for next in item.rest {
      guard state.flow == .onward else { return }
      if (state.status == 0) == (next.connector == .and) { run(next.pipeline) }
    }
  }

  private mutating func run(_ pipeline: ShellPipeline) {
    let start = pipeline.isTimed ? host.moment() : nil
    runUntimed(pipeline)
    if let start { host.complain(host.moment().text(since: start)) }
  }

  private mutating func runUntimed(_ pipeline: ShellPipeline) {
    if pipeline.commands.count == 1 { run(pipeline.commands[0]) } else { runStages(of: pipeline) }
    if pipeline.isNegated, state.flow == .onward { state.status = state.status == 0 ? 1 : 0 }
  }

  @inline(never)
  private mutating func runStages(of pipeline: ShellPipeline) {
    var stages: [PipelineStage] = []
    do throws(ShellRefusal) {
      for command in pipeline.commands {
        if case .simple(let simple) = command.body, let whole = try commandForHost(simple) {
          stages.append(.command(whole, try ready(command.redirections)))
        } else {
          stages.append(.script(state.script(running: command.text)))
        }
      }
      state.status = host.runPipeline(stages, &state)
      checkInterrupt()
    } catch {
      refuse(error)
    }
  }

  @inline(never)
  private mutating func startInBackground(_ item: ListItem) {
    do throws(ShellRefusal) {
      if let command = item.onlyCommand, command.redirections.isEmpty, case .simple(let simple) = command.body,
        let ready = try commandForHost(simple)
      {
        state.status = host.start(ready, text: item.text, &state)
      } else {
        state.status = host.startShell(state.script(running: item.text), text: item.text, &state)
      }
    } catch {
      refuse(error)
    }
  }

  /// The command where nothing of the language's has to run it; nil else.
  private mutating func commandForHost(_ simple: SimpleCommand) throws(ShellRefusal) -> ReadyCommand? {
    guard simple.assignments.isEmpty, !simple.runsCommands else { return nil }
    let words = try Expansion.words(of: resolvingAliases(simple.words), state, &host)
    guard let name = words.first, state.function(name) == nil, LanguageCommand(named: name) == nil else { return nil }
    return ReadyCommand(words: words)
  }

  // MARK: Commands

  mutating func run(_ command: ShellCommand) {
    if checkInterrupt() { return }
    do throws(ShellRefusal) {
      if command.redirections.isEmpty { return try run(command.body) }
      guard try begin(command.redirections) else { return }
      defer { host.endRedirection() }
      try run(command.body)
    } catch {
      refuse(error)
    }
  }

  /// Changes the channels. Returns false where that failed, which has been said.
  @inline(never)
  private mutating func begin(_ redirections: [ShellRedirection]) throws(ShellRefusal) -> Bool {
    let ready = try ready(redirections)
    do throws(ShellComplaint) {
      try host.beginRedirection(ready)
      return true
    } catch {
      host.complain(error.text)
      state.status = 1
      return false
    }
  }

  private mutating func run(_ body: CommandBody) throws(ShellRefusal) {
    switch body {
    case .simple(let simple): try run(simple)
    case .function(let name, let body, let source):
      try state.define(ShellFunction(name: name, body: body, source: source))
      state.status = 0
    default: state.status = deeper { $0.runCompound(body) }
    }
  }

  private mutating func run(_ simple: SimpleCommand) throws(ShellRefusal) {
    host.outputStatus = nil
    let words = try Expansion.words(of: resolvingAliases(simple.words), state, &host)
    var assignments: [ShellVariable] = []
    for assignment in simple.assignments {
      let value = try Expansion.text(of: assignment.value, state, &host)
      if words.isEmpty {
        try state.set(assignment.name, value)
      } else {
        assignments.append(ShellVariable(name: assignment.name, value: value, isExported: true))
      }
    }
    // It may have been typed while commands ran for their output.
    if checkInterrupt() { return }
    guard let name = words.first else {
      state.status = host.outputStatus ?? 0
      return
    }
    var saved: [SavedVariable] = []
    defer { for old in saved.reversed() { state.restore(old.name, old.variable) } }
    for assignment in assignments {
      saved.append(SavedVariable(name: assignment.name, variable: state.variable(assignment.name)))
      try state.set(assignment.name, assignment.value, isExported: true)
    }
    if let function = state.function(name) {
      call(function, words)
    } else if let command = LanguageCommand(named: name) {
      state.status = run(command, words)
    } else {
      state.status = host.run(ReadyCommand(words: words), &state)
      checkInterrupt()
    }
  }

  /// The words with the alias that the first one is, if it is one, in its place; an alias is taken once.
  private func resolvingAliases(_ words: [ShellWord]) -> [ShellWord] {
    var words = words
    var taken: [[UInt8]] = []
    while let name = words.first?.plainText, !taken.contains(name), let alias = state.alias(name) {
      taken.append(name)
      words.replaceSubrange(0..<1, with: alias.words)
    }
    return words
  }

  private mutating func call(_ function: ShellFunction, _ words: [[UInt8]]) {
    let parameters = state.parameters
    let outerLoops = loops
    state.parameters = [[UInt8]](words.dropFirst())
    loops = 0
    frames.append([])
    state.status = 0
    state.status = deeper { interpreter in
      interpreter.run(function.body)
      return interpreter.state.status
    }
    for old in (frames.popLast() ?? []).reversed() { state.restore(old.name, old.variable) }
    loops = outerLoops
    state.parameters = parameters
    if state.flow == .returning { state.flow = .onward }
  }

  private mutating func ready(_ redirections: [ShellRedirection]) throws(ShellRefusal) -> [ReadyRedirection] {
    var ready: [ReadyRedirection] = []
    for redirection in redirections {
      switch redirection.target {
      case .file(let word, let kind):
        let path = ShellPath.absolute(try Expansion.text(of: word, state, &host), from: state.folder)
        ready.append(ReadyRedirection(channel: redirection.channel, target: .file(path, kind)))
      case .text(let word):
        let text = try Expansion.text(of: word, state, &host)
        guard text.count <= ShellLimits.hereText else { throw .tooMuchText }
        ready.append(ReadyRedirection(channel: redirection.channel, target: .text(text)))
      case .channel(let other):
        ready.append(ReadyRedirection(channel: redirection.channel, target: .channel(other)))
      }
    }
    return ready
  }

  // MARK: Limits

  /// Runs `body` one level deeper and returns its status.
  mutating func deeper(_ body: (inout Self) -> Int32) -> Int32 {
    guard depth < ShellLimits.running, host.allows(depth: depth) else {
      refuse(.tooDeep)
      // Else a loop in one of them would go on.
      state.flow = .interrupted
      return state.status
    }
    depth += 1
    defer { depth -= 1 }
    return body(&self)
  }

  mutating func deeper(_ body: (inout Self) -> Void) -> Int32 {
    deeper { interpreter in
      body(&interpreter)
      return interpreter.state.status
    }
  }

  mutating func refuse(_ refusal: ShellRefusal) {
    host.complain(StaticText(refusal.sentence).bytes)
    state.status = 1
  }

  /// Leaves everything where Ctrl-C or Ctrl-Z was typed.
  ///
  /// Inlined, it would be a part of each frame that a command lies in, and a stack in Ring 0 is small; so would be the others that
  /// are marked so.
  @inline(never) @discardableResult
  mutating func checkInterrupt() -> Bool {
    if let status = host.takeInterrupt() {
      state.flow = .interrupted
      state.status = status
    }
    return state.flow == .interrupted
  }
}
