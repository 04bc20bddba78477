// The alarm of a process, SIGALRM: the event timer of its task, which has one. `alarm` and ITIMER_REAL are the same.

import ABI

/// What is asked of it, while the time is asked for.
struct AlarmRequest: Equatable {
  enum Form: UInt32 {
    /// `alarm`: the value is the time that was left of the former one.
    case seconds = 0
    /// `setitimer`, and `getitimer`, which sets nothing.
    case timer = 1
    case look = 2
  }

  let form: Form
  /// Where the former timer goes; 0: nowhere.
  let place: UInt32
  /// Nanoseconds; 0: there is to be none.
  let time: UInt64
  let period: UInt64
}

extension LinuxProcess {
  /// `setitimer`: `struct itimerval`, the period and the time, each in seconds and microseconds.
  mutating func alarm(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    guard words[0] == 0 else { throw .invalid }
    guard words[1] != 0 else { return setAlarm(AlarmRequest(form: .timer, place: words[2], time: 0, period: 0)) }
    pending = .alarmTime(old: words[2])
    return .bytes(at: words[1], count: 16)
  }

  mutating func alarm(_ result: StepResult, old: UInt32) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    guard result.word(1) < 1_000_000, result.word(3) < 1_000_000 else { throw .invalid }
    func time(_ index: Int) -> UInt64 {
      UInt64(result.word(index)) * 1_000_000_000 + UInt64(result.word(index + 1)) * 1000
    }
    // What would leave the program no time for anything else comes less often.
    let period = time(0) == 0 ? 0 : max(time(0), 100_000)
    return setAlarm(AlarmRequest(form: .timer, place: old, time: time(2), period: period))
  }

  mutating func setAlarm(_ request: AlarmRequest) -> LinuxStep {
    pending = .alarm(request)
    return .make(.clock, ExchangeArea.resultsStart, count: 16)
  }

  /// The time has come: what is left of the former one is known, and the new one is set.
  mutating func alarm(_ result: StepResult, _ request: AlarmRequest) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    let now = UInt64(result.word(1)) << 32 | UInt64(result.word(0))
    let left = signals.alarm > now ? signals.alarm - now : 0
    var former: [UInt8] = []
    for time in [left == 0 ? 0 : signals.alarmPeriod, left] {
      former.append(word: UInt32(truncatingIfNeeded: time / 1_000_000_000))
      former.append(word: UInt32(truncatingIfNeeded: time % 1_000_000_000 / 1000))
    }
    if request.form == .look { return .give(former, at: request.place, 0) }
    signals.alarm = request.time == 0 ? 0 : now &+ request.time
    signals.alarmPeriod = request.time == 0 ? 0 : request.period
    let seconds = (left + 999_999_999) / 1_000_000_000
    pending =
      request.place == 0
      ? .answer(request.form == .seconds ? Int32(clamping: seconds) : 0)
      : .alarmSet(place: request.place, former)
    return .make(
      .eventTimer,
      UInt32(truncatingIfNeeded: request.time), UInt32(truncatingIfNeeded: request.time >> 32),
      UInt32(truncatingIfNeeded: signals.alarmPeriod), UInt32(truncatingIfNeeded: signals.alarmPeriod >> 32))
  }
}
