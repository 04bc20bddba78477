// What the watchdog makes of its looks and tickets, on a processor in a model: tasks that keep interrupts off for ever,
// and tasks that do so for a moment.

import Primitives
import TestSupport
import Testing

@testable import Scheduling

/// One processor: a task in its own code or in the kernel, its flag, and the ticket.
private struct Processor {
  var watch = InterruptFlagWatch()
  let pool = TaskPool()
  var current: Reference<Scheduling.Task>
  var isInKernel = false
  var isFlagSet = true
  var isTicketWaiting = false
  var now: UInt64 = 1_000_000
  /// Tasks that were ended.
  var ended: [UInt32] = []

  static let limit: UInt64 = 200_000

  init() {
    current = pool.make(1)
    current.value.mode = .kernelSeparateStack
    current.value.state = .running
    current.value.startTime(now)
    watch.limit = Self.limit
  }

  mutating func work(_ time: UInt64) {
    now += time
    takeTicket()
  }

  /// A task that the timer lets run, whose interrupt waits too.
  var next: Reference<Scheduling.Task>?

  /// An interrupt that waits comes as soon as it can, the timer's before the ticket.
  mutating func takeTicket() {
    guard isTicketWaiting, !isInKernel, isFlagSet else { return }
    isTicketWaiting = false
    if let next {
      watch.interruptCame(to: current)
      change(to: next)
    }
    watch.ticketCame(to: current, isOwnCode: true, stamp: now)
  }

  mutating func change(to other: Reference<Scheduling.Task>) {
    current.value.stopTime(now)
    current.value.state = .ready
    current = other
    current.value.startTime(now)
    current.value.state = .running
  }

  mutating func look() {
    let place: InterruptFlagWatch.Place = isInKernel ? .kernel : .ownCode(isFlagSet: isFlagSet)
    switch watch.look(at: current, in: place, isTicketWaiting: isTicketWaiting, stamp: now) {
    case .nothing: break
    case .ticket: isTicketWaiting = true
    case .stuck:
      ended.append(current.value.identity.value)
      watch.forget(current)
    }
  }

  /// A system call of the given length.
  mutating func call(_ time: UInt64, _ inside: (inout Processor) -> Void = { _ in }) {
    isInKernel = true
    now += time
    inside(&self)
    if current.value.pendingWork & PendingWork.watched != 0 {
      if watch.leavesKernel(current) {
        ended.append(current.value.identity.value)
        watch.forget(current)
      } else {
        isTicketWaiting = true
      }
    }
    isInKernel = false
    takeTicket()
  }

  /// The current task waits; nobody else runs, with interrupts on.
  mutating func sleep(_ time: UInt64) {
    current.value.stopTime(now)
    current.value.state = .sleeping
    now += time
    if isTicketWaiting {
      isTicketWaiting = false
      watch.ticketCame(to: pool.make(9), isOwnCode: false, stamp: now)
    }
    current.value.startTime(now)
    current.value.state = .running
  }
}

@Suite struct InterruptFlagTests {
  @Test func aLoopWithInterruptsOff() {
    var processor = Processor()
    processor.isFlagSet = false
    for count in 0..<6 {
      #expect(processor.ended == [], "look \(count)")
      processor.look()
      processor.work(40_000)
    }
    #expect(processor.ended == [1])
  }

  /// Found in the kernel each time: in its own code it is never seen.
  @Test func callsWithInterruptsOff() {
    var processor = Processor()
    processor.isFlagSet = false
    for _ in 0..<12 where processor.ended.isEmpty {
      processor.call(39_000) { $0.look() }
      processor.work(1_000)
    }
    #expect(processor.ended == [1])
    #expect(processor.now < 1_000_000 + 2 * Processor.limit)
  }

  @Test func sleepsWithInterruptsOff() {
    var processor = Processor()
    processor.isFlagSet = false
    var used: UInt64 = 0
    while processor.ended.isEmpty, used < 3 * Processor.limit {
      processor.call(2_000) {
        $0.look()
        $0.sleep(1_000_000)
      }
      processor.work(38_000)
      used += 40_000
    }
    #expect(processor.ended == [1])
    #expect(used >= Processor.limit)
  }

  /// Long calls by a task whose interrupts are on: its ticket finds them on.
  @Test func longCallsAreNoMistake() {
    var processor = Processor()
    for _ in 0..<50 {
      processor.call(3_000_000) { processor in for _ in 0..<75 { processor.look() } }
      processor.work(10)
    }
    #expect(processor.ended == [])
    #expect(processor.current.value.pendingWork == 0)
  }

  /// Nine tenths of its time a task has interrupts off, for a moment each time, and every look finds it so.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func shortSectionsAreNoMistake(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var processor = Processor()
    for _ in 0..<3000 {
      processor.isFlagSet = false
      processor.work(UInt64.random(in: 100...30_000, using: &random))
      if Bool.random(using: &random) { processor.look() }
      if Bool.random(using: &random) {
        processor.call(UInt64.random(in: 100...9_000, using: &random)) {
          if Bool.random(using: &random) { $0.look() }
        }
      }
      processor.isFlagSet = true
      processor.work(100)
      if Bool.random(using: &random) {
        processor.call(UInt64.random(in: 100...90_000, using: &random)) {
          if Bool.random(using: &random) { $0.look() }
        }
      }
    }
    #expect(processor.ended == [])
  }

  /// Two tasks whose flags are set take turns. Each time one leaves the kernel the timer comes before its ticket, which then comes to
  /// the other.
  @Test func theTimerComesBeforeTheTicket() {
    var processor = Processor()
    let (one, other) = (processor.current, processor.pool.make(2))
    other.value.mode = .kernelSeparateStack
    for round in 0..<200 {
      processor.next = round % 2 == 0 ? other : one
      processor.call(5_000) { $0.look() }
      processor.next = nil
      processor.work(20_000)
    }
    #expect(processor.ended == [])
  }

  /// Ring 3 cannot clear its flag: nothing is asked for on its way out.
  @Test func ring3IsLeftAlone() {
    var processor = Processor()
    processor.current.value.mode = .user
    processor.call(100) { $0.look() }
    #expect(!processor.isTicketWaiting)
  }

  /// A task that ends leaves nothing behind that would be followed.
  @Test func theHolderEnds() {
    var processor = Processor()
    processor.isFlagSet = false
    processor.call(100) { $0.look() }
    #expect(processor.isTicketWaiting)
    processor.watch.forget(processor.current)
    processor.current = processor.pool.make(2)
    processor.look()
    #expect(processor.ended == [])
    #expect(processor.current.value.masked != MaskedTime())
  }
}
