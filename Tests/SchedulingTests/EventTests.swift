import Primitives
import Testing

@testable import Scheduling

@Suite struct EventTests {
  /// Every period is counted once, whether somebody waits for it or not.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func periodsAreCountedNotRepeated(seed: UInt64) {
    let host = SchedulingHost(seed: seed)
    // Some periods go by before the timer can interrupt.
    host.step = 3_000_000
    var counts: [(seen: UInt64, due: ClosedRange<UInt64>)] = []
    for index in 0..<4 {
      host.spawn(priority: UInt8(index)) { host in
        let period = 700_000 * UInt64(index + 1)
        let started = host.now
        host.scheduler.setEventTimer(after: period, period: period)
        let armed = host.now
        var seen: UInt64 = 0
        for _ in 0..<60 {
          if host.number(0..<3) == 0 { _ = host.call { $0.block(.sleeping, deadline: host.now + 5_000_000) } }
          guard
            let event = try? host.scheduler.waitForEvent(TaskEvent.timer.bit, noWait: false, deadline: nil)
          else { return host.violated("a wait for an event failed") }
          seen += UInt64(event.count)
          let ended = host.now
          if host.machine.local.timerMoment.map({ $0 <= ended }) != true {
            counts.append((seen, (ended - armed) / period...(ended - started) / period))
          }
          host.compute()
        }
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(counts.count > 100)
    let wrong = counts.filter { !$0.due.contains($0.seen) }
    #expect(wrong.isEmpty, "\(wrong.prefix(3))")
  }

  /// A timer whose events nobody takes interrupts the machine once, whatever its period.
  @Test func anUntakenTimerCostsOneInterrupt() {
    let host = SchedulingHost(seed: 10)
    var counts: [UInt32] = []
    for _ in 0..<50 {
      host.spawn(priority: 3) { host in
        let before = host.now
        host.scheduler.setEventTimer(after: 100_000, period: 100_000)
        _ = host.call { $0.block(.sleeping, deadline: host.now + 50_000_000) }
        let isRunning = host.scheduler.current.value.eventTimer.isRunning
        #expect(!isRunning)
        let event = try? host.scheduler.waitForEvent(TaskEvent.timer.bit, noWait: true, deadline: nil)
        let due = (host.now - before) / 100_000
        if let event, UInt64(event.count) <= due, due - UInt64(event.count) < 3 { counts.append(event.count) }
        host.scheduler.setEventTimer(after: 0, period: 0)
      }
    }
    host.run()
    #expect(counts.count == 50)
    #expect(counts.allSatisfy { $0 >= 499 })
  }

  /// What is posted is taken, all of it and once.
  @Test(arguments: 5...8 as ClosedRange<UInt64>)
  func noEventIsLost(seed: UInt64) {
    let host = SchedulingHost(seed: seed)
    host.preemptions = 50
    var posted = 0
    var taken = 0
    var isOver = false
    let receiver = host.spawn(priority: 3) { host in
      while true {
        let result = host.call { scheduler in
          Result { () throws(WaitFailure) in
            try scheduler.waitForEvent(
              TaskEvent.yieldAsked.bit | TaskEvent.stopAsked.bit, noWait: false, deadline: host.now + 2_000_000)
          }
        }
        switch result {
        case .success(let event): taken += Int(event.count)
        case .failure(.timedOut): if isOver { return }
        case .failure(let failure): host.violated("\(failure)")
        }
      }
    }
    for index in 0..<5 {
      host.spawn(priority: UInt8(index)) { host in
        for _ in 0..<50 {
          let kind = host.number(0..<2) == 0 ? TaskEvent.yieldAsked : .stopAsked
          host.call { $0.post(kind, to: receiver, subject: $0.current.value.identity) }
          posted += 1
          if host.number(0..<9) == 0 { _ = host.call { $0.block(.sleeping, deadline: host.now + 1_000_000) } }
        }
        if posted == 250 { isOver = true }
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(posted == 250 && taken == 250)
  }

  @Test func whoDoesNotWantToWaitIsToldSo() {
    let host = SchedulingHost(seed: 9)
    var failures: [WaitFailure] = []
    host.spawn(priority: 3) { host in
      do throws(WaitFailure) {
        _ = try host.scheduler.waitForEvent(TaskEvent.timer.bit, noWait: true, deadline: nil)
      } catch { failures.append(error) }
    }
    host.run()
    #expect(failures == [.wouldBlock])
  }
}
