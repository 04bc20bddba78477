// Signals from process to process, and the groups that they are sent to.
//
// What becomes of a signal is known here where the receiver is known: whoever has no handler and does not hold it back is ended natively,
// at once. To the others the kernel carries it. Either way it is the sender that does it, with what it may.

import ABI

/// A signal on its way to one process or to several.
struct SignalWork: Equatable {
  enum Way: UInt32 {
    /// Nothing is to be done but to see whether the process is there.
    case look = 0
    case tell = 1
    case end = 2
    case stop = 3
    case goOn = 4
  }

  let signal: UInt32
  /// Way and identity in turn, of those that are left.
  var targets: [UInt32] = []
  var isSent = false
}

extension LinuxPersonality {
  /// The calls that are about other processes.
  ///
  /// - Parameter index: the process that calls.
  /// - Returns: nil: it is none of them.
  mutating func beginOfOthers(
    _ call: LinuxCall, _ words: InlineArray<6, UInt32>, _ index: Int
  ) throws(LinuxError) -> LinuxStep? {
    switch call {
    case .kill: return try send(words[1], to: words[0], index)
    case .tkill: return try send(words[1], to: try checkedTask(words[0]), index)
    case .tgkill: return try send(words[2], to: try checkedTask(words[1]), index)
    case .setpgid: return try setGroup(of: words[0], to: words[1], index)
    case .getpgid: return .answer(Int32(bitPattern: try known(words[0], index).groupNumber))
    case .getsid: return .answer(Int32(bitPattern: try known(words[0], index).sessionNumber))
    case .setsid:
      guard processes[index].groupNumber != processes[index].identity || processes[index].group == 0 else {
        throw .notPermitted
      }
      processes[index].group = processes[index].identity
      processes[index].session = processes[index].identity
      return .answer(Int32(bitPattern: processes[index].identity))
    default: return nil
    }
  }

  private func checkedTask(_ identity: UInt32) throws(LinuxError) -> UInt32 {
    guard Int32(bitPattern: identity) > 0 else { throw .invalid }
    return identity
  }

  private func known(_ identity: UInt32, _ index: Int) throws(LinuxError) -> LinuxProcess {
    if identity == 0 { return processes[index] }
    guard let place = find(identity) else { throw .noSuchProcess }
    return processes[place]
  }

  // MARK: Groups

  private mutating func setGroup(of target: UInt32, to group: UInt32, _ index: Int) throws(LinuxError) -> LinuxStep {
    guard Int32(bitPattern: group) >= 0 else { throw .invalid }
    let identity = target == 0 ? processes[index].identity : target
    guard let place = find(identity), place == index || processes[place].parent == processes[index].identity else {
      throw .noSuchProcess
    }
    let session = processes[index].sessionNumber
    guard processes[place].sessionNumber == session, session != identity || group == 0 || group == identity else {
      throw .notPermitted
    }
    let wanted = group == 0 ? identity : group
    // A new group has its number from the process, an old one is of the same session.
    let isThere = processes.contains { $0.groupNumber == wanted && $0.sessionNumber == session }
    guard wanted == identity || isThere else { throw .notPermitted }
    processes[place].group = wanted
    return .answer(0)
  }

  /// The group whose terminal it is in a session.
  func foreground(of session: UInt32) -> UInt32 {
    for entry in foregrounds where entry.session == session { return entry.group }
    return session
  }

  mutating func setForeground(of session: UInt32, to group: UInt32) {
    foregrounds = foregrounds.filter { $0.session != session && (find($0.session) != nil || find($0.group) != nil) }
    foregrounds.append((session, group))
  }

  // MARK: Sending

  private mutating func send(_ signal: UInt32, to target: UInt32, _ index: Int) throws(LinuxError) -> LinuxStep {
    guard signal <= Signal.count else { throw .invalid }
    var work = SignalWork(signal: signal)
    let own = processes[index].identity
    for identity in receivers(target, index) {
      if identity == own, signal != Signal.kill, signal != Signal.stop {
        if signal != 0, !processes[index].ignores(signal) { processes[index].signals.add(signal) }
        work.isSent = true
        continue
      }
      for way in ways(of: signal, to: identity) { work.targets += [way.rawValue, identity] }
    }
    return try processes[index].send(work)
  }

  private func receivers(_ target: UInt32, _ index: Int) -> [UInt32] {
    let number = Int32(bitPattern: target)
    if number > 0 { return [target] }
    // -1: all that are known.
    let group = number == 0 ? processes[index].groupNumber : 0 &- target
    return processes.filter { number == -1 ? $0.identity != processes[index].identity : $0.groupNumber == group }
      .map { $0.identity }
  }

  private func ways(of signal: UInt32, to identity: UInt32) -> [SignalWork.Way] {
    if signal == 0 { return [.look] }
    if signal == Signal.kill { return [.end] }
    if signal == Signal.stop { return [.stop] }
    // Who has not asked for anything yet has what a program begins with.
    let receiver = find(identity).map { processes[$0] } ?? LinuxProcess(identity: identity)
    let goesOn: [SignalWork.Way] = signal == Signal.goOn ? [.goOn] : []
    if receiver.ignores(signal) { return goesOn.isEmpty ? [.look] : goesOn }
    let isCarried = receiver.disposition(of: signal) == .handled || receiver.signals.mask & Signal.bit(signal) != 0
    if isCarried || receiver.beginsProgram { return goesOn + [.tell] }
    switch Signal.byDefault(signal) {
    case .nothing: return goesOn + [.look]
    case .stops: return [.stop]
    case .ends: return [.end]
    }
  }
}

extension LinuxProcess {
  var groupNumber: UInt32 { group == 0 ? identity : group }
  var sessionNumber: UInt32 { session == 0 ? identity : session }

  /// Sends to the next of those that are left.
  mutating func send(_ work: SignalWork) throws(LinuxError) -> LinuxStep {
    guard work.targets.count >= 2, let way = SignalWork.Way(rawValue: work.targets[0]) else {
      guard work.isSent else { throw .noSuchProcess }
      return .answer(0)
    }
    let target = work.targets[1]
    var rest = work
    rest.targets.removeFirst(2)
    pending = .sending(rest)
    switch way {
    case .look:
      return .make(
        .taskInformation, target, ExchangeArea.resultsStart, UInt32(MemoryLayout<TaskInformation>.size))
    case .tell:
      let bit = Signal.bit(work.signal)
      return .make(
        .eventSend,
        target, EventKind.told.rawValue, 0, UInt32(truncatingIfNeeded: bit), UInt32(truncatingIfNeeded: bit >> 32))
    case .end: return .make(.kill, target, 128 + work.signal)
    case .stop: return .make(.processStop, target, 1)
    case .goOn: return .make(.processStop, target, 0)
    }
  }

  mutating func sent(_ result: StepResult, _ work: SignalWork) throws(LinuxError) -> LinuxStep {
    var work = work
    if result.value >= 0 { work.isSent = true }
    // The last one's error is the call's where nobody was reached.
    if result.value < 0, work.targets.isEmpty, !work.isSent { throw LinuxError(result.value) }
    return try send(work)
  }
}
