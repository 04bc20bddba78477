// Bits are set and taken; waits end as they should.

import ABI
import Primitives
import SDK

enum NotificationChecks {
  static func run(_ checks: inout Checklist) {
    guard let notification = try? Notification() else {
      checks.check(false, "a notification is made")
      return
    }
    checks.check(
      refusal { () throws(SystemError) in try notification.wait(nanoseconds: 0) } == .wouldBlock,
      "without a bit, a wait that must not wait ends at once")
    checks.check(
      refusal { () throws(SystemError) in try notification.wait(nanoseconds: 2_000_000) } == .timedOut,
      "a wait with a limit ends with it")
    try? notification.signal(1)
    try? notification.signal(4)
    try? notification.signal(4)
    checks.check((try? notification.wait()) == 5, "all bits come at once, each once")
    checks.check(
      refusal { () throws(SystemError) in try notification.wait(nanoseconds: 0) } == .wouldBlock,
      "and are gone then")
    checks.check(
      refusal { () throws(SystemError) in try notification.signal(0) } == .badArgument
        && refusal { () throws(SystemError) in try notification.signal(0x8000_0001) } == .badArgument,
      "no bit, or the highest, is an error")
    halves(notification, &checks)
    pingPong(notification, &checks)
    waiters(notification, &checks)
    notification.handle.close()
  }

  private static func refusal<Value>(_ body: () throws(SystemError) -> Value) -> SystemError? { Handles.refusal(body) }

  private static func halves(_ notification: Notification, _ checks: inout Checklist) {
    guard let signaller = try? notification.handle.duplicate(.write),
      let waiter = try? notification.handle.duplicate(.read)
    else {
      checks.check(false, "a half to signal and a half to wait")
      return
    }
    checks.check(
      refusal { () throws(SystemError) in try Notification(signaller).wait(nanoseconds: 0) } == .badHandle
        && refusal { () throws(SystemError) in try Notification(waiter).signal(1) } == .badHandle,
      "a half to signal does not wait, a half to wait does not signal")
    try? Notification(signaller).signal(2)
    checks.check((try? Notification(waiter).wait()) == 2, "one half signals the other")
    signaller.close()
    waiter.close()
  }

  /// Two threads, of both rings, that wait for each other.
  private static func pingPong(_ ping: Notification, _ checks: inout Checklist) {
    guard let pong = try? Notification() else { return }
    for flags in [[], .ring0] as [StartFlags] {
      let thread = try? Thread.start(StartOptions(flags: flags)) { () -> Int32 in
        for _ in 0..<1000 {
          guard (try? ping.wait()) == 1, (try? pong.signal(2)) != nil else { return 1 }
        }
        return 0
      }
      var rounds = 0
      while rounds < 1000, (try? ping.signal(1)) != nil, (try? pong.wait()) == 2 { rounds += 1 }
      checks.check(
        rounds == 1000 && (try? thread?.join()) == .exited(status: 0), "a thread of either ring answers 1,000 times")
    }
    pong.handle.close()
  }

  /// Each bit that is set wakes one of several that wait; one that is killed in its wait is no loss.
  private static func waiters(_ notification: Notification, _ checks: inout Checklist) {
    var threads: [Thread] = []
    for _ in 0..<4 {
      guard let thread = try? Thread.start(body: { (try? notification.wait()) == 8 ? 0 : 1 }) else { return }
      threads.append(thread)
    }
    Thread.sleep(milliseconds: 1)
    try? threads[0].task.kill(status: 9)
    var ended = 0
    for thread in threads.dropFirst() {
      try? notification.signal(8)
      if (try? thread.join()) == .exited(status: 0) { ended += 1 }
    }
    checks.check(ended == 3, "each signal ends one wait")
    checks.check((try? threads[0].join()) == .killed(status: 9), "a killed waiter is gone")
    checks.check(
      refusal { () throws(SystemError) in try notification.wait(nanoseconds: 0) } == .wouldBlock, "no bit is left over")
  }
}
