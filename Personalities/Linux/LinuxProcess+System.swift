// Calls about time, and about who the process is.

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

/// A sleep, and where what is left of it goes.
struct SleepForm: Equatable {
  /// Whether seconds and nanoseconds have 64 bits each.
  let isWide: Bool
  /// 0: nowhere.
  let leftAt: UInt32
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
    return .make(.clock, ExchangeArea.resultsStart, count: 16)
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

  mutating func sleep(at place: UInt32, _ form: SleepForm) -> LinuxStep {
    pending = .sleep(form)
    return .bytes(at: place, count: form.isWide ? 16 : 8)
  }

  mutating func sleep(_ result: StepResult, _ form: SleepForm) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    let seconds = UInt64(result.word(0)) | (form.isWide ? UInt64(result.word(1)) << 32 : 0)
    let rest = UInt64(result.word(form.isWide ? 2 : 1))
    guard rest < 1_000_000_000, seconds <= 0x7fff_ffff else { throw .invalid }
    pending = .sleepBegins(form, time: seconds * 1_000_000_000 + rest)
    return .make(.clock, ExchangeArea.resultsStart, count: 16)
  }

  /// One that was cut short and begins again ends when it was to.
  mutating func beginSleep(_ result: StepResult, _ form: SleepForm, time: UInt64) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    if signals.sleepEnd == 0 { signals.sleepEnd = Self.sinceBoot(result) &+ time }
    let left = timeLeft(result)
    pending = .slept(form)
    return .make(.sleep, UInt32(truncatingIfNeeded: left), UInt32(truncatingIfNeeded: left >> 32))
  }

  mutating func slept(_ result: StepResult, _ form: SleepForm) throws(LinuxError) -> LinuxStep {
    guard LinuxError(result.value) == .interrupted, form.leftAt != 0 else {
      _ = try result.checked()
      return .answer(0)
    }
    pending = .sleepCutShort(form)
    return .make(.clock, ExchangeArea.resultsStart, count: 16)
  }

  mutating func cutSleepShort(_ result: StepResult, _ form: SleepForm) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    signals.isCutShort = true
    let left = timeLeft(result)
    var bytes: [UInt8] = []
    for number in [left / 1_000_000_000, left % 1_000_000_000] {
      bytes.append(word: UInt32(truncatingIfNeeded: number))
      if form.isWide { bytes.append(word: 0) }
    }
    return .give(bytes, at: form.leftAt, LinuxError.interrupted.value)
  }

  private static func sinceBoot(_ clock: StepResult) -> UInt64 { UInt64(clock.word(1)) << 32 | UInt64(clock.word(0)) }

  private func timeLeft(_ clock: StepResult) -> UInt64 {
    let now = Self.sinceBoot(clock)
    return signals.sleepEnd > now ? signals.sleepEnd - now : 0
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
      .taskInformation, 0, ExchangeArea.resultsStart, UInt32(MemoryLayout<TaskInformation>.size),
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
}
