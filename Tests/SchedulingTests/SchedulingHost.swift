// A kernel of nothing but tasks, in the process of a test: the scheduler of the kernel on the host's processor. Tasks are closures
// that call the kernel as programs do; after each call, and wherever a program could be interrupted, time passes, the timer
// interrupts, and the seed decides whether somebody else runs.
//
// What must hold whenever the kernel is left is checked there: the most urgent task runs, every priority is the one that the rules
// give, the timer is set where somebody needs it, and nobody keeps the processor from its peers.

import MachineSupport
import Platform
import Primitives
import TestSupport

@testable import Scheduling

final class SchedulingHost: @unchecked Sendable {
  let machine = HostedMachine()
  let processor = Processor()
  let scheduler: Scheduler
  var random: SeededGenerator
  /// Of 100 times that a task could be interrupted, how often another one is let run.
  var preemptions = 20
  /// The longest time between two such points, in nanoseconds.
  var step: UInt64 = 400_000
  /// Called before what it names happens in the scheduler, for a model that goes along.
  var onInterrupt: () -> Void = {}
  var onPreemption: () -> Void = {}
  var onIdle: () -> Void = {}
  private(set) var violations: [String] = []
  private(set) var live = 0
  private(set) var calls = 0

  private let pool = TaskPool()
  private let state = UnsafeMutablePointer<SchedulerState>.allocate(capacity: 1)
  private let queues = UnsafeMutablePointer<TaskQueue>.allocate(capacity: 96)
  private let ready = UnsafeMutablePointer<RunQueueStorage>.allocate(capacity: 1)
  private let slots = UnsafeMutablePointer<Reference<Scheduling.Task>?>.allocate(
    capacity: TaskTable.storageCount(256))
  /// Since when the task has run while a peer was ready.
  private var rival: (task: Reference<Scheduling.Task>, since: UInt64)?

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    machine.local.tick = 1
    for index in 0..<96 { (queues + index).initialize(to: TaskQueue()) }
    slots.initialize(repeating: nil, count: TaskTable.storageCount(256))
    ready.initialize(to: RunQueueStorage())
    let idle = pool.make(0, priority: 0)
    state.initialize(
      to: SchedulerState(
        tasks: TaskTable(storage: slots, capacity: 256), ready: RunQueue(storage: Reference(ready)),
        futexes: FutexTable(storage: queues + 32), idle: idle))
    state.pointee.clock.calibrate(nanoseconds: 1, stamps: 1, ticks: 1)
    scheduler = Scheduler(Reference(state), on: processor)
    scheduler.start()
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
    queues.deallocate()
    ready.deinitialize(count: 1)
    ready.deallocate()
    slots.deallocate()
  }

  var now: UInt64 { machine.stamp }
  var tasks: ArraySlice<Reference<Scheduling.Task>> { pool.tasks.dropFirst() }

  func violated(_ text: String) { if violations.count < 10 { violations.append(text) } }

  func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

  // MARK: Tasks

  @discardableResult
  func spawn(
    priority: UInt8, share: Reference<Share>? = nil, _ body: @escaping (SchedulingHost) -> Void
  ) -> Reference<Scheduling.Task> {
    guard let identity = scheduler.tasks.reserveIdentity() else { fatalError("more than 256 tasks") }
    let task = pool.make(identity.value, priority: priority)
    task.value.share = share
    scheduler.tasks.insert(task)
    task.value.directory = 1 + identity.value % 3
    task.value.kernelStackEnd = identity.value % 4 == 0 ? 0 : 0x1000
    // One flow runs at any time.
    nonisolated(unsafe) let body = body
    task.value.savedStackPointer = machine.addFlow { [unowned self] in
      leaveKernel()
      body(self)
      end()
    }
    live += 1
    scheduler.enqueue(task)
    return task
  }

  /// The current task ends, as in Exit.finish.
  func end() -> Never {
    let task = scheduler.current
    scheduler.leaveCurrent()
    task.value.state = .ended
    scheduler.abandonLocks(of: task)
    scheduler.stopEventTimer(of: task)
    scheduler.tasks.remove(task)
    live -= 1
    scheduler.resumeNext()
  }

  /// Runs until all tasks have ended: the idle loop.
  func run() {
    while live > 0 {
      if scheduler.hasReadyTask {
        onIdle()
        scheduler.reschedule()
      } else if let moment = machine.local.timerMoment {
        pass(moment - now)
      } else {
        return violated("\(live) tasks wait, and nothing will wake any of them")
      }
    }
  }

  // MARK: Calls and interrupts

  /// A call of the kernel, and the way out of it.
  func call<Result>(_ body: (Scheduler) -> Result) -> Result {
    calls += 1
    let result = body(scheduler)
    leaveKernel()
    return result
  }

  /// The task runs its own code for a while and may be interrupted.
  func compute() { leaveKernel() }

  /// Time passes, and the timer interrupts where it was set for that.
  private func pass(_ time: UInt64) {
    machine.stamp += time
    guard let moment = machine.local.timerMoment, moment <= now else { return }
    machine.local.timerMoment = nil
    onInterrupt()
    scheduler.timerExpired()
  }

  private func leaveKernel() {
    pass(UInt64.random(in: 0...step, using: &random))
    if number(0..<100) < preemptions { processor.pendingWork |= PendingWork.reschedule }
    while processor.pendingWork != 0 {
      if scheduler.current.value.isEnding { end() }
      if processor.pendingWork & PendingWork.reschedule != 0 {
        onPreemption()
        scheduler.preempt()
      } else {
        processor.pendingWork = 0
      }
    }
    check()
  }

  // MARK: What must hold

  private func check() {
    let current = scheduler.current
    let best = scheduler.state.value.ready.highestPriority
    if current.value.state != .running { violated("a task runs in the state \(current.value.state)") }
    if processor.loadedDirectory != current.value.directory { violated("a task runs in another's address space") }
    if machine.area.pointee.state.esp0 != current.value.kernelStackEnd {
      violated("the kernel would be entered on another's stack")
    }
    if let best, best > current.value.priority {
      violated("a task of priority \(best) waits for one of \(current.value.priority)")
    }
    for task in tasks where task.value.state != .ended && task.value.priority != task.inheritedPriority {
      violated("a task has priority \(task.value.priority) and is to have \(task.inheritedPriority)")
    }
    let hasPeer = best == current.value.priority
    var needed = scheduler.state.value.timers.earliest ?? .max
    if hasPeer { needed = min(needed, now + SchedulerState.slice) }
    if needed != .max, machine.local.timerMoment ?? .max > max(needed, now + 1) {
      violated("the timer is set for \(machine.local.timerMoment ?? .max), and somebody needs it at \(needed)")
    }
    // Who has a greater share than others runs for longer.
    guard hasPeer, current.value.share?.value.weight ?? 100 <= 100 else { return rival = nil }
    guard let rival, rival.task == current else { return rival = (current, now) }
    if now - rival.since > 2 * SchedulerState.slice + step {
      violated("a task kept the processor for \((now - rival.since) / 1_000_000) ms from its peers")
    }
  }
}

/// Words that programs share, at keys that are multiples of 4.
final class SharedWords: @unchecked Sendable {
  var values: [UInt32]
  init(count: Int) { values = Array(repeating: 0, count: count) }

  func key(_ index: Int) -> UInt64 { UInt64(index * 4) }

  struct Word: LockWord {
    let words: SharedWords
    let index: Int
    func load() -> UInt32? { words.values[index] }
    func store(_ value: UInt32) -> Bool {
      words.values[index] = value
      return true
    }
  }

  func word(_ index: Int) -> Word { Word(words: self, index: index) }
}
