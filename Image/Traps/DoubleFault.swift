// The double fault: the processor could not push a frame, nearly always because a Ring-0 task's stack pointer was bad.
//
// It arrives through a task gate, with a stack and an address space of its own; the interrupted registers are in the
// CPU's main task state. A Ring-0 task is ended and the machine goes on; anything else is the kernel's own error.
//
// Invariant: an interrupt that the controller had already handed out when the push failed is delivered here, or its
// device would stay silent for ever.

import ABI
import Drivers
import Machine
import MachineSupport
import Primitives
import Scheduling

@c(double_fault_handler) func doubleFaultHandler() {
  if kernel.watchdog.interruptsNextDoubleFault {
    kernel.watchdog.interruptsNextDoubleFault = false
    kernel.interrupts.requestNonMaskable()
  }
  let state = cpu.state
  kernel.lostState = state
  kernel.lostAddress = read_cr2()
  deliverLostInterrupt()
  if ModuleFaults.containDoubleFault(state) { return }
  let task = kernel.scheduler.current
  guard task != kernel.scheduler.idle, wasRunning(task, state) else {
    FaultReporter.announceDoubleFault(state, address: kernel.lostAddress)
    panic("double fault in the kernel")
  }
  resumeDead()
}

/// Makes the interrupted flow go on at `resume_dead`, on the exit stack and in the kernel's directory.
func resumeDead() {
  cpu.state.eip = address_of_resume_dead()
  cpu.state.esp = cpu.exit_stack_end
  cpu.state.cs = UInt32(SELECTOR_KERNEL_CODE)
  cpu.state.ss = UInt32(SELECTOR_KERNEL_DATA)
  cpu.state.ds = UInt32(SELECTOR_USER_DATA)
  cpu.state.es = UInt32(SELECTOR_USER_DATA)
  cpu.state.fs = 0
  cpu.state.gs = UInt32(SELECTOR_THREAD_DATA)
  cpu.state.ldt = 0
  cpu.state.eflags = 2
  cpu.state.cr3 = cpu.kernel_directory
  cpu.loaded_directory = cpu.kernel_directory
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
private func deliverLostInterrupt() {
  #if !FORGET_INTERRUPTS
    guard let vector = kernel.interrupts.inServiceVector() else { return }
    _ = Interrupts.handle(UInt32(vector), isOwnCode: true)
  #endif
}

/// On the exit stack: the current task lost its stack, or was found stuck.
@c(end_task_without_stack) func endTaskWithoutStack() {
  let state = kernel.lostState
  if Watchdog.takeVerdict() {
    FaultReporter.writeStuck(state, isInCalls: false)
    Exit.endCurrent(.stuck, status: 0)
  }
  FaultReporter.writeDoubleFault(state, address: kernel.lostAddress)
  Exit.endCurrent(.faulted, status: Int32(ExceptionVector.doubleFault))
}
