// Shares of the processor's time: each job gets its part, however many tasks it has, and a server works in that of its caller.

import Primitives
import TestSupport
import Testing

@testable import Scheduling

@Suite struct ShareTests {
  /// Shares for tests, at addresses that stay.
  private final class Shares {
    private let memory: UnsafeMutablePointer<Share>
    private let count: Int

    init(_ weights: [UInt32]) {
      count = weights.count
      memory = .allocate(capacity: count)
      for (index, weight) in weights.enumerated() { (memory + index).initialize(to: Share(weight: weight)) }
    }

    deinit {
      memory.deinitialize(count: count)
      memory.deallocate()
    }

    subscript(index: Int) -> Reference<Share> { Reference(memory + index) }
  }

  /// How much of a second each share gets, of which so many tasks compute.
  private func parts(of weights: [UInt32], tasks: [Int], seed: UInt64 = 1) -> [Double] {
    let host = SchedulingHost(seed: seed)
    host.preemptions = 0
    let shares = Shares(weights)
    var used = [UInt64](repeating: 0, count: weights.count)
    for (index, count) in tasks.enumerated() {
      for _ in 0..<count {
        host.spawn(priority: 9, share: shares[index]) { host in
          while host.now < 4_000_000_000 {
            host.compute()
            used[index] += 1
          }
        }
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    let sum = used.reduce(0, +)
    return used.map { Double($0) / Double(sum) }
  }

  @Test func aJobWithAHundredTasksGetsNoMoreThanOneWithOne() {
    let parts = parts(of: [100, 100], tasks: [100, 1])
    #expect(abs(parts[0] - 0.5) < 0.05, "\(parts)")
  }

  @Test func sharesAreWeighted() {
    let parts = parts(of: [100, 300, 50], tasks: [3, 1, 7])
    #expect(abs(parts[0] - 100 / 450) < 0.04 && abs(parts[1] - 300 / 450) < 0.04, "\(parts)")
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func manySharesGetTheSame(seed: UInt64) {
    let parts = parts(of: [UInt32](repeating: 100, count: 20), tasks: (0..<20).map { 1 + $0 % 3 }, seed: seed)
    #expect(parts.allSatisfy { abs($0 - 0.05) < 0.02 }, "\(parts)")
  }

  /// Beside ever so many that compute, one that sleeps most of the time runs within two slices of its moment.
  @Test(arguments: [1, 8, 15])
  func aSleeperWaitsTwoSlicesAtMost(hogs: Int) {
    let host = SchedulingHost(seed: 3)
    (host.preemptions, host.step) = (0, 300_000)
    let shares = Shares([UInt32](repeating: 100, count: hogs + 1))
    var isOver = false
    for index in 0..<hogs {
      for _ in 0..<3 {
        host.spawn(priority: 9, share: shares[index]) { host in while !isOver { host.compute() } }
      }
    }
    var worst: UInt64 = 0
    host.spawn(priority: 9, share: shares[hogs]) { host in
      // Long enough that what the others have used lies far ahead.
      for round in 0..<60 {
        let moment = host.now + (round == 30 ? 500_000_000 : 1_000_000)
        _ = host.call { $0.block(.sleeping, deadline: moment) }
        worst = max(worst, host.now - moment)
      }
      isOver = true
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(worst <= 2 * SchedulerState.slice + 2 * host.step, "\(worst)")
  }

  /// A share that was idle for long does not keep the others from theirs afterwards.
  @Test func whatIsNotUsedIsNotKept() {
    let host = SchedulingHost(seed: 4)
    host.preemptions = 0
    let shares = Shares([100, 100])
    var used: [UInt64] = [0, 0]
    host.spawn(priority: 9, share: shares[0]) { host in
      while host.now < 3_000_000_000 {
        host.compute()
        if host.now > 2_000_000_000 { used[0] += 1 }
      }
    }
    host.spawn(priority: 9, share: shares[1]) { host in
      _ = host.call { $0.block(.sleeping, deadline: 2_000_000_000) }
      while host.now < 3_000_000_000 {
        host.compute()
        used[1] += 1
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(abs(Double(used[1]) / Double(used[0] + used[1]) - 0.5) < 0.06, "\(used)")
  }

  /// A client and a server that call each other without a pause have no more than the two shares that they are given, also where
  /// the server is interrupted in the middle; the third has its own.
  @Test(arguments: [0, 20])
  func aPairHasNoMoreThanItsShares(preemptions: Int) {
    let host = SchedulingHost(seed: 5)
    (host.preemptions, host.step) = (preemptions, 200_000)
    let shares = Shares([100, 100, 100])
    var isOver = false
    var used: [UInt64] = [0, 0]
    let queue = UnsafeMutablePointer<TaskQueue>.allocate(capacity: 1)
    queue.initialize(to: TaskQueue())
    defer { queue.deallocate() }
    let waiting = Reference(queue)
    var request = false
    let server = host.spawn(priority: 9, share: shares[1]) { host in
      while !isOver {
        while !request, !isOver { _ = host.call { $0.block(.waitingForMessage, on: waiting) } }
        for _ in 0..<3 { host.compute() }
        // The calls of both sides take as long as computing does.
        used[0] += 6
        request = false
        host.call {
          if let caller = $0.current.value.servedCallers.first { $0.wakeAtHead(caller) }
        }
      }
    }
    host.spawn(priority: 9, share: shares[0]) { host in
      while host.now < 4_000_000_000 {
        request = true
        host.call {
          if server.value.state == .waitingForMessage {
            _ = $0.blockAndRun(server, .waitingForReply, on: server.servedCallers)
          } else {
            _ = $0.block(.waitingForReply, on: server.servedCallers)
          }
        }
      }
      isOver = true
      host.call { if server.value.state == .waitingForMessage { $0.wake(server) } }
    }
    host.spawn(priority: 9, share: shares[2]) { host in
      while !isOver {
        host.compute()
        used[1] += 1
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    let part = Double(used[0]) / Double(used[0] + used[1])
    #expect(part > 0.4 && part < 0.68, "\(used)")
  }

  /// Shares come and go while a server works for them: what is left waits in its own share.
  @Test func aShareThatGoesLeavesNothing() {
    let storage = UnsafeMutablePointer<RunQueueStorage>.allocate(capacity: 1)
    storage.initialize(to: RunQueueStorage())
    defer { storage.deallocate() }
    var queue = RunQueue(storage: Reference(storage))
    let pool = TaskPool()
    let shares = Shares([100, 100])
    let (server, caller) = (pool.make(1), pool.make(2))
    (server.value.share, caller.value.share) = (shares[0], shares[1])
    server.servedCallers.append(caller)
    queue.add(server, at: 5)
    server.servedCallers.value.remove(caller)
    queue.forget(shares[1])
    #expect(queue.runner == nil)
    let next = queue.pickNext(at: 7)
    #expect(next == server && queue.isEmpty && queue.runner == shares[0])
  }

  /// Of 200 shares with one task each and as many priorities as there are, whatever happens the map and the lists agree.
  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func theMapAndTheListsAgree(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let storage = UnsafeMutablePointer<RunQueueStorage>.allocate(capacity: 1)
    storage.initialize(to: RunQueueStorage())
    defer { storage.deallocate() }
    var queue = RunQueue(storage: Reference(storage))
    let pool = TaskPool()
    let shares = Shares((0..<60).map { _ in UInt32.random(in: 1...1000, using: &random) })
    var outside = (1...200).map { pool.make(UInt32($0), priority: UInt8.random(in: 0..<8, using: &random)) }
    for task in outside { task.value.share = shares[Int(task.value.identity.value % 60)] }
    var inside: [Reference<Scheduling.Task>] = []
    var now: UInt64 = 0
    for _ in 0..<20_000 {
      now += UInt64.random(in: 0..<1000, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0 where !outside.isEmpty:
        let task = outside.remove(at: Int.random(in: 0..<outside.count, using: &random))
        if Bool.random(using: &random) { queue.add(task, at: now) } else { queue.addFirst(task, at: now) }
        inside.append(task)
      case 1 where !inside.isEmpty:
        let task = inside.remove(at: Int.random(in: 0..<inside.count, using: &random))
        queue.remove(task)
        outside.append(task)
      default:
        let highest = inside.map { $0.value.priority }.max()
        let next = queue.pickNext(at: now)
        #expect(next.map { $0.value.priority } == highest)
        if let next {
          #expect(queue.runner == next.value.share)
          inside.removeAll { $0 == next }
          outside.append(next)
        }
      }
      #expect(queue.isEmpty == inside.isEmpty)
      let highest = inside.map { $0.value.priority }.max()
      #expect(queue.highestPriority == highest)
    }
  }
}
