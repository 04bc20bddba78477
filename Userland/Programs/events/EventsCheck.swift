// Events: that each arrives, that none is lost however many there are, that they come in order, and that a wait ends in
// time or with its task.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

@main
struct EventsCheck: Program {
  static func run() -> Int32 {
    var checks = Checklist("events")
    requests(&checks)
    children(&checks)
    timers(&checks)
    waits(&checks)
    doubleWakes(&checks)
    refusals(&checks)
    return checks.conclude()
  }

  private static func requests(_ checks: inout Checklist) {
    let main = TaskIdentity(current_task())
    // 1,000 requests of each kind to a task that does not look: two entries, both with the whole number.
    let asker = try? Thread.start {
      for _ in 0..<1_000 {
        try? main.askToYield()
        try? main.askToStop()
      }
      return 0
    }
    _ = try? asker?.join()
    let first = try? Events.next(within: 0)
    let second = try? Events.next(within: 0)
    checks.check(
      first?.kind == EventKind.yieldAsked.rawValue && first?.count == 1_000 && first?.task == asker?.task.number,
      "1,000 requests to yield came as one event with their number")
    checks.check(
      second?.kind == EventKind.stopAsked.rawValue && second?.count == 1_000,
      "1,000 requests to stop came after it")
    checks.check((try? Events.next(within: 0)) == nil, "then there are no events")

    let worker = try? Thread.start {
      var turns: Int32 = 0
      while let event = try? Events.next([.stopAsked, .yieldAsked]) {
        if event.kind == EventKind.stopAsked.rawValue { return turns }
        turns += Int32(bitPattern: event.count)
      }
      return -1
    }
    for _ in 0..<5 {
      try? worker?.task.askToYield()
      Thread.yield()
    }
    try? worker?.task.askToStop()
    checks.check((try? worker?.join()) == .exited(status: 5), "a worker ends itself when it is asked to stop")
  }

  private static func children(_ checks: inout Checklist) {
    for count in [1, 20] {
      var started: [UInt32] = []
      for _ in 0..<count { if let child = startHello() { started.append(child.number) } }
      var ended: UInt32 = 0
      var latest: UInt32 = 0
      while ended < count, let event = try? Events.next(.childEnded, within: 2_000_000_000) {
        ended += event.count
        latest = event.task
      }
      checks.check(ended == count && started.contains(latest)) {
        $0.write(decimal: count)
        $0.write(count == 1 ? " child ended and was told of" : " children ended and were all told of")
      }
      while (try? TaskIdentity.waitForAnyChild()) != nil {}
    }
  }

  private static func startHello() -> TaskIdentity? {
    var words = WordList()
    words.append("hello")
    var options = StartOptions()
    options.priority = 1
    return try? Process.start(Bytes("/bin/hello"), arguments: words, options: options)
  }

  private static func timers(_ checks: inout Checklist) {
    let start = Clock.sinceBoot
    try? Events.setTimer(after: 3_000_000)
    let once = try? Events.next(.timer)
    let late = Clock.sinceBoot &- start &- 3_000_000
    checks.check(once?.count == 1 && late < 200_000) {
      $0.write("a timer of 3 ms is late by ")
      $0.write(decimal: late / 1_000)
      $0.write(" us")
    }
    // A program that does not look for a while: the events of the time are counted in one entry.
    try? Events.setTimer(after: 1_000_000, period: 1_000_000)
    Thread.sleep(milliseconds: 50)
    let many = try? Events.next(.timer)
    checks.check((many?.count ?? 0) >= 49 && (many?.count ?? 0) <= 51) {
      $0.write("a period of 1 ms gave ")
      $0.write(decimal: many?.count ?? 0)
      $0.write(" events in 50 ms, as one entry")
    }
    try? Events.setTimer(after: 0)
    _ = try? Events.next(.timer, within: 0)
    checks.check((try? Events.next(.timer, within: 5_000_000)) == nil, "a timer that was stopped is silent")
  }

  private static func waits(_ checks: inout Checklist) {
    let start = Clock.sinceBoot
    let none = try? Events.next(.stopAsked, within: 4_000_000)
    let waited = Clock.sinceBoot &- start
    checks.check(none == nil && waited >= 4_000_000 && waited < 4_300_000, "a wait of 4 ms took 4 ms")
    let main = TaskIdentity(current_task())
    try? main.askToYield()
    checks.check((try? Events.next(.stopAsked, within: 0)) == nil, "a kind that is not wanted is left")
    checks.check((try? Events.next(.yieldAsked, within: 0)) != nil, "and can be taken later")
  }

  /// Two reasons to wake a task that does not get to run in between: the second must find it awake.
  private static func doubleWakes(_ checks: inout Checklist) {
    var options = StartOptions()
    options.priority = 1
    var areEnded = true
    for _ in 0..<20 {
      let killed = try? Thread.start(options) {
        _ = try? Events.next(.stopAsked)
        return 0
      }
      let late = try? Thread.start(options) { (try? Events.next(.stopAsked, within: 1_000_000)) == nil ? 1 : 0 }
      Thread.sleep(milliseconds: 1)
      try? killed?.task.kill(status: 3)
      try? killed?.task.askToStop()
      let end = Clock.sinceBoot &+ 2_000_000
      while Clock.sinceBoot < end { compute_a_while() }
      try? late?.task.askToStop()
      if (try? killed?.join()) != .killed(status: 3) || (try? late?.join()) != .exited(status: 1) { areEnded = false }
    }
    checks.check(areEnded, "an event for a task that was just killed, or whose time was just over, wakes nobody twice")
  }

  private static func refusals(_ checks: inout Checklist) {
    var event = Event()
    checks.check(
      unsafe SystemCalls.eventWait(EventKinds(rawValue: 0), &event, 0, 0) == SystemError.badArgument.rawValue,
      "to wait for no kind is refused")
    checks.check(
      unsafe SystemCalls.eventWait(.all, nil, 0, 0) == SystemError.badAddress.rawValue, "so is an event without a place"
    )
    checks.check(
      SystemCalls.eventSend(current_task(), EventKind.timer.rawValue, [], 0, 0) == SystemError.badArgument.rawValue,
      "nobody but the kernel sends timer events")
    checks.check(
      SystemCalls.eventTimer(1, 0, 99_999, 0) == SystemError.badArgument.rawValue, "a period under 100 us is refused")
  }
}
