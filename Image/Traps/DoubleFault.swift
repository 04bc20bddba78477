// The double fault: the processor could not push a frame, nearly always because a Ring-0 task's stack pointer was bad.
//
// It arrives through a task gate, with a stack and an address space of its own; the interrupted registers are in the
// CPU's main task state. A Ring-0 task is ended and the machine goes on; anything else is the kernel's own error.
//
// Invariant: an interrupt that the controller had already handed out when the push failed is delivered here, or its
// device would stay silent for ever.

import ABI
import Devices
import FaultReports
import LinkedModules
import MachineSupport
@_spi(Entry) import Platform
import Primitives
import Processes
import Scheduling

@c(double_fault_handler) func doubleFaultHandler() {
  let context = Context()
  if context.devices.interrupts.interruptsNextDoubleFault {
    context.devices.interrupts.interruptsNextDoubleFault = false
    context.devices.interrupts.requestNonMaskable()
  }
  let state = cpu.state
  context.traps.lostState = state
  context.traps.lostAddress = read_cr2()
  deliverLostInterrupt(context)
  if ModuleFaults(context).containDoubleFault(state, address: context.traps.lostAddress) { return }
  let task = context.scheduler.current
  guard task != context.scheduler.idle, wasRunning(task, state) else {
    FaultReporter(context).announceDoubleFault(state, address: context.traps.lostAddress)
    panic("double fault in the kernel")
  }
  context.processor.goOn(at: address_of_resume_dead(), inKernelDirectory: true)
}

/// Whether the code that was interrupted is a Ring-0 task's: its own selector, or the first instructions of the
/// kernel's entry, which still stand on the task's stack.
private func wasRunning(_ task: Reference<Task>, _ state: task_state_segment) -> Bool {
  guard task.value.mode.isRing0 else { return false }
  // Below the kernel half runs no code of the kernel's, whatever selector was loaded for it.
  if state.cs != UInt32(SELECTOR_KERNEL_CODE) || state.eip < AddressLayout.kernelStart { return true }
  let isEntry = state.eip >= address_of___entry_start() && state.eip < address_of___entry_end()
  // With ESP at its very end the kernel has pushed nothing yet: a program that went to Ring 3 by itself called it.
  let isKernelStack = state.esp >= task.value.kernelStackStart && state.esp < task.value.kernelStackEnd
  return isEntry && !isKernelStack
}

/// Nothing in a test kernel that is compiled with FORGET_INTERRUPTS, whose devices must fall silent.
///
/// The controller considers an interrupt delivered once the processor has taken its vector, also if the push of the
/// frame then failed.
private func deliverLostInterrupt(_ context: Context) {
  #if !FORGET_INTERRUPTS
    guard let vector = context.devices.interrupts.inServiceVector() else { return }
    _ = InterruptHandling(context).handle(UInt32(vector), isOwnCode: true)
  #endif
}

/// On the reaper stack: the current task lost its stack, or was found stuck.
@c(end_task_without_stack) func endTaskWithoutStack() {
  let context = Context()
  let state = context.traps.lostState
  if Watchdog(context).takeVerdict() {
    FaultReporter(context).writeStuck(state, isInCalls: false)
    Exit(context).endCurrent(.stuck, status: 0)
  }
  FaultReporter(context).writeDoubleFault(state, address: context.traps.lostAddress)
  Exit(context).endCurrent(.faulted, status: Int32(ExceptionVector.doubleFault))
}
