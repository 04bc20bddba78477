// Calls about time, about who the process is, and about signals.

import ABI

/// What `time` and its relatives write.
enum ClockForm: Equatable {
  /// Seconds, as the value too.
  case seconds
  /// Seconds and microseconds, 32 bits each.
  case microseconds
  /// Seconds and nanoseconds, 32 bits each or 64; since 1970 or since boot.
  case nanoseconds(isWide: Bool, isSinceBoot: Bool)
}

/// Numbers of signals (asm/signal.h), and what each does to a process that said nothing.
enum Signal {
  static var count: UInt32 { 64 }
  static var pipe: UInt32 { 13 }

  enum Disposition { case byDefault, ignored, handled }

  /// Those that do nothing: SIGCHLD, SIGCONT, SIGURG, SIGWINCH.
  static func isIgnoredByDefault(_ signal: UInt32) -> Bool { [17, 18, 23, 28].contains(signal) }
}

extension LinuxProcess {
  // MARK: Time

  mutating func clock(_ call: LinuxCall, _ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    let form: ClockForm
    let place: UInt32
    switch call {
    case .time: (form, place) = (.seconds, words[0])
    case .gettimeofday: (form, place) = (.microseconds, words[0])
    default:
      let isWide = call == .clockGettime64
      // CLOCK_REALTIME and its coarse form; CLOCK_MONOTONIC with its raw and coarse forms, CLOCK_BOOTTIME.
      switch words[0] {
      case 0, 5: form = .nanoseconds(isWide: isWide, isSinceBoot: false)
      case 1, 4, 6, 7: form = .nanoseconds(isWide: isWide, isSinceBoot: true)
      default: throw .invalid
      }
      place = words[1]
    }
    pending = .clock(form, at: place)
    return .make(.clock, [ExchangeArea.resultsStart], count: 16)
  }

  func clock(_ result: StepResult, _ form: ClockForm, _ place: UInt32) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    let sinceBoot = UInt64(result.word(1)) << 32 | UInt64(result.word(0))
    let boot = UInt64(result.word(3)) << 32 | UInt64(result.word(2))
    let seconds = boot &+ sinceBoot / 1_000_000_000
    let rest = sinceBoot % 1_000_000_000
    var bytes: [UInt8] = []
    func put(_ number: UInt64, isWide: Bool) {
      bytes.append(word: UInt32(truncatingIfNeeded: number))
      if isWide { bytes.append(word: UInt32(truncatingIfNeeded: number >> 32)) }
    }
    switch form {
    case .seconds:
      put(seconds, isWide: false)
      let value = Int32(truncatingIfNeeded: seconds)
      return place == 0 ? .answer(value) : .give(bytes, at: place, value)
    case .microseconds:
      put(seconds, isWide: false)
      put(rest / 1000, isWide: false)
      return place == 0 ? .answer(0) : .give(bytes, at: place, 0)
    case .nanoseconds(let isWide, let isSinceBoot):
      put(isSinceBoot ? sinceBoot / 1_000_000_000 : seconds, isWide: isWide)
      put(rest, isWide: isWide)
      return .give(bytes, at: place, 0)
    }
  }

  mutating func sleep(at place: UInt32, isWide: Bool) -> LinuxStep {
    pending = .sleep(isWide: isWide)
    return .bytes(at: place, count: isWide ? 16 : 8)
  }

  func sleep(_ result: StepResult, isWide: Bool) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    let seconds = UInt64(result.word(0)) | (isWide ? UInt64(result.word(1)) << 32 : 0)
    let rest = UInt64(result.word(isWide ? 2 : 1))
    guard rest < 1_000_000_000, seconds <= 0x7fff_ffff else { throw .invalid }
    let time = seconds * 1_000_000_000 + rest
    return .finish(.sleep, [UInt32(truncatingIfNeeded: time), UInt32(truncatingIfNeeded: time >> 32)])
  }

  // MARK: Who it is

  /// `struct new_utsname` (linux/utsname.h). Programs ask whether the release is at least the one that they were built for.
  static var systemName: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 6 * 65)
    let fields: [StaticString] = ["Linux", "megha", "6.1.0-megha", "Megha", "i686", "(none)"]
    for (index, field) in fields.enumerated() {
      for offset in 0..<field.utf8CodeUnitCount {
        bytes[index * 65 + offset] = unsafe field.utf8Start[offset]
      }
    }
    return bytes
  }

  /// `prctl`: a name, to set or to get (PR_SET_NAME, PR_GET_NAME of linux/prctl.h).
  mutating func control(name words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    switch words[0] {
    case 15:
      pending = .name
      return .bytes(at: words[1], count: 16)
    case 16: return .give(name + [UInt8](repeating: 0, count: 16 - name.count), at: words[1], 0)
    default: throw .invalid
    }
  }

  static var describeTask: LinuxStep {
    .make(
      .taskInformation, [0, ExchangeArea.resultsStart, UInt32(MemoryLayout<TaskInformation>.size)],
      count: MemoryLayout<TaskInformation>.size)
  }

  func task(_ result: StepResult) throws(LinuxError) -> TaskInformation {
    _ = try result.checked()
    var information = TaskInformation()
    guard result.data.count == MemoryLayout<TaskInformation>.size else { throw .inputOutput }
    unsafe withUnsafeMutableBytes(of: &information) { target in
      for index in 0..<result.data.count { unsafe target[index] = result.data[index] }
    }
    return information
  }

  /// RLIMIT_STACK and RLIMIT_NOFILE are what they are; nothing else is bounded for the process alone.
  mutating func limit(_ resource: UInt32, at place: UInt32, isWide: Bool) throws(LinuxError) -> LinuxStep {
    guard resource < 16 else { throw .invalid }
    if resource == 3 && !isWide {
      pending = .stackLimit(at: place)
      return Self.describeTask
    }
    let value: UInt64 = resource == 7 ? UInt64(FileTable.capacity) : resource == 3 ? 0x4_0000 : .max
    return .give(Self.limitBytes(value, isWide: isWide), at: place, 0)
  }

  func stackLimit(_ result: StepResult, at place: UInt32) throws(LinuxError) -> LinuxStep {
    let task = try task(result)
    return .give(Self.limitBytes(UInt64(task.stackEnd &- task.stackStart), isWide: false), at: place, 0)
  }

  private static func limitBytes(_ value: UInt64, isWide: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<2 {
      bytes.append(word: UInt32(truncatingIfNeeded: value))
      if isWide { bytes.append(word: UInt32(truncatingIfNeeded: value >> 32)) }
    }
    return bytes
  }

  // MARK: Signals

  func disposition(of signal: UInt32) -> Signal.Disposition {
    guard signal > 0, Int(signal) <= actions.count, !actions[Int(signal) - 1].isEmpty else { return .byDefault }
    switch actions[Int(signal) - 1].littleEndianWord(at: 0) {
    case 0: return .byDefault
    case 1: return .ignored
    default: return .handled
    }
  }

  /// With the status that shells give for who was ended by a signal.
  func end(by signal: UInt32) -> LinuxStep { .finish(.kill, [identity, 128 + signal]) }

  /// `rt_sigaction`: what is asked for is kept, the former action given back.
  mutating func action(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    let (signal, new, old) = (words[0], words[1], words[2])
    // SIGKILL and SIGSTOP are nobody's to change.
    guard signal > 0, signal <= Signal.count, new == 0 || signal != 9 && signal != 19, words[3] == 8 else {
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
    return answer
  }

  /// `rt_sigprocmask`: only the present mask is told; nothing is delivered that a mask could hold back.
  func mask(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    guard words[3] == 8 else { throw .invalid }
    guard words[2] != 0 else { return .answer(0) }
    return .give([UInt8](repeating: 0, count: 8), at: words[2], 0)
  }

  /// To itself a process sends what ends it, or what it ignores; to others what ends them.
  mutating func signal(_ signal: UInt32, to target: UInt32) throws(LinuxError) -> LinuxStep {
    guard signal <= Signal.count else { throw .invalid }
    guard target == identity else {
      guard signal == 9 || signal == 15 else { throw .unknownCall }
      return .finish(.kill, [target, 128 + signal])
    }
    if signal == 0 { return .answer(0) }
    switch disposition(of: signal) {
    case .ignored: return .answer(0)
    case .handled: throw .unknownCall
    case .byDefault: return Signal.isIgnoredByDefault(signal) ? .answer(0) : end(by: signal)
    }
  }
}
