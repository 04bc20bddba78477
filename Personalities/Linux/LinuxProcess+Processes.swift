// Calls about processes: copies, other programs, and waiting for children.

import ABI

extension LinuxProcess {
  // MARK: Copies

  /// The copy waits until it is known here what it has.
  mutating func clone() -> LinuxStep {
    pending = .cloned
    return .make(.processClone, 1)
  }

  /// `clone` as `fork` and `vfork` of libraries use it. What shares memory would be a thread.
  mutating func clone(flags: UInt32, stack: UInt32) throws(LinuxError) -> LinuxStep {
    // CLONE_VM without CLONE_VFORK; CLONE_THREAD; a stack of its own.
    guard flags & 0x4100 != 0x100, flags & 0x10000 == 0, stack == 0 else { throw .unknownCall }
    return clone()
  }

  /// The kernel has made the copy; `LinuxPersonality` has entered it.
  mutating func cloned(_ result: StepResult) throws(LinuxError) -> LinuxStep {
    let error = SystemError(rawValue: result.value)
    if error == .limitReached { throw .tryAgain }
    let child = UInt32(bitPattern: try result.checked())
    pending = .released(child)
    return .make(.processStop, child, 0)
  }

  // MARK: Other programs

  /// `execve`: the request and the path lie at the start of the exchange area.
  mutating func replace(
    _ result: StepResult, _ arguments: UInt32, _ environment: UInt32
  ) throws(LinuxError) -> LinuxStep {
    if beginsProgram {
      // It has come back: the program was not begun.
      beginsProgram = false
      switch SystemError(rawValue: result.value) {
      case .badExecutable, .otherSystem: throw .notExecutable
      case .tooLarge: throw .argumentsTooLong
      default: throw LinuxError(ofPath: result.value)
      }
    }
    _ = try result.checked()
    guard !result.data.isEmpty else { throw .noEntry }
    let size = MemoryLayout<ProcessRequest>.size
    guard result.data.count + size <= Int(ExchangeArea.answerLimit) else { throw .nameTooLong }
    var request = ProcessRequest()
    request.path = TextSlice(address: ExchangeArea.start + UInt32(size), length: UInt32(result.data.count))
    request.argumentsAddress = arguments
    request.environmentAddress = environment
    request.flags = .zeroEnded
    var input: [UInt8] = []
    unsafe withUnsafeBytes(of: &request) { bytes in
      for index in 0..<size { unsafe input.append(bytes[index]) }
    }
    beginsProgram = true
    pending = .programPath(arguments: 0, environment: 0)
    return .make(.processReplace, ExchangeArea.start, UInt32(size), input: input + result.data)
  }

  /// The first call of another program: what was to end with the former one ends.
  mutating func beginProgram(_ call: LinuxCall, _ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    beginsProgram = false
    programBreak = 0
    name = []
    signals.beginProgram()
    // Handlers were code of the former program; what is ignored stays so.
    for index in actions.indices where actions[index].littleEndianWord(at: 0) > 1 { actions[index] = [] }
    var handles: [UInt32] = []
    for (number, entry) in files.all.enumerated() where entry?.closesOnExec == true {
      if let handle = files.remove(UInt32(number)) { handles.append(handle) }
    }
    var list: [UInt32] = []
    for index in words.indices { list.append(words[index]) }
    return try close(handles, then: call, list)
  }

  mutating func close(_ handles: [UInt32], then call: LinuxCall, _ list: [UInt32]) throws(LinuxError) -> LinuxStep {
    guard let handle = handles.last else {
      var words = InlineArray<6, UInt32>(repeating: 0)
      for index in words.indices { words[index] = list[index] }
      return try begin(call, words)
    }
    pending = .closing(Array(handles.dropLast()), call, list)
    return .make(.close, handle)
  }

  // MARK: Children

  /// `waitpid` and `wait4`. Groups are not told apart: of them any child is waited for.
  mutating func wait(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    // WNOHANG; WUNTRACED and WCONTINUED have nothing to tell.
    guard words[2] & ~0xb == 0 else { throw .invalid }
    let target = Int32(bitPattern: words[0]) > 0 ? words[0] : 0
    pending = .ended(statusAt: words[1])
    let flags = words[2] & 1 != 0 ? WaitFlags.noWait.rawValue : 0
    return .make(.wait, target, flags, ExchangeArea.resultsStart, count: 12)
  }

  func ended(_ result: StepResult, statusAt place: UInt32) throws(LinuxError) -> LinuxStep {
    if SystemError(rawValue: result.value) == .wouldBlock { return .answer(0) }
    let error = SystemError(rawValue: result.value)
    if error == .noSuchTask { throw .noChild }
    let child = try result.checked()
    guard place != 0 else { return .answer(child) }
    var bytes: [UInt8] = []
    bytes.append(word: Self.waitStatus(kind: result.word(1), status: result.word(2)))
    return .give(bytes, at: place, child)
  }

  /// The status as `wait` has it: who was ended has the signal in the low bits, who ended itself its status above them.
  /// A fault's status is its exception.
  static func waitStatus(kind: UInt32, status: UInt32) -> UInt32 {
    switch OutcomeKind(rawValue: kind) {
    case .exited: return (status & 0xff) << 8
    // A signal ends a process with a status above 128.
    case .killed: return status > 128 && status <= 128 + Signal.count ? status - 128 : 9
    case .outOfMemory: return 9
    case .faulted: return Signal.ofException(status)
    default: return Signal.segment
    }
  }
}
