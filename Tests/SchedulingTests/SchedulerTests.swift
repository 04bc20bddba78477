import Primitives
import Testing

@testable import Scheduling

/// What the scheduler is to do, with lists instead of links: the most urgent first, of equals the one that came first.
private final class OrderModel: @unchecked Sendable {
  private var ready: [[UInt32]] = Array(repeating: [], count: 32)
  private(set) var current: UInt32 = 0
  private var priorities: [UInt32: Int] = [:]
  private var sleepers: [(identity: UInt32, until: UInt64)] = []

  func enqueue(_ identity: UInt32, priority: Int) {
    priorities[identity] = priority
    ready[priority].append(identity)
  }

  func pick() { current = ready.lastIndex { !$0.isEmpty }.map { ready[$0].removeFirst() } ?? 0 }

  /// The current task goes behind its peers, where somebody of its priority or above is ready.
  func yield() {
    let own = priorities[current] ?? 0
    guard ready[own...].contains(where: { !$0.isEmpty }) else { return }
    ready[own].append(current)
    pick()
  }

  func preempt() {
    ready[priorities[current] ?? 0].append(current)
    pick()
  }

  func sleep(until moment: UInt64) {
    sleepers.append((current, moment))
    pick()
  }

  /// The timer interrupts.
  func wake(now: UInt64) {
    for sleeper in sleepers.filter({ $0.until <= now }).sorted(by: { $0.until < $1.until }) {
      ready[priorities[sleeper.identity] ?? 0].append(sleeper.identity)
    }
    sleepers.removeAll { $0.until <= now }
  }

  func setPriority(_ identity: UInt32, _ priority: Int) {
    let old = priorities[identity] ?? 0
    guard old != priority else { return }
    priorities[identity] = priority
    guard let place = ready[old].firstIndex(of: identity) else { return }
    ready[old].remove(at: place)
    ready[priority].append(identity)
  }
}

@Suite struct SchedulerTests {
  /// Tasks yield, sleep and change priorities at random; a model says who is to run after each call.
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func whoRunsIsWhatAModelSays(seed: UInt64) {
    let host = SchedulingHost(seed: seed)
    let model = OrderModel()
    host.onInterrupt = { model.wake(now: host.now) }
    host.onPreemption = { model.preempt() }
    var deadlines: Set<UInt64> = []
    func isRight() {
      let identity = host.scheduler.current.value.identity.value
      if identity != model.current { host.violated("\(identity) runs and the model says \(model.current)") }
    }
    let uniqueDeadline = { (time: UInt64) -> UInt64 in
      var moment = host.now + time
      while !deadlines.insert(moment).inserted { moment += 1 }
      return moment
    }
    for _ in 0..<12 {
      let task = host.spawn(priority: UInt8(host.number(0..<4))) { host in
        isRight()
        for _ in 0..<150 {
          switch host.number(0..<6) {
          case 0:
            host.call {
              let moment = uniqueDeadline(UInt64(host.number(1..<30_000_000)))
              model.sleep(until: moment)
              _ = $0.block(.sleeping, deadline: moment)
            }
          case 1:
            let tasks = host.tasks.filter { $0.value.state != .ended }
            let task = tasks[tasks.startIndex + host.number(0..<tasks.count)]
            let priority = host.number(0..<4)
            host.call {
              model.setPriority(task.value.identity.value, priority)
              $0.setPriority(of: task, UInt8(priority))
            }
          case 2, 3:
            host.call {
              model.yield()
              $0.yield()
            }
          default: host.compute()
          }
          isRight()
        }
        model.pick()
      }
      model.enqueue(task.value.identity.value, priority: Int(task.value.priority))
    }
    host.onIdle = { model.pick() }
    host.run()
    #expect(host.violations.isEmpty)
    #expect(host.calls > 800)
  }

  @Test func peersShareTheProcessor() {
    let host = SchedulingHost(seed: 7)
    host.preemptions = 0
    var used: [Int: Int] = [:]
    for index in 0..<4 {
      host.spawn(priority: 9) { host in
        while host.now < 800_000_000 {
          host.compute()
          used[index, default: 0] += 1
        }
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    let (least, most) = (used.values.min() ?? 0, used.values.max() ?? 0)
    #expect(least * 3 > most * 2, "\(used)")
  }

  @Test func aSleeperWakesInTimeAndTheTimerIsSilentWhereNobodyNeedsIt() {
    let host = SchedulingHost(seed: 8)
    host.step = 0
    host.spawn(priority: 3) { host in
      for time in [1, 1_000, 5_000_000_000, 3] as [UInt64] {
        let deadline = host.now + time
        let reason = host.call { $0.block(.sleeping, deadline: deadline) }
        if reason != .timedOut || host.now < deadline || host.now > deadline + 1 {
          host.violated("slept until \(host.now) instead of \(deadline)")
        }
      }
      if host.machine.local.timerMoment != nil { host.violated("the timer is set for nobody") }
    }
    host.run()
    #expect(host.violations.isEmpty)
  }

  @Test func anAnsweredTaskGoesOnWithTheTimeSliceOfTheOther() {
    let host = SchedulingHost(seed: 9)
    (host.preemptions, host.step) = (0, 1_000_000)
    var others = 0
    let queue = UnsafeMutablePointer<TaskQueue>.allocate(capacity: 1)
    queue.initialize(to: TaskQueue())
    defer { queue.deallocate() }
    let waiters = Reference(queue)
    var isOver = false
    let server = host.spawn(priority: 5) { host in
      while !isOver { _ = host.call { $0.block(.waitingForMessage, on: waiters) } }
    }
    host.spawn(priority: 5) { host in
      while host.now < 400_000_000 {
        host.call { if server.value.state == .waitingForMessage { $0.wakeAtHead(server) } }
        host.call { $0.yield() }
      }
      isOver = true
      host.call { if server.value.state == .waitingForMessage { $0.wake(server) } }
    }
    host.spawn(priority: 5) { host in
      while !isOver {
        host.compute()
        others += 1
      }
    }
    host.run()
    #expect(host.violations.isEmpty)
    // A pair that always wakes itself must not keep the third from its part.
    #expect(others > 100)
  }

  @Test func timesConvertWithoutWrapping() {
    var clock = Clock()
    clock.origin = 1_000
    clock.calibrate(nanoseconds: 10_000_000, stamps: 24_000_000, ticks: 1_000_000)
    #expect(clock.time(at: 1_000 + 2_400_000_000) / 1_000 == 999_999)
    // A hundred years of a processor with 2.4 GHz.
    let century: UInt64 = 100 * 365 * 86_400
    let expected = century * 1_000_000_000
    let measured = clock.nanoseconds(stamps: century * 2_400_000_000)
    #expect(measured > expected / 1_000_000 * 999_999 && measured <= expected)
    #expect(clock.timerTicks(0) == 1)
    #expect(clock.timerTicks(1_000) == 99 || clock.timerTicks(1_000) == 100)
    #expect(clock.timerTicks(.max) == 0xffff_ffff)
    #expect(clock.stamps(nanoseconds: 1_000_000) / 100 == 24_000)
  }

  @Test func aDeadlinePastTheEndOfTimeIsTheEndOfTime() {
    let host = SchedulingHost(seed: 1)
    host.machine.stamp = 1_000
    #expect(host.scheduler.deadline(after: 5) == 1_005)
    #expect(host.scheduler.deadline(after: UInt64.max - 3) == UInt64.max - 1)
  }
}
