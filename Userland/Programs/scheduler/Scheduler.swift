// The scheduler's promises: equal tasks share the processor even if none of them ever yields, a more urgent one runs at
// once, sleep ends in time, and an idle machine is left alone.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

@main
struct SchedulerCheck: Program {
  static func run() -> Int32 {
    var checks = Checklist("scheduler")
    sharing(&checks)
    urgency(&checks)
    niceness(&checks)
    sleep(&checks)
    idling(&checks)
    return checks.conclude()
  }

  private static func options(priority: UInt32, _ flags: StartFlags = []) -> StartOptions {
    var options = StartOptions(flags: flags)
    options.priority = priority
    return options
  }

  /// Six tasks of one priority, in both rings, that never call the kernel. Somebody also sleeps for long, so that the
  /// timer has something else to do.
  private static func sharing(_ checks: inout Checklist) {
    let sleeper = try? Thread.start {
      Thread.sleep(milliseconds: 600_000)
      return 0
    }
    var threads: [Thread] = []
    for index in 0..<6 {
      let flags: StartFlags = index % 2 == 0 ? .ring0 : []
      if let thread = try? Thread.start(options(priority: 10, flags), body: { while true { compute_a_while() } }) {
        threads.append(thread)
      }
    }
    Thread.sleep(milliseconds: 240)
    var least = UInt64.max
    var most: UInt64 = 0
    for thread in threads {
      let time = (try? thread.task.information())?.nanoseconds.value ?? 0
      least = min(least, time)
      most = max(most, time)
    }
    checks.check(threads.count == 6 && least >= 25_000_000 && most <= 55_000_000) {
      $0.write("of 240 ms six tasks that never yield had ")
      $0.write(decimal: least / 1_000_000)
      $0.write(" to ")
      $0.write(decimal: most / 1_000_000)
      $0.write(" ms each")
    }
    for thread in threads {
      try? thread.task.kill(status: 1)
      _ = try? thread.join()
    }
    try? sleeper?.task.kill(status: 1)
    _ = try? sleeper?.join()
  }

  /// A less urgent task wakes a more urgent one: that one runs before the call returns.
  private static func urgency(_ checks: inout Checklist) {
    var worst: UInt64 = 0
    for flags: StartFlags in [[], .ring0, [.ring0, .sharedStack]] {
      let stamps = Stamps()
      let thread = try? Thread.start(options(priority: 20, flags)) {
        stamps.waitForWord()
        stamps.woken = read_time_stamp()
        return 0
      }
      stamps.start = read_time_stamp()
      stamps.wake()
      let isAtOnce = stamps.woken != 0
      worst = max(worst, isAtOnce ? stamps.woken &- stamps.start : .max)
      _ = try? thread?.join()
    }
    checks.check(worst < 100_000) {
      $0.write("a more urgent task ran before the call that woke it returned, at most ")
      $0.write(decimal: worst)
      $0.write(" time stamps later")
    }
  }

  private final class Stamps {
    var start: UInt64 = 0
    var woken: UInt64 = 0
    private let word: UnsafeMutablePointer<UInt32>
    init() {
      unsafe word = .allocate(capacity: 1)
      unsafe word.initialize(to: 0)
    }
    deinit { unsafe word.deallocate() }
    func waitForWord() { _ = SystemCalls.wordWait(unsafe WordLock.address(word), 0, .max, .max) }
    func wake() { _ = SystemCalls.wordWake(unsafe WordLock.address(word), 1) }
  }

  /// `prioritySet` on a task that runs, one that is ready and one that sleeps.
  private static func niceness(_ checks: inout Checklist) {
    let one = try? Thread.start(options(priority: 10), body: { while true { compute_a_while() } })
    let other = try? Thread.start(options(priority: 10), body: { while true { compute_a_while() } })
    guard let one, let other else { return }
    try? one.task.setPriority(5)
    let before = time(one)
    Thread.sleep(milliseconds: 30)
    checks.check(time(one) == before && time(other) > 25_000_000, "a task that was made less urgent does not run")
    try? one.task.setPriority(12)
    let otherBefore = time(other)
    Thread.sleep(milliseconds: 30)
    checks.check(time(one) &- before > 25_000_000 && time(other) == otherBefore, "made more urgent, it runs alone")
    for thread in [one, other] {
      try? thread.task.kill(status: 1)
      _ = try? thread.join()
    }
  }

  private static func time(_ thread: Thread) -> UInt64 { (try? thread.task.information())?.nanoseconds.value ?? 0 }

  private static func sleep(_ checks: inout Checklist) {
    var worst: UInt64 = 0
    var isEarly = false
    for nanoseconds: UInt32 in [1, 1_000, 50_000, 300_000, 1_000_000, 7_000_000, 33_333_333] {
      let start = Clock.sinceBoot
      _ = SystemCalls.sleep(nanoseconds, 0)
      let slept = Clock.sinceBoot &- start
      if slept < UInt64(nanoseconds) { isEarly = true } else { worst = max(worst, slept &- UInt64(nanoseconds)) }
    }
    checks.check(!isEarly && worst < 100_000) {
      $0.write("sleeps of 1 ns to 33 ms are never short and at most ")
      $0.write(decimal: worst / 1_000)
      $0.write(" us long")
    }
  }

  /// While everybody sleeps there is nothing for the processor to be woken for.
  private static func idling(_ checks: inout Checklist) {
    Thread.sleep(milliseconds: 100)
    let before = interrupts()
    Thread.sleep(milliseconds: 2_000)
    let count = interrupts() &- before
    checks.check(count <= 4) {
      $0.write("in two seconds of idling there were ")
      $0.write(decimal: count)
      $0.write(" interrupts")
    }
    let busy = interrupts()
    let end = Clock.sinceBoot &+ 200_000_000
    while Clock.sinceBoot < end { compute_a_while() }
    let ticks = interrupts() &- busy
    // A lone task has no rival: only the watchdog looks, 25 times a second.
    checks.check(ticks <= 7) {
      $0.write("in 200 ms of computing alone there were ")
      $0.write(decimal: ticks)
      $0.write(" interrupts")
    }
  }

  private static func interrupts() -> UInt64 {
    var counters = MachineCounters()
    _ = unsafe SystemCalls.counters(&counters)
    return counters.interrupts.value
  }
}
