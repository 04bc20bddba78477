import Primitives
import Testing

@testable import Scheduling

extension SchedulingHost {
  /// The lock that programs build on futexes: 0 free, 1 held, 2 held and perhaps waited for.
  fileprivate func lock(_ words: SharedWords, _ index: Int) {
    func exchange(_ expected: UInt32, _ new: UInt32) -> UInt32 {
      let old = words.values[index]
      if old == expected { words.values[index] = new }
      compute()
      return old
    }
    var old = exchange(0, 1)
    while old != 0 {
      if old == 2 || exchange(1, 2) != 0 {
        _ = call {
          try? $0.futexWait(key: words.key(index), value: words.values[index], expected: 2, deadline: nil)
        }
      }
      old = exchange(0, 2)
    }
  }

  fileprivate func unlock(_ words: SharedWords, _ index: Int) {
    let old = words.values[index]
    words.values[index] = 0
    compute()
    if old == 2 { _ = call { $0.futexWake(key: words.key(index), count: 1) } }
  }
}

@Suite struct FutexTests {
  /// No wake is lost and no two tasks are inside, whatever the order in which they run.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func locksOfProgramsExclude(seed: UInt64) {
    let host = SchedulingHost(seed: seed)
    host.preemptions = 50
    let words = SharedWords(count: 3)
    var inside = [0, 0, 0]
    var entries = 0
    for _ in 0..<8 {
      host.spawn(priority: UInt8(host.number(0..<3))) { host in
        for _ in 0..<40 {
          // 0 and 256 have one bucket.
          let index = host.number(0..<3)
          host.lock(words, index)
          inside[index] += 1
          if inside[index] != 1 { host.violated("\(inside[index]) tasks hold a lock") }
          host.compute()
          inside[index] -= 1
          entries += 1
          host.unlock(words, index)
        }
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(entries == 320)
    #expect(words.values == [0, 0, 0])
  }

  @Test func theMostUrgentWaiterOfAWordIsWokenFirst() {
    let host = SchedulingHost(seed: 3)
    host.preemptions = 0
    var order: [UInt8] = []
    for priority in [3, 9, 6, 1, 9] as [UInt8] {
      host.spawn(priority: priority) { host in
        _ = host.call { try? $0.futexWait(key: 64, value: 5, expected: 5, deadline: nil) }
        order.append(priority)
      }
    }
    // Shares the bucket and waits for another word.
    host.spawn(priority: 12) { host in
      _ = host.call { try? $0.futexWait(key: 64 + 256 * 4, value: 0, expected: 0, deadline: nil) }
      order.append(12)
    }
    host.spawn(priority: 0) { host in
      for _ in 0..<5 where host.call({ $0.futexWake(key: 64, count: 1) }) != 1 { host.violated("nobody was woken") }
      if host.call({ $0.futexWake(key: 64, count: 7) }) != 0 { host.violated("somebody was woken who does not wait") }
      _ = host.call { $0.futexWake(key: 64 + 256 * 4, count: 7) }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(order == [9, 9, 6, 3, 1, 12])
  }

  @Test func aWaiterWhosePriorityChangesTakesThePlaceOfTheNewOne() {
    let host = SchedulingHost(seed: 3)
    host.preemptions = 0
    var order: [Int] = []
    let waiters = (0..<4).map { index in
      host.spawn(priority: UInt8(8 - index)) { host in
        _ = host.call { try? $0.futexWait(key: 64, value: 5, expected: 5, deadline: nil) }
        order.append(index)
      }
    }
    host.spawn(priority: 0) { host in
      host.call { $0.setPriority(of: waiters[2], 9) }
      host.call { $0.setPriority(of: waiters[0], 1) }
      for _ in 0..<4 { _ = host.call { $0.futexWake(key: 64, count: 1) } }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(order == [2, 1, 3, 0])
  }

  @Test func aChangedWordALimitAndAnEndCutTheWaitShort() {
    let host = SchedulingHost(seed: 4)
    var failures: [WaitFailure] = []
    func wait(_ host: SchedulingHost, expected: UInt32, after time: UInt64? = nil) {
      host.scheduler.current.value.waitKey = 0
      do throws(WaitFailure) {
        try host.scheduler.futexWait(key: 8, value: 1, expected: expected, deadline: time.map { host.now + $0 })
        host.violated("a wait ended that nobody ended")
      } catch { failures.append(error) }
      if host.scheduler.current.value.waitKey != 0 { host.violated("a task that does not wait has a key") }
    }
    let victim = host.spawn(priority: 5) { host in
      wait(host, expected: 2)
      wait(host, expected: 1, after: 1_000)
      wait(host, expected: 1)
      wait(host, expected: 1)
      host.compute()
      host.violated("a task that was told to end goes on")
    }
    host.spawn(priority: 1) { host in
      host.call { $0.tellToEnd(victim, .killed, status: 7) }
      host.call { $0.tellToEnd(victim, .exited, status: 8) }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(failures == [.wouldBlock, .timedOut, .cancelled, .cancelled])
    #expect(victim.value.ending == .killed && victim.value.status == 7)
  }
}
