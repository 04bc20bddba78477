// Who runs. The highest priority with a ready task runs, tasks of one priority take turns, and when nothing is ready
// the idle loop halts the processor.
//
// Invariants:
// - `current` is the task whose registers the processor holds; it is in no run queue.
// - A switch changes the address space and the stack pointer together, last of all (switch.S).
// - The timer is set while the running task has a rival of its own priority or a deadline is pending, and silent
//   otherwise (SchedulerTime.swift).

import Machine
import MachineSupport
import Primitives
import Tasks

struct SchedulerState: ~Copyable {
  var tasks: TaskTable
  var ready: RunQueue
  var timers = TimerQueue()
  var idle: Reference<Task>
  /// Whether the timer is set for at most a turn from when that was last needed.
  var isTurnTimed = false
  /// The moment for which the timer is set; UInt64.max: it is silent.
  var timerSetFor: UInt64 = .max
  /// What CR0 and CR4 were last set for.
  var protection = Protection()
  /// CR0 and CR4 for each set of protections.
  var controls = InlineArray<8, Controls>(repeating: Controls())
  /// When the present turn began (`RDTSC`). A task that is called, and one that is answered, go on with the turn of
  /// the other side, so that a client and its server together get no more time than others.
  var turnStarted: UInt64 = 0
  var continuesTurn = false
  /// The task whose x87 and SSE registers the processor holds.
  var floatOwner: Reference<Task>?
  // The registers of a task that is ended through a task gate, and the address of its page fault.
  var lostState = task_state_segment()
  var lostAddress: UInt32 = 0

  /// How many tasks there can be.
  static var capacity: Int { 8192 }
  /// How long a task runs while others of its priority are ready, in nanoseconds.
  static var turn: UInt64 { 10_000_000 }

  /// A scheduler without room for tasks: what the kernel value starts with, before there is memory.
  init() {
    let nowhere = DirectMap.pointer(address_of_kernel_storage(), as: Task.self)
    tasks = TaskTable(storage: DirectMap.pointer(address_of_kernel_storage()), capacity: 1)
    ready = RunQueue(storage: DirectMap.pointer(address_of_kernel_storage()))
    idle = Reference(nowhere)
  }
}

enum Scheduler {
  static var current: Reference<Task> {
    @inline(__always) get {
      Reference(UnsafeMutablePointer(bitPattern: UInt(cpu.current_task)).unsafelyUnwrapped)
    }
    @inline(__always) set { cpu.current_task = UInt32(newValue.address) }
  }

  /// Makes the boot flow the idle task. It counts as Ring 3 because the kernel's protection from user pages holds
  /// while it runs.
  static func start() {
    let queues = DirectMap.pointer(
      KernelMemory.permanent(MemoryLayout<TaskQueue>.stride * 32), as: TaskQueue.self)
    for index in 0..<32 { (queues + index).initialize(to: TaskQueue()) }
    kernel.scheduler.ready = RunQueue(storage: queues)
    let slotBytes = SchedulerState.capacity * MemoryLayout<Reference<Task>?>.stride
    let slots = DirectMap.pointer(KernelMemory.permanent(slotBytes), as: Optional<Reference<Task>>.self)
    slots.initialize(repeating: nil, count: SchedulerState.capacity)
    kernel.scheduler.tasks = TaskTable(storage: slots, capacity: UInt32(SchedulerState.capacity))

    let idle = DirectMap.pointer(KernelMemory.permanent(MemoryLayout<Task>.stride), as: Task.self)
    idle.initialize(
      to: Task(identity: .none, mode: .user, priority: 0, isThread: false, owner: 0))
    kernel.scheduler.idle = Reference(idle)
    current = Reference(idle)
    Scheduler.current.value.state = .running
    Scheduler.current.value.setThreadSegment(base: 0, descriptor: DescriptorTables.threadSegment(base: 0))
    Scheduler.current.value.kernelStackStart = address_of_idle_stack_start()
    Scheduler.current.value.kernelStackEnd = address_of_idle_stack_end()
    prepareControls()
  }

  /// The end of the boot flow, which begins anew as the idle loop and gives back what it needed of its stack until now.
  static func becomeIdle() -> Never { call_on_idle_stack(idleLoop) }

  /// The idle loop: the processor sleeps until an interrupt makes a task ready.
  fileprivate static func idle() -> Never {
    var page = address_of_boot_stack_start()
    while page < address_of_idle_stack_start() {
      Frames.release(DirectMap.frame(of: page))
      page += pageSize
    }
    while true {
      if !kernel.scheduler.ready.isEmpty {
        Watchdog.resume()
        reschedule()
      }
      // Nothing becomes ready but by an interrupt.
      if ZeroedFrames.addOne() { allow_interrupts() } else if kernel.scheduler.ready.isEmpty { wait_for_interrupt() }
    }
  }

  // MARK: Ready and waiting

  /// Puts a task among the ready ones; asks for a switch if it should run before the current one.
  static func makeReady(_ task: Reference<Task>) {
    kernel.scheduler.ready.add(task)
    let running = current
    // While nobody runs, that is less urgent than any task but those of priority 0: the idle loop looks for itself.
    if task.value.priority > running.value.priority {
      cpu.attention |= Attention.reschedule
    } else if !kernel.scheduler.isTurnTimed && task.value.priority == running.value.priority {
      armTimer()
    }
  }

  /// Lets the others of the current task's priority, and all above, run first.
  static func yield() {
    let task = current
    guard let next = kernel.scheduler.ready.exchange(task) else { return }
    let stamp = read_time_stamp()
    beginTurn(stamp)
    run(next, after: task, stamp)
  }

  /// Waits until another task wakes this one, or until `deadline` (nanoseconds since boot), or until it is to end.
  /// The caller holds nothing that its own end would leave behind.
  @inline(__always)
  static func block(
    _ state: TaskState, on queue: Reference<TaskQueue>? = nil, deadline: UInt64? = nil
  ) -> WakeReason {
    let task = current
    if task.value.isEnding { return .cancelled }
    task.value.state = state
    task.value.wakeReason = .woken
    if let queue { if state == .waitingForWord { queue.insert(task) } else { queue.append(task) } }
    if let deadline { startTimer(of: task, deadline: deadline) }
    reschedule()
    return task.value.wakeReason
  }

  /// Waits like `block`, but lets `partner`, which waits too, run at once: no look at the run queue, unless somebody
  /// more urgent is ready.
  @inline(__always)
  static func blockAndRun(
    _ partner: Reference<Task>, _ state: TaskState, on queue: Reference<TaskQueue>, deadline: UInt64? = nil
  ) -> WakeReason {
    guard canSwitchDirectly(to: partner) else {
      wakeNext(partner)
      return block(state, on: queue, deadline: deadline)
    }
    endWait(of: partner, .woken)
    queue.append(current)
    if let deadline { startTimer(of: current, deadline: deadline) }
    return switchDirectly(to: partner, state)
  }

  /// Runs `next` instead of the current task, which waits from now on; each is in the queue where it belongs, or in
  /// none. Says why the wait ended.
  @inline(__always)
  static func switchDirectly(to next: Reference<Task>, _ state: TaskState) -> WakeReason {
    switchDirectly(from: current, to: next, state)
  }

  /// The same for who knows the current task already.
  @inline(__always)
  static func switchDirectly(
    from task: Reference<Task>, to next: Reference<Task>, _ state: TaskState
  ) -> WakeReason {
    task.value.state = state
    task.value.wakeReason = .woken
    run(next, after: task, read_time_stamp())
    return task.value.wakeReason
  }

  /// Whether `next` may run at once in place of the current task.
  @inline(__always)
  static func canSwitchDirectly(to next: Reference<Task>) -> Bool {
    !kernel.scheduler.ready.hasTask(above: next.value.priority) && !current.value.isEnding
  }

  /// Wakes a waiting task so that it is the next of its priority.
  static func wakeNext(_ task: Reference<Task>) {
    endWait(of: task, .woken)
    kernel.scheduler.ready.addFirst(task)
    kernel.scheduler.continuesTurn = true
    if task.value.priority > current.value.priority { cpu.attention |= Attention.reschedule }
  }

  /// Wakes a waiting task.
  static func wake(_ task: Reference<Task>, _ reason: WakeReason = .woken) {
    endWait(of: task, reason)
    makeReady(task)
  }

  /// Takes a task out of all that it waits in.
  @inline(__always)
  private static func endWait(of task: Reference<Task>, _ reason: WakeReason) {
    if let queue = task.value.queue { queue.value.remove(task) }
    if task.value.wakeTimer.isRunning { kernel.scheduler.timers.remove(reference(to: &task.value.wakeTimer)) }
    task.value.wakeReason = reason
    // From now on it is ready: an event that comes before it runs must not wake it a second time.
    task.value.awaitedEvents = 0
    if let owner = task.value.lockOwner {
      task.value.lockOwner = nil
      // Who is as urgent as by itself has nothing to give back.
      if owner.value.priority != owner.value.basePriority { Priorities.update(owner) }
    }
  }

  /// Wakes every task in a queue.
  static func wakeAll(_ queue: Reference<TaskQueue>) {
    while let task = queue.value.first { wake(task) }
  }

  // MARK: Switching

  /// Runs the next ready task. The current one has been put where it belongs: a queue, or the ready ones.
  static func reschedule() {
    let previous = current
    guard let next = kernel.scheduler.ready.takeNext() else {
      if previous != kernel.scheduler.idle { run(kernel.scheduler.idle, after: previous, read_time_stamp()) }
      return
    }
    if next == previous {
      previous.value.state = .running
      cpu.attention &= ~Attention.reschedule
      return
    }
    let stamp = read_time_stamp()
    beginTurn(stamp)
    run(next, after: previous, stamp)
  }

  /// Switches from the current task to `next`, which is in no queue. Comes back when the current one runs again.
  @inline(__always)
  private static func run(_ next: Reference<Task>, after previous: Reference<Task>, _ stamp: UInt64) {
    let change = prepare(next, after: previous, stamp)
    EarlyChange.beforeSwitch(change.directory)
    switch_context(
      &previous.value.savedStackPointer, next.value.savedStackPointer, change.directory, change.protect)
  }

  /// On the exit stack: the current task is gone; until the next is resumed the flow counts as idle.
  static func leaveCurrent() {
    let previous = current
    let idle = kernel.scheduler.idle
    let stamp = read_time_stamp()
    if previous.value.mode.isRing0 {
      ProcessorState.leaveRing0()
      _ = ProcessorState.restore(after: previous)
    }
    previous.value.stopTime(stamp)
    idle.value.startTime(stamp)
    if changeProtection(for: idle) != 0 {
      write_cr4(cpu.next_control_4)
      write_cr0(cpu.next_control_0)
    }
    if previous.value.threadPointer != 0 { DescriptorTables.setThreadSegment(idle.value.threadSegment) }
    cpu.attention = 0
    current = idle
  }

  /// Runs the next ready task; the current flow's stack is given up.
  static func resumeNext() -> Never {
    Watchdog.resume()
    let next = kernel.scheduler.ready.takeNext() ?? kernel.scheduler.idle
    let stamp = read_time_stamp()
    beginTurn(stamp)
    let change = prepare(next, after: current, stamp)
    resume_context(next.value.savedStackPointer, change.directory, change.protect)
  }

  /// The next task's turn begins now, unless it goes on with that of the task that answered it.
  @inline(__always)
  private static func beginTurn(_ stamp: UInt64) {
    if kernel.scheduler.continuesTurn {
      kernel.scheduler.continuesTurn = false
    } else {
      kernel.scheduler.turnStarted = stamp
    }
  }

  /// What the last step of a switch has to load: the directory, or 0; and 1 where CR0 and CR4 change too.
  private typealias Change = (directory: UInt32, protect: UInt32)

  /// Everything of a switch but its last step: times, timer, the CPU's area.
  @inline(__always)
  private static func prepare(_ next: Reference<Task>, after previous: Reference<Task>, _ stamp: UInt64) -> Change {
    if previous.value.mode.isRing0 { ProcessorState.leaveRing0() }
    previous.value.stopTime(stamp)
    next.value.startTime(stamp)
    next.value.state = .running
    current = next
    kernel.counters.taskSwitches &+= 1
    cpu.attention = next.value.attention
    if !kernel.scheduler.ready.isEmpty && !kernel.scheduler.isTurnTimed { armTimer() }

    cpu.state.esp0 = next.value.kernelStackEnd
    cpu.direct_entry = next.value.directEntry
    if next.value.kernelStackEnd == 0 {
      cpu.shared_stack_floor = next.value.stackStart &+ StackSizes.sharedReserve
      cpu.shared_stack_end = next.value.stackEnd
    }
    let protect = changeProtection(for: next)
    // Also where the base stays the same: the task before may have loaded another selector into GS.
    if next.value.threadPointer != previous.value.threadPointer {
      DescriptorTables.setThreadSegment(next.value.threadSegment)
    } else {
      load_thread_segment()
    }
    // The idle task has no address space of its own: the one that is loaded stays, unless the kernel's own memory is
    // read-only in it.
    if next.value.directory == 0 { return (previous.value.isGuarded ? cpu.kernel_directory : 0, protect) }
    guard next.value.directory != cpu.loaded_directory else { return (0, protect) }
    kernel.counters.addressSpaceChanges &+= 1
    return (next.value.directory, protect)
  }

  /// SMEP and SMAP hold while the kernel works for Ring-3 tasks; Ring-0 tasks run code and data of user pages. For a
  /// guarded task the kernel works with CR0.WP off, which the entry restores on the way out. CR0.TS is set unless the
  /// x87 and SSE registers are the task's own. Returns 1 where CR0 or CR4 must change.
  @inline(__always)
  private static func changeProtection(for next: Reference<Task>) -> UInt32 {
    let wanted = Protection(rawValue: next.value.protection)
    if wanted == kernel.scheduler.protection { return 0 }
    kernel.scheduler.protection = wanted
    setControls(for: wanted)
    return 1
  }

  /// Puts what CR0 and CR4 are to be where the switch loads them from.
  @inline(__always)
  private static func setControls(for wanted: Protection) {
    cpu.guarded = wanted.rawValue & Protection.guarded.rawValue
    let controls = kernel.scheduler.controls[Int(wanted.rawValue & 7)]
    cpu.next_control_0 = controls.control0
    cpu.next_control_4 = controls.control4
  }

  /// Works out the values of CR0 and CR4 for all there is to protect.
  static func prepareControls() {
    let prevention = kernel.features.supervisorPrevention
    for index in 0..<8 {
      let wanted = Protection(rawValue: UInt32(index))
      var control = read_cr0() | ControlBits.writeProtect | ControlBits.taskSwitched
      if wanted.contains(.guarded) { control &= ~ControlBits.writeProtect }
      if wanted.contains(.float) { control &= ~ControlBits.taskSwitched }
      var control4 = wanted.contains(.ring0) ? read_cr4() & ~prevention : read_cr4() | prevention
      // Global translations outlive a change of directories, and those of the other view are writable: a guarded task
      // runs without them, and turning them off forgets them (Intel SDM Vol. 3, 4.10.4.1).
      if wanted.contains(.guarded) { control4 &= ~ControlBits.globalPages }
      kernel.scheduler.controls[index] = Controls(control0: control, control4: control4)
    }
    setControls(for: kernel.scheduler.protection)
  }
}

/// The idle loop for the assembly, which calls a plain function.
@c(idle_loop) private func idleLoop() { Scheduler.idle() }

/// Values of the control registers that switches change.
struct Controls {
  var control0: UInt32 = 0
  var control4: UInt32 = 0
}

/// What the control registers are set for.
struct Protection: OptionSet {
  var rawValue: UInt32 = 0

  init(rawValue: UInt32 = 0) { self.rawValue = rawValue }

  init(mode: TaskMode, isGuarded: Bool) {
    if mode.isRing0 { insert(.ring0) }
    if mode == .kernelSharedStack { insert(.sharedStack) }
    if isGuarded { insert(.guarded) }
  }

  static var ring0: Protection { .init(rawValue: 1) }
  static var guarded: Protection { .init(rawValue: 2) }
  /// The x87 and SSE registers are the running task's.
  static var float: Protection { .init(rawValue: 4) }
  /// The kernel works on the task's own stack; concerns no control register.
  static var sharedStack: Protection { .init(rawValue: 8) }

  /// Whether a copy to the task's memory needs more than the processor's checks (UserBuffer.checkWritable).
  @inline(__always)
  var checksCopies: Bool { rawValue & (Protection.guarded.rawValue | Protection.sharedStack.rawValue) != 0 }
}

/// Called at the outermost way out of the kernel while `attention` is set: ends the task, or lets another run.
@c(task_attention) func taskAttention() {
  while cpu.attention != 0 {
    let task = Scheduler.current
    if task.value.isEnding { Exit.leave() }
    if cpu.attention & Attention.reschedule != 0 {
      cpu.attention &= ~Attention.reschedule
      kernel.scheduler.ready.add(task)
      Scheduler.reschedule()
    } else if cpu.attention & Attention.watched != 0 {
      Watchdog.leavesKernel(task)
    } else {
      cpu.attention = 0
    }
  }
}
