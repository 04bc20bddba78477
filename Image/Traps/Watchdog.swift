// The watchdog: a non-maskable interrupt, 25 times a second, that sees a Ring-0 program holding the processor with
// interrupts off, and ends it.
//
// Invariants:
// - It acts only on code of Ring-0 tasks (by selector or by address) and of linked modules (ModuleFaults.swift); the
//   kernel itself always has interrupts off and is left alone.
// - It pauses itself where it finds the processor halted; the idle loop resumes it before it switches to a task. All else
//   that touches the routing controller does so with interrupts off, where a look pauses nothing and so cannot come
//   between two accesses.
// - A look between STI and HLT must not let the processor halt: an interrupt that was pending comes before the halt then,
//   and the task that it made ready would wait for the next one, which may never come.

import ABI
import Machine
import MachineSupport
import Primitives
import Tasks

enum Watchdog {
  /// How many looks in a row must find the same program with interrupts off: a fifth of a second.
  static var patience: UInt32 { 5 }

  /// Whether the task that is being ended was found stuck; asking clears it.
  static func takeVerdict() -> Bool {
    let verdict = kernel.scheduler.isFoundStuck
    kernel.scheduler.isFoundStuck = false
    return verdict
  }
}

@c(nmi_handler) func nmiHandler() {
  // Going back loads CR3 from the interrupted state, where the processor does not store it.
  cpu.state.cr3 = cpu.loaded_directory
  kernel.counters.interrupts &+= 1
  let interruptsOff = cpu.state.eflags & EFlags.interrupts == 0
  if cpu.state.eip == address_of_idle_halt() { cpu.state.eip &+= 1 }
  // The idle loop has interrupts on only where it halts: not on its way to a task, after it has resumed the watchdog.
  if !interruptsOff && Scheduler.current == kernel.scheduler.idle && !kernel.interrupts.isWatchdogPaused {
    kernel.interrupts.pauseWatchdog()
  }
  if ModuleFaults.watch(cpu.state) { return }
  // A program may have loaded the kernel's own selector, but its code lies below the kernel half.
  let isProgram = cpu.state.cs == UInt32(SELECTOR_RING0_TASK_CODE) || cpu.state.eip < AddressLayout.kernelStart
  guard isProgram, interruptsOff else {
    kernel.scheduler.stuckLooks = 0
    return
  }
  kernel.scheduler.stuckLooks += 1
  guard kernel.scheduler.stuckLooks >= Watchdog.patience else { return }
  kernel.scheduler.stuckLooks = 0
  kernel.scheduler.isFoundStuck = true
  kernel.scheduler.lostState = cpu.state
  resumeDead()
}
