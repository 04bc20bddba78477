// Signals: what a process asked for, and what becomes of those that come.
//
// The kernel tells of what happened before the process's own code goes on (`notice`), and whatever a call makes of signals waits until
// then too. So there is one place at which handlers begin, and all registers are there.
//
// Invariant: a call that was cut short is made once more, or has the error that says so, as the first thing after it.

import ABI

/// A notice, as it comes from the kernel.
public struct LinuxNotice: Equatable {
  public var kinds: NoticeKinds
  /// Signals that others sent, a bit each.
  public var signals: UInt64
  public var keys: TerminalSignals
  /// The highest address below which the stack is free.
  public var place: UInt32
  public var registers: NoticedRegisters

  init(kinds: NoticeKinds, signals: UInt64, keys: TerminalSignals, place: UInt32, registers: NoticedRegisters) {
    self.kinds = kinds
    self.signals = signals
    self.keys = keys
    self.place = place
    self.registers = registers
  }

  /// The words and the data of a `PersonalityRequest.notice`.
  public init(_ words: InlineArray<6, UInt32>, _ data: [UInt8]) {
    var registers: [UInt32] = []
    for index in 0..<NoticedRegisters.count { registers.append(data.littleEndianWord(at: index * 4)) }
    self.init(
      kinds: NoticeKinds(rawValue: words[0]), signals: UInt64(words[2]) << 32 | UInt64(words[1]),
      keys: TerminalSignals(rawValue: words[3]), place: words[4], registers: NoticedRegisters(words: registers))
  }
}

extension LinuxProcess {
  // MARK: What was asked for

  func disposition(of signal: UInt32) -> Signal.Disposition {
    guard let action = action(of: signal), action.handler != 0 else { return .byDefault }
    return action.handler == 1 ? .ignored : .handled
  }

  private func action(of signal: UInt32) -> SignalAction? {
    guard signal > 0, Int(signal) <= actions.count, !actions[Int(signal) - 1].isEmpty else { return nil }
    return SignalAction(actions[Int(signal) - 1])
  }

  /// Whether nothing comes of a signal, whoever sends it.
  func ignores(_ signal: UInt32) -> Bool {
    guard signals.mask & Signal.bit(signal) == 0 else { return false }
    switch disposition(of: signal) {
    case .handled: return false
    case .ignored: return true
    case .byDefault: return Signal.byDefault(signal) == .nothing
    }
  }

  /// What the kernel is to tell of.
  var noticed: NoticeKinds {
    var kinds: NoticeKinds = []
    if !ignores(Signal.child) { kinds.insert(.childEnded) }
    if signals.alarm != 0 { kinds.insert(.timer) }
    let exceptions = Signal.ofExceptions
    for index in exceptions.indices where disposition(of: exceptions[index]) == .handled { kinds.insert(.fault) }
    return kinds
  }

  /// What the kernel is to tell of, and whether there is to be a notice at once. Nothing changes: a process that is not `mutating` would be
  /// copied to be looked at.
  mutating func settled() -> (kinds: NoticeKinds, isNoticed: Bool) { (noticed, wantsNotice) }

  /// Whether there is to be a notice though nothing happened.
  var wantsNotice: Bool { !beginsProgram && (signals.ready != 0 || signals.isCutShort || signals.returning != nil) }

  /// With the status that shells give for who was ended by a signal.
  func end(by signal: UInt32) -> LinuxStep { .finish(.kill, identity, 128 + signal) }

  /// `rt_sigaction`: what is asked for is kept, the former action given back.
  mutating func action(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    let (signal, new, old) = (words[0], words[1], words[2])
    // SIGKILL and SIGSTOP are nobody's to change.
    guard signal > 0, signal <= Signal.count, new == 0 || Signal.bit(signal) & Signal.never == 0, words[3] == 8 else {
      throw .invalid
    }
    guard new != 0 else { return giveAction(signal, at: old) }
    pending = .action(signal: signal, old: old)
    return .bytes(at: new, count: 20)
  }

  private func giveAction(_ signal: UInt32, at place: UInt32) -> LinuxStep {
    guard place != 0 else { return .answer(0) }
    let known = Int(signal) <= actions.count ? actions[Int(signal) - 1] : []
    return .give(known.isEmpty ? [UInt8](repeating: 0, count: 20) : known, at: place, 0)
  }

  mutating func action(_ result: StepResult, _ signal: UInt32, _ old: UInt32) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    let answer = giveAction(signal, at: old)
    while actions.count < Int(signal) { actions.append([]) }
    actions[Int(signal) - 1] = result.data
    // What waits and is ignored from now on is gone (POSIX.1-2017, 2.4.3).
    if disposition(of: signal) == .ignored || ignores(signal) { signals.remove(signal) }
    return answer
  }

  // MARK: What is held back

  /// `rt_sigprocmask`.
  mutating func mask(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    guard words[3] == 8, words[1] == 0 || words[0] <= 2 else { throw .invalid }
    guard words[1] != 0 else { return giveMask(signals.mask, at: words[2]) }
    pending = .mask(how: words[0], old: words[2])
    return .bytes(at: words[1], count: 8)
  }

  private func giveMask(_ mask: UInt64, at place: UInt32) -> LinuxStep {
    guard place != 0 else { return .answer(0) }
    var bytes = [UInt8](repeating: 0, count: 8)
    bytes.put(mask, at: 0)
    return .give(bytes, at: place, 0)
  }

  mutating func mask(_ result: StepResult, how: UInt32, old: UInt32) throws(LinuxError) -> LinuxStep {
    let former = signals.mask
    let set = try set(result)
    // SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK.
    signals.hold(how == 0 ? former | set : how == 1 ? former & ~set : set)
    return giveMask(former, at: old)
  }

  private func set(_ result: StepResult) throws(LinuxError) -> UInt64 {
    _ = try result.checked()
    return UInt64(result.word(1)) << 32 | UInt64(result.word(0))
  }

  /// `rt_sigpending`.
  func waitingSignals(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    guard words[1] <= 8 else { throw .invalid }
    return giveMask(signals.waiting & signals.mask, at: words[0])
  }

  /// `rt_sigsuspend`: what is held back meanwhile is in the program's memory.
  mutating func suspend(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    guard words[1] == 8 else { throw .invalid }
    pending = .suspending
    return .bytes(at: words[0], count: 8)
  }

  mutating func suspend(_ result: StepResult) throws(LinuxError) -> LinuxStep {
    let set = try set(result)
    if signals.maskAfterwards == nil { signals.maskAfterwards = signals.mask }
    signals.hold(set)
    return try pause()
  }

  /// Waits for a signal, and for nothing else.
  mutating func pause() throws(LinuxError) -> LinuxStep {
    if signals.ready != 0 { throw .interrupted }
    pending = .paused
    return .make(.sleep, .max, .max >> 1)
  }

  /// `sigaltstack`.
  mutating func otherStack(_ words: InlineArray<6, UInt32>) -> LinuxStep {
    guard words[0] != 0 else { return giveOtherStack(at: words[1]) }
    pending = .otherStack(old: words[1])
    return .bytes(at: words[0], count: 12)
  }

  private func giveOtherStack(at place: UInt32) -> LinuxStep {
    guard place != 0 else { return .answer(0) }
    var bytes: [UInt8] = []
    let stack = signals.otherStack
    for word in [stack.start, stack.size == 0 ? 2 : 0, stack.size] { bytes.append(word: word) }
    return .give(bytes, at: place, 0)
  }

  mutating func otherStack(_ result: StepResult, old: UInt32) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    let answer = giveOtherStack(at: old)
    // MINSIGSTKSZ.
    let isOff = result.word(1) & 2 != 0
    guard isOff || result.word(2) >= 2048 else { throw .outOfMemory }
    signals.otherStack = isOff ? (0, 0) : (result.word(0), result.word(2))
    return answer
  }

  // MARK: Notices

  /// Something happened, or a call asked for this.
  ///
  /// - Parameter isForeground: whether keys of its terminal are for the process.
  mutating func notice(_ notice: LinuxNotice, isForeground: Bool) -> LinuxStep {
    pending = .none
    signals.waiting |= notice.signals
    if isForeground { signals.waiting |= Signal.ofKeys(notice.keys) }
    if notice.keys.contains(.hungUp) { signals.add(Signal.hangUp) }
    if notice.kinds.contains(.childEnded) { signals.add(Signal.child) }
    if notice.kinds.contains(.timer) {
      signals.add(Signal.alarm)
      // One with a period comes again that much later.
      signals.alarm = signals.alarmPeriod == 0 ? 0 : signals.alarm &+ signals.alarmPeriod
    }
    if notice.kinds.contains(.fault) { return exception(notice) }
    // Its handlers were code of the former program: what came is seen to after its first call.
    guard !beginsProgram else { return .answer(0) }
    if let kind = signals.returning {
      signals.returning = nil
      pending = .returning(kind, notice.registers)
      return .bytes(at: notice.registers.esp &- kind.returnDistance, count: SignalFrame.length(kind))
    }
    return deliver(notice)
  }

  /// A handler has returned.
  mutating func returned(_ result: StepResult, _ kind: SignalFrame.Kind, _ registers: NoticedRegisters) -> LinuxStep {
    guard result.value >= 0, result.data.count == Int(SignalFrame.length(kind)) else { return end(by: Signal.segment) }
    let (step, mask) = SignalFrame.leave(kind, result.data, registers)
    signals.hold(mask)
    return .enter(step)
  }

  /// Where there is no handler, or it is held back, the kernel ends the process and says why.
  private mutating func exception(_ notice: LinuxNotice) -> LinuxStep {
    let registers = notice.registers
    let signal = Signal.ofException(registers.vector)
    guard disposition(of: signal) == .handled, signals.mask & Signal.bit(signal) == 0 else { return .answer(0) }
    var cause = SignalFrame.Cause(signal: signal, code: 0x80)
    switch registers.vector {
    // FPE_INTDIV, ILL_ILLOPN; SEGV_MAPERR, SEGV_ACCERR.
    case 0, 6: (cause.code, cause.address) = (registers.vector == 0 ? 1 : 2, registers.eip)
    case 14: (cause.code, cause.address) = (registers.error & 1 == 0 ? 1 : 2, registers.address)
    default: break
    }
    return enter(cause, registers, notice.place)
  }

  /// Sees to what waits: the first that is not for nothing.
  private mutating func deliver(_ notice: LinuxNotice) -> LinuxStep {
    while let signal = signals.first {
      signals.remove(signal)
      switch disposition(of: signal) {
      case .ignored: continue
      case .handled: return enter(SignalFrame.Cause(signal: signal), notice.registers, notice.place)
      case .byDefault:
        switch Signal.byDefault(signal) {
        case .nothing: continue
        case .ends: return end(by: signal)
        case .stops:
          pending = .answer(0)
          return .make(.processStop, identity, 1)
        }
      }
    }
    guard signals.isCutShort else { return .answer(0) }
    signals.isCutShort = false
    signals.isRepeated = true
    return .enter(EnterStep(registers: repeated(notice.registers), bytes: [], at: 0, floatTo: 0, floatFrom: 0))
  }

  /// Back in front of the call, which takes two bytes.
  private func repeated(_ registers: NoticedRegisters) -> NoticedRegisters {
    var registers = registers
    registers.eip &-= 2
    registers.eax = signals.call
    return registers
  }

  private mutating func enter(_ cause: SignalFrame.Cause, _ found: NoticedRegisters, _ place: UInt32) -> LinuxStep {
    guard let action = action(of: cause.signal) else { return .answer(0) }
    var registers = found
    if signals.isCutShort, action.restartsCalls, LinuxCall(rawValue: signals.call)?.isRestarted == true {
      registers = repeated(found)
    }
    signals.isCutShort = false
    signals.sleepEnd = 0
    let mask = signals.maskAfterwards ?? signals.mask
    signals.maskAfterwards = nil
    let own = action.isNotHeldBack ? 0 : Signal.bit(cause.signal)
    let held = signals.mask
    signals.hold(held | action.mask | own)
    if action.isOnce { actions[Int(cause.signal) - 1] = [] }
    return .enter(
      SignalFrame.enter(
        action, cause, registers, below: top(for: action, found, place), mask: mask, otherStack: signals.otherStack))
  }

  /// On the other stack, where the handler wants it and the program is not on it. A program whose own stack the kernel works on has
  /// that alone.
  private func top(for action: SignalAction, _ registers: NoticedRegisters, _ place: UInt32) -> UInt32 {
    let (start, size) = signals.otherStack
    guard action.isOnOtherStack, size != 0, place == registers.esp, registers.esp &- start > size else { return place }
    return start &+ size
  }
}
