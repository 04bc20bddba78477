import Primitives
import Testing

@testable import Scheduling

/// Locks as programs use them: the word alone while nobody waits, else the kernel.
private final class TestLocks: @unchecked Sendable {
  let words: SharedWords
  /// Who holds each, as the programs know it.
  var holders: [UInt32?]
  var acquisitions = 0
  var abandoned = 0

  init(count: Int) {
    words = SharedWords(count: count)
    holders = Array(repeating: nil, count: count)
  }

  /// Returns false where the time limit came first.
  func acquire(_ index: Int, _ host: SchedulingHost, after time: UInt64? = nil) -> Bool {
    let own = host.scheduler.current.value.identity.value
    if words.values[index] == 0 {
      words.values[index] = own
    } else {
      let result = host.call { scheduler in
        Result { () throws(LockFailure) in
          try scheduler.acquireLock(
            words.word(index), key: words.key(index), deadline: time.map { host.now + $0 })
        }
      }
      switch result {
      case .success(.free): break
      case .success(.abandoned):
        abandoned += 1
        if let holder = holders[index], host.scheduler.tasks.find(TaskIdentity(holder)) != nil {
          host.violated("a lock counts as abandoned whose holder lives")
        }
        holders[index] = nil
      case .failure(.timedOut), .failure(.cancelled): return false
      case .failure(let failure): host.violated("a lock was refused: \(failure)")
      }
    }
    if let holder = holders[index] { host.violated("\(own) takes a lock that \(holder) holds") }
    holders[index] = own
    acquisitions += 1
    return true
  }

  func release(_ index: Int, _ host: SchedulingHost) {
    let own = host.scheduler.current.value.identity.value
    if holders[index] != own { host.violated("\(own) releases a lock that it does not hold") }
    holders[index] = nil
    if words.values[index] == own {
      words.values[index] = 0
    } else {
      host.call { scheduler in
        do throws(LockFailure) {
          try scheduler.releaseLock(words.word(index), key: words.key(index))
        } catch { host.violated("a lock was not released: \(error)") }
      }
    }
  }
}

@Suite struct PriorityInheritingLockTests {
  /// Nested locks, time limits, changes of priority, tasks that end with locks in their hands or are told to end: nobody
  /// hangs, no two hold one lock, and every holder is as urgent as those who wait for it (SchedulingHost.check).
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func locksHoldWhateverTheOrder(seed: UInt64) {
    let host = SchedulingHost(seed: seed)
    host.preemptions = 40
    let locks = TestLocks(count: 4)
    for index in 0..<10 {
      host.spawn(priority: UInt8(host.number(0..<8))) { host in
        for round in 0..<30 {
          // In one order, so that nobody waits in a circle.
          var held: [Int] = []
          for lock in 0..<4 where host.number(0..<3) == 0 {
            guard locks.acquire(lock, host, after: host.number(0..<4) == 0 ? UInt64(host.number(1..<900_000)) : nil)
            else { continue }
            held.append(lock)
            host.compute()
          }
          if host.number(0..<5) == 0 {
            host.call { $0.setPriority(of: $0.current, UInt8(host.number(0..<8))) }
          }
          if host.number(0..<12) == 0 {
            host.call { _ = $0.block(.sleeping, deadline: host.now + 300_000) }
          }
          if round == 25 && index % 4 == 1 { return }
          if round == 20 && index % 5 == 2, let victim = host.tasks.first(where: { $0.value.state != .ended }) {
            host.call { $0.tellToEnd(victim, .killed, status: 0) }
          }
          for lock in held.reversed() { locks.release(lock, host) }
        }
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(locks.acquisitions > 100)
  }

  @Test func aChainOfHoldersRunsAtThePriorityOfItsEnd() {
    let host = SchedulingHost(seed: 5)
    (host.preemptions, host.step) = (0, 0)
    let locks = TestLocks(count: 2)
    var order: [String] = []
    host.spawn(priority: 1) { host in
      _ = locks.acquire(0, host)
      // The middle one takes the other lock, and waits for this one.
      host.spawn(priority: 3) { host in
        _ = locks.acquire(1, host)
        _ = locks.acquire(0, host)
        order.append("middle")
        locks.release(0, host)
        locks.release(1, host)
      }
      host.compute()
      host.spawn(priority: 5) { host in
        host.compute()
        order.append("bystander")
      }
      host.spawn(priority: 9) { host in
        _ = locks.acquire(1, host)
        order.append("urgent")
        locks.release(1, host)
      }
      host.compute()
      if host.scheduler.current.value.priority != 9 {
        host.violated("the first holder is not as urgent as the last waiter")
      }
      order.append("first")
      locks.release(0, host)
      if host.scheduler.current.value.priority != 1 { host.violated("the first holder keeps what was lent to it") }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(order == ["first", "middle", "urgent", "bystander"])
  }

  @Test func aLockWhoseHolderEndedIsTakenOver() {
    let host = SchedulingHost(seed: 6)
    host.preemptions = 0
    let locks = TestLocks(count: 1)
    host.spawn(priority: 4) { host in
      _ = locks.acquire(0, host)
      _ = host.call { $0.block(.sleeping, deadline: host.now + 2_000_000) }
    }
    for _ in 0..<3 {
      host.spawn(priority: 2) { host in
        if locks.acquire(0, host) { locks.release(0, host) }
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(locks.abandoned == 1 && locks.acquisitions == 4)
  }

  @Test func aLockIsRefusedToItsHolderAndItsReleaseToOthers() {
    let host = SchedulingHost(seed: 7)
    let locks = TestLocks(count: 1)
    var failures: [LockFailure] = []
    host.spawn(priority: 4) { host in
      _ = locks.acquire(0, host)
      do throws(LockFailure) {
        _ = try host.scheduler.acquireLock(locks.words.word(0), key: 0, deadline: nil)
      } catch { failures.append(error) }
      host.spawn(priority: 9) { host in
        do throws(LockFailure) {
          try host.scheduler.releaseLock(locks.words.word(0), key: 0)
        } catch { failures.append(error) }
      }
      host.compute()
      locks.release(0, host)
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(failures == [.alreadyHeld, .notHeld])
  }
}
