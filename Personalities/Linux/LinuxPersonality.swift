// The Linux system call interface of the i386 as one value: what a call means, given what the process did before.
//
// Nothing is done here and nothing is waited for. A call begins with its number and words; each answer is a step that the kernel
// makes for the process, and what came of it comes back, until the call has its value (LinuxStep.swift). So any placement can ask,
// and a test can replay what a real program did.
//
// Invariants:
// - A process is known from its first call on; those that have ended are forgotten where others begin.
// - Whatever a program asks for, and whatever comes back, has an answer: an error where it makes no sense.

import ABI
import ServiceSupport

public struct LinuxPersonality {
  /// Sorted by identity.
  var processes: [LinuxProcess] = []
  /// Of sessions, the group that has the terminal, where it is not the first.
  var foregrounds: [(session: UInt32, group: UInt32)] = []
  /// Calls that nobody answers and that have been told of, a bit each.
  private var toldOf: [UInt32]

  public init() { toldOf = Array(repeating: 0, count: 16) }

  /// How many processes are known at the most before those that have ended are looked for.
  private static var processLimit: Int { 64 }

  /// A call begins.
  ///
  /// - Parameters:
  ///   - isAlive: whether a process has not ended.
  ///   - tell: gets the number of a call that nobody answers, once for each.
  public mutating func begin(
    _ number: UInt32, _ words: InlineArray<6, UInt32>, of process: UInt32, isAlive: (UInt32) -> Bool,
    tell: (UInt32) -> Void
  ) -> LinuxStep {
    guard let call = LinuxCall(rawValue: number) else {
      let (index, bit) = (Int(min(number, 511)) / 32, 1 << (min(number, 511) % 32) as UInt32)
      if toldOf[index] & bit == 0 { tell(number) }
      toldOf[index] |= bit
      return .fail(.unknownCall)
    }
    let index = place(of: process, isAlive: isAlive)
    processes[index].pending = .none
    processes[index].signals.beginCall(number)
    return withForeground(index) { personality, index throws(LinuxError) in
      if !personality.processes[index].beginsProgram,
        let step = try personality.beginOfOthers(call, words, index)
      {
        return step
      }
      return try personality.processes[index].begin(call, words)
    }
  }

  /// Something happened to a process, or one of its calls asked for this.
  public mutating func notice(_ notice: LinuxNotice, of process: UInt32, isAlive: (UInt32) -> Bool) -> LinuxStep {
    let index = place(of: process, isAlive: isAlive)
    let group = foreground(of: processes[index].sessionNumber)
    return processes[index].notice(notice, isForeground: group == processes[index].groupNumber)
  }

  /// What is to be told of a process from now on, and whether there is something already.
  public mutating func settled(_ process: UInt32) -> (kinds: NoticeKinds, isNoticed: Bool) {
    guard let index = find(process) else { return ([], false) }
    return processes[index].settled()
  }

  /// Goes on with a call, which may be cut short and may give the terminal to another group.
  private mutating func withForeground(
    _ index: Int, _ body: (inout LinuxPersonality, Int) throws(LinuxError) -> LinuxStep
  ) -> LinuxStep {
    let session = processes[index].sessionNumber
    let former = foreground(of: session)
    processes[index].foreground = former
    do throws(LinuxError) {
      let step = try body(&self, index)
      if processes[index].foreground != former { setForeground(of: session, to: processes[index].foreground) }
      return step
    } catch {
      if error == .interrupted { processes[index].signals.isCutShort = true }
      return .fail(error)
    }
  }

  /// A step has been made.
  public mutating func resume(_ result: StepResult, of process: UInt32) -> LinuxStep {
    // Where it is not known, the layer began anew while the step was made.
    guard let index = find(process) else { return .fail(.interrupted) }
    if processes[index].pending == .cloned, result.value > 0 { enterCopy(UInt32(result.value), of: index) }
    guard let index = find(process) else { return .fail(.interrupted) }
    return withForeground(index) { personality, index throws(LinuxError) in
      try personality.processes[index].resume(result)
    }
  }

  private mutating func enterCopy(_ identity: UInt32, of index: Int) {
    let copy = LinuxProcess(copy: identity, of: processes[index])
    let place = lowestIndex(from: identity)
    if find(identity) == nil { processes.insert(copy, at: place) } else { processes[place] = copy }
  }

  private func lowestIndex(from identity: UInt32) -> Int {
    var (low, high) = (0, processes.count)
    while low < high {
      let middle = (low + high) / 2
      if processes[middle].identity < identity { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func find(_ identity: UInt32) -> Int? {
    let index = lowestIndex(from: identity)
    return index < processes.count && processes[index].identity == identity ? index : nil
  }

  private mutating func place(of identity: UInt32, isAlive: (UInt32) -> Bool) -> Int {
    if let index = find(identity) { return index }
    if processes.count >= Self.processLimit { processes.removeAll { !isAlive($0.identity) } }
    let index = lowestIndex(from: identity)
    processes.insert(LinuxProcess(identity: identity), at: index)
    return index
  }

  // MARK: Moving

  /// Writes what is known of all processes. A call that is in a step then goes on with the successor.
  public func save(to state: inout StateWriter) {
    state.write(UInt32(processes.count))
    for process in processes { process.save(to: &state) }
    state.write(UInt32(foregrounds.count))
    for entry in foregrounds {
      state.write(entry.session)
      state.write(entry.group)
    }
  }

  /// Takes over what `save` wrote. Returns false, and changes nothing, where that makes no sense.
  public mutating func restore(from state: inout StateReader) -> Bool {
    guard let count = state.number() else { return false }
    var restored: [LinuxProcess] = []
    for _ in 0..<count {
      guard let process = LinuxProcess(from: &state), process.identity > restored.last?.identity ?? 0 else {
        return false
      }
      restored.append(process)
    }
    guard let foregroundCount = state.number() else { return false }
    var groups: [(session: UInt32, group: UInt32)] = []
    for _ in 0..<foregroundCount {
      guard let session = state.number(), let group = state.number() else { return false }
      groups.append((session, group))
    }
    guard state.isAtEnd else { return false }
    processes = restored
    foregrounds = groups
    return true
  }
}
