// The watchdog: non-maskable interrupts, 25 a second, that see a Ring-0 program holding the processor with interrupts
// off, and end it. How long that is, is a matter of the program's own time (InterruptFlagWatch.swift); what interrupts is
// a matter of the machine (WatchdogClock.swift).
//
// Invariants:
// - It acts only on Ring-0 tasks and on linked modules (ModuleFaults.swift). A task that it finds inside the kernel ends
//   on its way out, like every other.
// - It pauses itself where it finds the processor halted; the idle loop resumes it before it switches to a task. All else
//   that touches the routing controller does so with interrupts off in the kernel, where a look touches nothing of it and
//   so cannot come between two accesses.
// - A look between STI and HLT must not let the processor halt: an interrupt that was pending comes before the halt then,
//   and the task that it made ready would wait for the next one, which may never come.

import ABI
import Drivers
import Firmware
import Machine
import MachineSupport
import Primitives
import Scheduling

struct WatchdogState {
  var flags = InterruptFlagWatch()
  /// The non-maskable interrupts that came.
  var interrupts: UInt32 = 0
  /// When the last look was, and how much later the next one is one, in time stamps: two clocks may interrupt one after
  /// the other.
  var lastLook: UInt64 = 0
  var distance: UInt64 = .max
  /// How long nothing may come while it is not paused.
  var silence: UInt64 = .max
  /// Where the last look found the kernel at work for a task that may keep interrupts off.
  var seen = task_state_segment()
  /// The task that is being ended was found stuck.
  var isFoundStuck = false
  /// A test waits for what comes of that (KernelTests.swift).
  var interruptsNextDoubleFault = false
}

enum Watchdog {
  /// How long a task may keep interrupts off.
  static var milliseconds: UInt32 { 200 }
  private static var millisecond: UInt64 { 1_000_000 }

  /// Finds out what it can run on, and says so.
  static func start(on clocks: BoardClocks) {
    let count = reference(to: &kernel.watchdog.interrupts)
    kernel.interrupts.startWatchdog(on: clocks, intervalTimerPin: kernel.devices.intervalTimerPin) {
      let before = memory_read32(UInt32(count.address))
      let end = kernel.clock.now &+ 100 &* millisecond
      while memory_read32(UInt32(count.address)) == before {
        if kernel.clock.now > end { return false }
      }
      return true
    }
    let clock = kernel.clock
    kernel.watchdog.flags.limit = clock.stamps(nanoseconds: UInt64(milliseconds) &* millisecond)
    kernel.watchdog.distance = clock.stamps(nanoseconds: 35 &* millisecond)
    kernel.watchdog.silence = clock.stamps(nanoseconds: 1000 &* millisecond)
    kernel.watchdog.lastLook = read_time_stamp()
    if kernel.interrupts.watchdog.isRunning { say(to: LogOutput()) } else { say(to: KernelOutput()) }
  }

  private static func say(to output: consuming some TextOutput) {
    output.write("watchdog: ")
    kernel.interrupts.watchdog.describe(to: &output)
    output.write("\n")
  }

  // MARK: Looks

  /// An interrupt of its clocks'.
  fileprivate static func look() {
    kernel.watchdog.interrupts &+= 1
    if cpu.state.eip == address_of_idle_halt() { cpu.state.eip &+= 1 }
    let task = kernel.scheduler.current
    let isFlagSet = cpu.state.eflags & 0x200 != 0
    let isHalted = isFlagSet && task == kernel.scheduler.idle
    let isOwnCode = isOwnCode(of: task)
    let stamp = read_time_stamp()
    guard kernel.watchdog.distance != .max else { return }
    if isHalted || isOwnCode { repair() }
    // The idle loop has interrupts on only where it halts: not on its way to a task, after it has resumed the watchdog.
    if isHalted && !kernel.interrupts.watchdog.isPaused { kernel.interrupts.watchdog.pause() }
    guard stamp &- kernel.watchdog.lastLook >= kernel.watchdog.distance else { return }
    kernel.watchdog.lastLook = stamp
    if task == kernel.scheduler.idle { return }
    if !isOwnCode { kernel.watchdog.seen = cpu.state }
    let finding = kernel.watchdog.flags.look(
      at: task, in: isOwnCode ? .ownCode(isFlagSet: isFlagSet) : .kernel,
      isTicketWaiting: kernel.interrupts.isTicketWaiting, stamp: stamp)
    cpu.attention |= task.value.attention & Attention.watched
    switch finding {
    case .nothing: ModuleFaults.watch(cpu.state)
    case .ticket: kernel.interrupts.requestTicket()
    case .stuck:
      kernel.watchdog.isFoundStuck = true
      kernel.lostState = cpu.state
      resumeDead()
    }
  }

  /// Whether a task's own code was interrupted. It may have loaded the kernel's own selector, but lies below the kernel
  /// half; so does what a linked module may have jumped to astray.
  private static func isOwnCode(of task: Reference<Task>) -> Bool {
    if cpu.state.cs != UInt32(SELECTOR_KERNEL_CODE) { return true }
    return cpu.state.eip < AddressLayout.kernelStart && task.value.moduleEdge == 0
  }

  /// Whether the task that is being ended was found stuck; asking clears it.
  static func takeVerdict() -> Bool {
    let verdict = kernel.watchdog.isFoundStuck
    kernel.watchdog.isFoundStuck = false
    return verdict
  }

  // MARK: Tickets

  /// The current task goes back to its own code, or ends here.
  static func leavesKernel(_ task: Reference<Task>) {
    cpu.attention &= ~Attention.watched
    if kernel.watchdog.flags.leavesKernel(task) {
      FaultReporter.writeStuck(kernel.watchdog.seen, isInCalls: true)
      Exit.endCurrent(.stuck, status: 0)
    }
    kernel.interrupts.requestTicket()
  }

  static func ticketCame(isOwnCode: Bool) {
    kernel.watchdog.flags.ticketCame(to: kernel.scheduler.current, isOwnCode: isOwnCode, stamp: read_time_stamp())
  }

  // MARK: Its clocks

  static func resume() {
    guard kernel.interrupts.watchdog.isPaused else { return }
    kernel.interrupts.watchdog.resume()
    kernel.watchdog.lastLook = max(kernel.watchdog.lastLook, read_time_stamp() &- kernel.watchdog.distance)
  }

  /// Sets again what a Ring-0 program may have changed. Nothing of the kernel's may be under way.
  static func repair() {
    if !kernel.interrupts.isEnabled {
      kernel.interrupts.enable()
      kernel.scheduler.rearmTimer()
      note("the local interrupt controller was switched off, and is on again")
    }
    for number in 0..<2 {
      guard let source = WatchdogSource(rawValue: UInt8(number)) else { continue }
      switch kernel.interrupts.watchdog.repair(source) {
      case .none: break
      case .armedAgain: note(source.name, " was stopped or silenced, and runs again")
      case .lost:
        note(source.name, " was stopped and cannot be started again")
        if !kernel.interrupts.watchdog.isRunning { say(to: KernelOutput()) }
      }
    }
  }

  /// The timer has come, while the watchdog may have been silent for long although nothing is wrong with its clocks.
  static func noticeSilence() {
    guard !kernel.interrupts.watchdog.isPaused, kernel.interrupts.watchdog.isRunning else { return }
    guard read_time_stamp() &- kernel.watchdog.lastLook >= kernel.watchdog.silence else { return }
    repair()
    kernel.interrupts.watchdog.restart()
    kernel.watchdog.lastLook = read_time_stamp()
    note("its clocks were silent for a second, and are started again")
  }

  private static func note(_ text: StaticString, _ rest: StaticString = "") {
    var output = LogOutput()
    output.write("watchdog: ")
    output.write(text)
    output.write(rest)
    output.write("\n")
  }
}

@c(nmi_handler) func nmiHandler() {
  // Going back loads CR3 from the interrupted state, where the processor does not store it.
  cpu.state.cr3 = cpu.loaded_directory
  kernel.counters.interrupts &+= 1
  Watchdog.look()
}
