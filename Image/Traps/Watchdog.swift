// The watchdog: non-maskable interrupts, 25 a second, that see a Ring-0 program holding the processor with interrupts
// off, and end it. How long that is, is a matter of the program's own time (InterruptFlagWatch.swift); what interrupts is
// a matter of the machine (WatchdogClock.swift).
//
// Invariants:
// - It acts only on Ring-0 tasks and on linked modules (ModuleFaults.swift). A task that it finds inside the kernel ends
//   on its way out, like every other.
// - The NMI handler pauses the watchdog when it finds the processor halted; the idle loop resumes it before it switches to a
//   task. The handler writes the I/O APIC only when it interrupted code with interrupts enabled, and all other code accesses
//   it with interrupts disabled, so it never separates the write of an index from the access to its data.
// - An NMI between STI and HLT steps over the HLT. A pending interrupt is delivered before HLT then, and the processor would
//   sleep although that interrupt made a task ready.

import ABI
import Consoles
import Devices
import Diagnostics
import Drivers
import FaultReports
import Firmware
import LinkedModules
import MachineSupport
import Memory
@_spi(Entry) import Platform
import Primitives
import Processes
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
}

struct Watchdog {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// How long a task may keep interrupts off.
  static var milliseconds: UInt32 { 200 }
  private static var millisecond: UInt64 { 1_000_000 }

  /// Finds out what it can run on, and says so.
  func start(on clocks: BoardClocks) {
    let count = reference(to: &context.traps.watchdog.interrupts)
    context.devices.interrupts.startWatchdog(on: clocks, intervalTimerPin: context.devices.board.intervalTimerPin) {
      let before = memory_read32(UInt32(count.address))
      let end = context.clock.now &+ 100 &* Self.millisecond
      while memory_read32(UInt32(count.address)) == before {
        if context.clock.now > end { return false }
      }
      return true
    }
    let clock = context.clock
    context.traps.watchdog.flags.limit = clock.stamps(nanoseconds: UInt64(Self.milliseconds) &* Self.millisecond)
    context.traps.watchdog.distance = clock.stamps(nanoseconds: 35 &* Self.millisecond)
    context.traps.watchdog.silence = clock.stamps(nanoseconds: 1000 &* Self.millisecond)
    context.traps.watchdog.lastLook = read_time_stamp()
    if context.devices.interrupts.watchdog.isRunning {
      say(to: LogOutput(context))
    } else {
      say(to: KernelOutput(context))
    }
  }

  private func say(to output: consuming some TextOutput) {
    output.write("watchdog: ")
    context.devices.interrupts.watchdog.describe(to: &output)
    output.write("\n")
  }

  // MARK: Looks

  /// An interrupt of its clocks'.
  fileprivate func look() {
    context.traps.watchdog.interrupts &+= 1
    if cpu.state.eip == address_of_idle_halt() { cpu.state.eip &+= 1 }
    let task = context.scheduler.current
    let isFlagSet = cpu.state.eflags & 0x200 != 0
    let isHalted = isFlagSet && task == context.scheduler.idle
    let isOwnCode = isOwnCode(of: task)
    let stamp = read_time_stamp()
    guard context.traps.watchdog.distance != .max else { return }
    if isHalted || isOwnCode { repair() }
    // The idle loop has interrupts on only where it halts: not on its way to a task, after it has resumed the watchdog.
    if isHalted && !context.devices.interrupts.watchdog.isPaused { context.devices.interrupts.watchdog.pause() }
    guard stamp &- context.traps.watchdog.lastLook >= context.traps.watchdog.distance else { return }
    context.traps.watchdog.lastLook = stamp
    if task == context.scheduler.idle { return }
    if !isOwnCode { context.traps.watchdog.seen = cpu.state }
    let finding = context.traps.watchdog.flags.look(
      at: task, in: isOwnCode ? .ownCode(isFlagSet: isFlagSet) : .kernel,
      isTicketWaiting: context.devices.interrupts.isTicketWaiting, stamp: stamp)
    cpu.pending_work |= task.value.pendingWork & PendingWork.watched
    switch finding {
    case .nothing: ModuleFaults(context).watch(cpu.state)
    case .ticket: context.devices.interrupts.requestTicket()
    case .stuck:
      context.traps.watchdog.isFoundStuck = true
      context.traps.lostState = cpu.state
      context.processor.goOn(at: address_of_resume_dead(), inKernelDirectory: true)
    }
  }

  /// Whether a task's own code was interrupted. It may have loaded the kernel's own selector, but lies below the kernel
  /// half; so does what a linked module may have jumped to astray.
  private func isOwnCode(of task: Reference<Task>) -> Bool {
    if cpu.state.cs != UInt32(SELECTOR_KERNEL_CODE) { return true }
    return cpu.state.eip < AddressLayout.kernelStart && task.value.moduleEdge == 0
  }

  /// Whether the task that is being ended was found stuck; asking clears it.
  func takeVerdict() -> Bool {
    let verdict = context.traps.watchdog.isFoundStuck
    context.traps.watchdog.isFoundStuck = false
    return verdict
  }

  // MARK: Tickets

  /// The current task goes back to its own code, or ends here.
  func leavesKernel(_ task: Reference<Task>) {
    cpu.pending_work &= ~PendingWork.watched
    if context.traps.watchdog.flags.leavesKernel(task) {
      FaultReporter(context).writeStuck(context.traps.watchdog.seen, isInCalls: true)
      Exit(context).endCurrent(.stuck, status: 0)
    }
    context.devices.interrupts.requestTicket()
  }

  func ticketCame(isOwnCode: Bool) {
    context.traps.watchdog.flags.ticketCame(
      to: context.scheduler.current, isOwnCode: isOwnCode, stamp: read_time_stamp())
  }

  // MARK: Its clocks

  func resume() {
    guard context.devices.interrupts.watchdog.isPaused else { return }
    context.devices.interrupts.watchdog.resume()
    context.traps.watchdog.lastLook = max(
      context.traps.watchdog.lastLook, read_time_stamp() &- context.traps.watchdog.distance)
  }

  /// Sets again what a Ring-0 program may have changed. Nothing of the kernel's may be under way.
  func repair() {
    if !context.devices.interrupts.isEnabled {
      context.devices.interrupts.enable()
      context.scheduler.rearmTimer()
      note("the local interrupt controller was switched off, and is on again")
    }
    for number in 0..<2 {
      guard let source = WatchdogSource(rawValue: UInt8(number)) else { continue }
      switch context.devices.interrupts.watchdog.repair(source) {
      case .none: break
      case .armedAgain: note(source.name, " was stopped or silenced, and runs again")
      case .lost:
        note(source.name, " was stopped and cannot be started again")
        if !context.devices.interrupts.watchdog.isRunning { say(to: KernelOutput(context)) }
      }
    }
  }

  /// The timer has come, while the watchdog may have been silent for long although nothing is wrong with its clocks.
  func noticeSilence() {
    guard !context.devices.interrupts.watchdog.isPaused, context.devices.interrupts.watchdog.isRunning else { return }
    guard read_time_stamp() &- context.traps.watchdog.lastLook >= context.traps.watchdog.silence else { return }
    repair()
    context.devices.interrupts.watchdog.restart()
    context.traps.watchdog.lastLook = read_time_stamp()
    note("its clocks were silent for a second, and are started again")
  }

  private func note(_ text: StaticString, _ rest: StaticString = "") {
    var output = LogOutput(context)
    output.write("watchdog: ")
    output.write(text)
    output.write(rest)
    output.write("\n")
  }
}

@c(nmi_handler) func nmiHandler() {
  let context = Context()
  // Going back loads CR3 from the interrupted state, where the processor does not store it.
  cpu.state.cr3 = cpu.loaded_directory
  context.counters.interrupts &+= 1
  Watchdog(context).look()
}
