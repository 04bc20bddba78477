// Who runs. The highest priority with a ready task runs, of one priority the share of a job that has used least, tasks of one share take
// turns, and when nothing is ready the idle task does.
//
// The scheduler is an object: its state, and the processor that it schedules. On the host the same code runs tests, on a
// processor of Tests/HostedMachine.
//
// Invariants:
// - `current` is the task whose registers the processor holds; it is in no run queue.
// - A switch changes the address space and the stack pointer together, last of all (Scheduler+Switch.swift).
// - The timer is set while the running task has a peer of its own priority or a deadline is pending, and silent otherwise
//   (Scheduler+Time.swift).
// - Nothing of the state is borrowed across a switch: another task changes it meanwhile.

import Platform
import Primitives

public struct SchedulerState: ~Copyable {
  // The first four are where ipc.S expects them.
  /// Whether the timer is set for at most a time slice from when that was last needed.
  var isSliceTimed = false
  /// Switches from task to task, and those that changed the address space, since boot.
  public internal(set) var switches: UInt64 = 0
  public internal(set) var spaceChanges: UInt64 = 0
  /// Whatever else it has, it begins with the map of who is ready.
  var ready: RunQueue
  var tasks: TaskTable
  var timers = TimerQueue()
  let futexes: FutexTable
  public let idle: Reference<Task>
  public var clock = Clock() {
    didSet { ready.credit = clock.stamps(nanoseconds: Self.slice) }
  }
  /// The moment for which the timer is set; UInt64.max: it is silent.
  var timerSetFor: UInt64 = .max
  /// When the present time slice began, as a time stamp. A task that is called, and one that is answered, go on with the slice
  /// of the other side, so that a client and its server together get no more time than others.
  var sliceStarted: UInt64 = 0
  var continuesSlice = false

  /// How long a task runs while others of its priority are ready, in nanoseconds.
  public static var slice: UInt64 { 10_000_000 }

  /// - Parameter idle: runs while no other task is ready.
  public init(
    tasks: consuming TaskTable, ready: consuming RunQueue, futexes: consuming FutexTable, idle: Reference<Task>
  ) {
    self.tasks = tasks
    self.ready = ready
    self.futexes = futexes
    self.idle = idle
  }
}

public struct Scheduler {
  public let state: Reference<SchedulerState>
  public let processor: Processor

  @inline(__always)
  public init(_ state: Reference<SchedulerState>, on processor: Processor) {
    self.state = state
    self.processor = processor
  }

  public var current: Reference<Task> {
    @inline(__always) get {
      unsafe Reference(UnsafeMutablePointer(bitPattern: processor.currentTask).unsafelyUnwrapped)
    }
    @inline(__always) nonmutating set { processor.currentTask = newValue.address }
  }

  /// Forgets the share of a job that has ended.
  public func forget(_ share: Reference<Share>) { state.value.ready.forget(share) }

  /// Makes the flow that calls it the idle task.
  public func start() {
    current = state.value.idle
    current.value.state = .running
  }

  @inline(__always)
  public var idle: Reference<Task> { state.value.idle }
  /// Whether a task is ready.
  @inline(__always)
  public var hasReadyTask: Bool { !state.value.ready.isEmpty }

  /// All tasks, by identity.
  public var tasks: TaskTable {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(taskTable) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe taskTable }
  }

  @inline(__always)
  private var taskTable: UnsafeMutablePointer<TaskTable> {
    unsafe withUnsafeMutablePointer(to: &state.value.tasks) { unsafe $0 }
  }

  /// What the control registers are set for.
  public var protection: Protection {
    @inline(__always) get { Protection(rawValue: processor.protection) }
    @inline(__always) nonmutating set { processor.protection = newValue.rawValue }
  }

  // MARK: Ready and waiting

  /// Puts a task among the ready ones; asks for a switch if it should run before the current one.
  public func enqueue(_ task: Reference<Task>) {
    state.value.ready.add(task, at: processor.stamp)
    let running = current
    // While nobody runs, that is less urgent than any task but those of priority 0: the idle loop looks for itself.
    if task.value.priority > running.value.priority {
      processor.pendingWork |= PendingWork.reschedule
    } else if !state.value.isSliceTimed && task.value.priority == running.value.priority {
      armTimer()
    }
  }

  /// Lets the others of the current task's priority, and all above, run first.
  public func yield() {
    let task = current
    // The most frequent case first: nobody waits but others of the task's own share.
    if let next = state.value.ready.rotate(task) {
      let stamp = processor.stamp
      beginSlice(stamp)
      return run(next, after: task, stamp)
    }
    guard state.value.ready.hasTask(from: task.value.priority) else { return }
    let stamp = processor.stamp
    guard let next = state.value.ready.pickNext(at: stamp) else { return }
    state.value.ready.add(task, at: stamp)
    beginSlice(stamp)
    run(next, after: task, stamp)
  }

  /// Puts the current task behind its peers and runs the next: at the outermost way out of the kernel, where
  /// `PendingWork.reschedule` is asked for.
  public func preempt() {
    processor.pendingWork &= ~PendingWork.reschedule
    let stamp = processor.stamp
    state.value.ready.settle(at: stamp)
    state.value.ready.add(current, at: stamp)
    reschedule()
  }

  /// A place in long work of the kernel's at which interrupts come in, and whoever is due runs before it goes on. Nothing is
  /// half done there, and what was found before may have changed behind it. Not on the reaper stack, which has no task.
  @inline(never)
  public func preemptionPoint() {
    // The boot is nobody's work.
    if current == state.value.idle { return }
    processor.letInterruptsIn()
    if processor.pendingWork & PendingWork.reschedule != 0 { preempt() }
  }

  /// Waits until another task wakes this one, or until `deadline` (nanoseconds since boot), or until it is to end or is told of
  /// something.
  /// The caller holds nothing that its own end would leave behind.
  ///
  /// - Parameter mark: the reason that stands there until somebody wakes it.
  @inline(__always)
  public func block(
    _ wait: TaskState, on queue: Reference<TaskQueue>? = nil, deadline: UInt64? = nil, mark: WakeReason = .woken
  ) -> WakeReason {
    let task = current
    if task.value.pendingWork & (PendingWork.ending | (wait.isInterruptible ? PendingWork.noticed : 0)) != 0,
      task.value.isEnding || task.value.isInterrupted
    {
      return .cancelled
    }
    task.value.state = wait
    task.value.wakeReason = mark
    if let queue { if wait == .waitingForWord { queue.insert(task) } else { queue.append(task) } }
    if let deadline { startWakeTimer(of: task, deadline: deadline) }
    reschedule()
    return task.value.wakeReason
  }

  /// Waits like `block`, but lets `partner`, which waits too, run at once: no look at the run queue, unless somebody
  /// more urgent is ready.
  @inline(__always)
  public func blockAndRun(
    _ partner: Reference<Task>, _ wait: TaskState, on queue: Reference<TaskQueue>, deadline: UInt64? = nil,
    mark: WakeReason = .woken
  ) -> WakeReason {
    guard canSwitchDirectly(to: partner) else {
      wakeAtHead(partner)
      return block(wait, on: queue, deadline: deadline, mark: mark)
    }
    endWait(of: partner, .woken)
    if wait == .waitingForWord { queue.insert(current) } else { queue.append(current) }
    if let deadline { startWakeTimer(of: current, deadline: deadline) }
    return switchDirectly(from: current, to: partner, wait, mark: mark)
  }

  /// Waits like `block`, and lets `partner` run where there is one.
  @inline(__always)
  public func block(
    _ wait: TaskState, on queue: Reference<TaskQueue>, deadline: UInt64?, running partner: Reference<Task>?
  ) -> WakeReason {
    guard let partner else { return block(wait, on: queue, deadline: deadline) }
    return blockAndRun(partner, wait, on: queue, deadline: deadline)
  }

  /// Runs `next` instead of `task`, which is the current one and waits from now on; each is in the queue where it belongs, or
  /// in none. Says why the wait ended.
  @inline(__always)
  public func switchDirectly(
    from task: Reference<Task>, to next: Reference<Task>, _ wait: TaskState, mark: WakeReason = .woken
  ) -> WakeReason {
    task.value.state = wait
    task.value.wakeReason = mark
    run(next, after: task, processor.stamp)
    return task.value.wakeReason
  }

  /// Whether `next` may run at once in place of the current task.
  @inline(__always)
  public func canSwitchDirectly(to next: Reference<Task>) -> Bool {
    !state.value.ready.hasTask(above: next.value.priority) && !current.value.isEnding
  }

  /// Wakes a waiting task so that it is the next of its priority, and goes on with the time slice of the current one.
  public func wakeAtHead(_ task: Reference<Task>) {
    endWait(of: task, .woken)
    state.value.ready.addFirst(task, at: processor.stamp)
    state.value.continuesSlice = true
    if task.value.priority > current.value.priority { processor.pendingWork |= PendingWork.reschedule }
  }

  /// Wakes a waiting task. One function for all who call it: inlined it would be half a kilobyte each.
  @inline(never)
  public func wake(_ task: Reference<Task>, _ reason: WakeReason = .woken) {
    endWait(of: task, reason)
    enqueue(task)
  }

  /// Takes a task out of all that it waits in.
  @inline(__always)
  private func endWait(of task: Reference<Task>, _ reason: WakeReason) {
    if let queue = task.value.queue { queue.value.remove(task) }
    if task.value.wakeTimer.isRunning { state.value.timers.remove(task.wakeTimer) }
    task.value.wakeReason = reason
    // From now on it is ready: an event that comes before it runs must not wake it a second time.
    task.value.awaitedEvents = 0
    if let owner = task.value.lockOwner {
      task.value.lockOwner = nil
      // Who is as urgent as by itself has nothing to give back.
      if owner.value.priority != owner.value.basePriority { updatePriority(of: owner) }
    }
  }

  /// Wakes every task in a queue.
  public func wakeAll(_ queue: Reference<TaskQueue>) {
    while let task = queue.value.first { wake(task) }
  }

  /// Tells a task to end. It does so before it runs any more of its own code; a wait it is in is cut short.
  public func tellToEnd(_ task: Reference<Task>, _ ending: TaskEnding, status: Int32) {
    guard !task.value.isEnding && task.value.state != .ended else { return }
    task.value.ending = ending
    task.value.status = status
    task.value.isEnding = true
    switch task.value.state {
    case .running: processor.pendingWork |= PendingWork.ending
    case .ready, .ended: break
    default: wake(task, .cancelled)
    }
  }
}

/// Why a wait came to nothing.
public enum WaitFailure: Error {
  /// The caller did not want to wait.
  case wouldBlock
  case timedOut
  /// The task is to end.
  case cancelled
}

extension WakeReason {
  /// Throws where nobody woke the task.
  @inline(__always)
  func check() throws(WaitFailure) {
    switch self {
    case .woken, .handed, .inRegisters: return
    case .timedOut: throw .timedOut
    case .cancelled: throw .cancelled
    }
  }
}
