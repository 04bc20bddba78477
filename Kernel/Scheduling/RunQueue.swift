// The tasks that are ready to run: for each priority the shares that have any (Share.swift), a queue of tasks in each, and a bit map of
// the priorities. Of the most urgent tasks those of the share that has used least of its time come first, in turns.
// Adding, taking out and choosing the next are all of constant cost, however many tasks there are.
//
// Time is billed when the share changes: whoever runs meanwhile without coming by here, a server that was called and a caller that was
// answered, runs on the share of whoever began. A server that is interrupted at a request waits in its caller's share.
//
// Invariants:
// - Bit p of `occupied` is set exactly when a level in list p has a task. The level that was the only one stays in the list when its
//   last task leaves, until another one comes: mostly the next task is of the same share.
// - A share that was idle has no more in hand than `credit`: what it did not use is not kept.

import Primitives

/// What a run queue keeps elsewhere, for as long as it lives.
public struct RunQueueStorage: ~Copyable {
  var common = Share()
  var lists = InlineArray<32, LevelList>(repeating: LevelList())

  public init() {}
}

public struct RunQueue: ~Copyable {
  public static var priorities: Int { 32 }

  // First, because ipc.S looks at it.
  private var occupied: UInt32 = 0
  /// Whose time it is; nil while nobody runs.
  private(set) var runner: Reference<Share>?
  private let storage: Reference<RunQueueStorage>
  /// Up to which time stamp the runner's time is billed.
  private var billedUntil: UInt64 = 0
  /// What the share that was chosen last had used. It never falls.
  private var time: UInt64 = 0
  /// How much further back than the others a share may begin that was idle, in time stamps: a time slice.
  var credit: UInt64 = 0

  public var isEmpty: Bool { occupied == 0 }

  public init(storage: Reference<RunQueueStorage>) { self.storage = storage }

  /// An empty one, in memory that nothing is in yet.
  public init(in memory: UnsafeMutablePointer<RunQueueStorage>) {
    unsafe memory.initialize(to: RunQueueStorage())
    self.init(storage: unsafe Reference(memory))
  }

  /// 0 while nobody runs: one comparison where two optional values take three.
  @inline(__always)
  private var runnerAddress: UInt { runner.map { $0.address } ?? 0 }

  /// The share of tasks that have none.
  @inline(__always)
  private var common: Reference<Share> { reference(to: &storage.value.common) }

  /// The most callers on whose behalf somebody calls that are followed.
  private static var depth: Int { 8 }

  /// On whose time a task runs: its own, or that of the caller whose request it has.
  @inline(__always)
  private func share(of task: Reference<Task>) -> Reference<Share> {
    task.value.servedCallers.first == nil ? task.value.share ?? common : share(ofServer: task)
  }

  @inline(never)
  private func share(ofServer task: Reference<Task>) -> Reference<Share> {
    var payer = task
    for _ in 0..<Self.depth {
      guard let caller = payer.value.servedCallers.first else { break }
      payer = caller
    }
    return payer.value.share ?? common
  }

  /// Puts a task behind the others of its priority and share. `stamp`: now.
  public mutating func add(_ task: Reference<Task>, at stamp: @autoclosure () -> UInt64) {
    task.value.state = .ready
    place(of: task, stamp()).append(task)
  }

  /// Puts a task before the others of its priority and share.
  public mutating func addFirst(_ task: Reference<Task>, at stamp: @autoclosure () -> UInt64) {
    task.value.state = .ready
    place(of: task, stamp()).prepend(task)
  }

  /// The queue that a task waits for its turn in, which is in its list.
  @inline(__always)
  private mutating func place(of task: Reference<Task>, _ stamp: @autoclosure () -> UInt64) -> Reference<TaskQueue> {
    let priority = task.value.priority & 31
    let share = share(of: task)
    let level = share.level(priority)
    if level.tasks.value.isEmpty {
      // The most frequent case first: whoever runs has woken a task of its own share, whose level was the only one in the list.
      if share.address != runnerAddress || storage.value.lists[Int(priority)].first != level {
        enter(level, of: share, priority, stamp())
      }
      occupied |= 1 &<< UInt32(priority)
    }
    return level.tasks
  }

  @inline(never)
  private mutating func enter(
    _ level: Reference<ShareLevel>, of share: Reference<Share>, _ priority: UInt8, _ stamp: UInt64
  ) {
    level.value.share = share
    // The one that stayed in the list may be this one.
    if let first = storage.value.lists[Int(priority)].first, first.tasks.value.isEmpty {
      storage.value.lists[Int(priority)].remove(first)
    }
    if share != runner {
      settle(at: stamp)
      let others = min(runner.map { $0.value.time } ?? .max, storage.value.lists[Int(priority)].first?.time ?? .max)
      if others != .max { time = max(time, others) }
      share.value.time = max(share.value.time, time &- min(time, credit))
    }
    storage.value.lists[Int(priority)].insert(level)
  }

  @inline(__always)
  private mutating func leave(_ level: Reference<ShareLevel>, _ priority: UInt8) {
    if level.isAlone {
      occupied &= ~(1 &<< UInt32(priority))
    } else {
      storage.value.lists[Int(priority)].remove(level)
    }
  }

  public mutating func remove(_ task: Reference<Task>) {
    guard let queue = task.value.queue else { return }
    queue.value.remove(task)
    let level = unsafe Reference<ShareLevel>(UnsafeMutablePointer(bitPattern: queue.address).unsafelyUnwrapped)
    if queue.value.isEmpty { leave(level, task.value.priority & 31) }
  }

  /// The highest priority at which a task is ready, or nil.
  public var highestPriority: UInt8? {
    occupied == 0 ? nil : 31 &- UInt8(truncatingIfNeeded: occupied.leadingZeroBitCount)
  }

  /// Whether a task is ready that is more urgent than `priority`.
  @inline(__always)
  public func hasTask(above priority: UInt8) -> Bool { occupied &>> UInt32(priority & 31) > 1 }

  /// Whether a task is ready that is at least as urgent as `priority`.
  @inline(__always)
  func hasTask(from priority: UInt8) -> Bool { occupied &>> UInt32(priority & 31) != 0 }

  /// Puts the running task behind the ready ones of its share and takes out the one that is to run instead, where all that are as
  /// urgent are of that share; else nil, and nothing has changed.
  @inline(__always)
  mutating func rotate(_ task: Reference<Task>) -> Reference<Task>? {
    let priority = task.value.priority & 31
    guard occupied &>> UInt32(priority) == 1, let level = storage.value.lists[Int(priority)].first,
      level.value.next == nil,
      level.value.share == runner, task.value.share == runner, task.value.servedCallers.first == nil
    else { return nil }
    task.value.state = .ready
    return level.tasks.value.rotate(task, own: level.tasks)
  }

  /// Takes out the task that is to run next. `stamp`: now.
  @inline(__always)
  public mutating func pickNext(at stamp: UInt64) -> Reference<Task>? {
    guard occupied != 0 else { return nil }
    let priority = 31 &- UInt8(truncatingIfNeeded: occupied.leadingZeroBitCount)
    // The bit says that there is a level in the list, and in the first one a task.
    var level = unsafe storage.value.lists[Int(priority)].first.unsafelyUnwrapped
    if level.value.next != nil { level = first(of: priority, level, at: stamp) }
    let task = unsafe level.tasks.value.first.unsafelyUnwrapped
    level.tasks.value.takeFirst(task)
    if level.tasks.value.isEmpty { leave(level, priority) }
    let share = unsafe level.value.share.unsafelyUnwrapped
    if share.address != runnerAddress { change(to: share, at: stamp) }
    return task
  }

  /// The level of the share that has used least. What those in the list use by other tasks they use while they are in it: a level
  /// that is found to stand too far in front goes where it belongs.
  @inline(never)
  private mutating func first(
    of priority: UInt8, _ first: Reference<ShareLevel>, at stamp: UInt64
  ) -> Reference<ShareLevel> {
    settle(at: stamp)
    var level = first
    for _ in 0..<8 {
      guard let next = level.value.next,
        next.time < level.time || next.time == level.time && level.value.share == runner
      else { break }
      storage.value.lists[Int(priority)].remove(level)
      storage.value.lists[Int(priority)].insert(level)
      guard let first = storage.value.lists[Int(priority)].first, first != level else { break }
      level = first
    }
    return level
  }

  @inline(never)
  private mutating func change(to share: Reference<Share>?, at stamp: UInt64) {
    settle(at: stamp)
    runner = share
    if let share { time = max(time, share.value.time) }
  }

  /// Nobody runs from now on.
  mutating func rest(at stamp: UInt64) { change(to: nil, at: stamp) }

  /// Bills the time until now to whose it was.
  mutating func settle(at stamp: UInt64) {
    if let runner { runner.value.bill(stamp &- billedUntil) }
    billedUntil = stamp
  }

  /// A share is about to go: no task of it is left. A server that was at a request for one waits in its own share from now on.
  mutating func forget(_ share: Reference<Share>) {
    if runner == share { runner = nil }
    let moment = billedUntil
    for priority in 0..<UInt8(Self.priorities) {
      while let task = share.level(priority).tasks.value.first {
        remove(task)
        let own = task.value.share ?? common
        let level = own.level(priority)
        if level.tasks.value.isEmpty {
          enter(level, of: own, priority, moment)
          occupied |= 1 &<< UInt32(priority)
        }
        level.tasks.append(task)
      }
      if storage.value.lists[Int(priority)].first == share.level(priority) {
        storage.value.lists[Int(priority)].remove(share.level(priority))
      }
    }
  }
}
