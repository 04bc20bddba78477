// Compound commands: what is run depends on statuses, words and patterns.

extension ShellInterpreter {
  mutating func runCompound(_ body: CommandBody) {
    switch body {
    case .simple, .function: break
    case .group(let list): run(list)
    case .condition(let branches, let otherwise): runCondition(branches, otherwise)
    case .loop(let branch, let isUntil): runLoop(branch, isUntil: isUntil)
    case .each(let name, let words, let list): runEach(name, words, list)
    case .choice(let subject, let choices): runChoice(subject, choices)
    }
  }

  private mutating func runCondition(_ branches: [ShellBranch], _ otherwise: CommandList?) {
    for branch in branches {
      run(branch.condition)
      guard state.flow == .onward else { return }
      if state.status == 0 { return run(branch.body) }
    }
    state.status = 0
    if let otherwise { run(otherwise) }
  }

  private mutating func runLoop(_ branch: ShellBranch, isUntil: Bool) {
    var status: Int32 = 0
    loops += 1
    defer { loops -= 1 }
    while !checkInterrupt() {
      run(branch.condition)
      if leavesLoop() { break }
      guard state.flow == .onward, (state.status == 0) != isUntil else { break }
      run(branch.body)
      status = state.status
      if leavesLoop() { break }
    }
    if state.flow == .onward { state.status = status }
  }

  private mutating func runEach(_ name: [UInt8], _ words: [ShellWord]?, _ list: CommandList) {
    var values = state.parameters
    do throws(ShellRefusal) {
      if let words { values = try Expansion.words(of: words, state, &host) }
      loops += 1
      defer { loops -= 1 }
      state.status = 0
      for value in values {
        if checkInterrupt() { return }
        try state.set(name, value)
        run(list)
        if leavesLoop() { return }
      }
    } catch {
      refuse(error)
    }
  }

  /// Whether the loop ends, or what is to be done goes beyond it. `break` and `continue` for this loop are done with.
  private mutating func leavesLoop() -> Bool {
    switch state.flow {
    case .onward: return false
    case .breaking(let count):
      state.flow = count > 1 ? .breaking(count - 1) : .onward
      return true
    case .continuing(let count):
      state.flow = count > 1 ? .continuing(count - 1) : .onward
      return count > 1
    case .returning, .exiting, .interrupted: return true
    }
  }

  private mutating func runChoice(_ subject: ShellWord, _ choices: [ShellChoice]) {
    do throws(ShellRefusal) {
      let text = try Expansion.text(of: subject, state, &host)
      state.status = 0
      for choice in choices {
        for pattern in choice.patterns {
          guard try Expansion.pattern(of: pattern, state, &host).matches(text) else { continue }
          if let body = choice.body { run(body) }
          return
        }
      }
    } catch {
      refuse(error)
    }
  }
}
