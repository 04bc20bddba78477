// What a module did that it should not have: its call is cut short at the edge, the module is failed, and the kernel
// goes on.
//
// An address of an instruction tells whose mistake it was: while a call into a module is on, code outside of the
// kernel's text can only be the module's, or what the module jumped to. The kernel's own text is never left in the
// middle; there a fault is a panic as always. That is why the exports check what modules give them (Exports.swift).

import ABI
import Diagnostics
import Machine
import MachineSupport
import Primitives
import Scheduling

enum ModuleFaults {
  /// How many looks of the watchdog a call may be found at work in, with no other call's between them: a fifth of a second
  /// of processor time. A call that sleeps is not looked at.
  private static var patience: UInt32 { 5 }
  /// So little stack may be left when the kernel itself runs over the end, before it has begun to work on a trap of the
  /// module's.
  private static var stackMargin: UInt32 { 512 }
  /// What the kernel needs below the edge of a call to see to a page fault.
  private static var trapRoom: UInt32 { 3072 }

  /// The entries of exports only copy what the module left on its stack: a fault there is the module's.
  static func isKernelText(_ address: UInt32) -> Bool {
    address >= address_of___text_start() && address < address_of___text_end()
      && !(address >= address_of_module_entries_start() && address < address_of_module_entries_end())
  }

  /// Whether the kernel's own code was interrupted. It does no work on a stack of a module's: what is found there at an address of
  /// the kernel's is the doing of a module that jumped astray, or went back to a wrong place.
  private static func isKernels(eip: UInt32, stack: UInt32) -> Bool {
    isKernelText(eip) && ModuleStacks.stack(holding: stack) == nil
  }

  private static func isKernels(_ frame: TrapFrame) -> Bool {
    isKernels(eip: frame.pointee.eip, stack: UInt32(UInt(bitPattern: frame)))
  }

  /// A fault with the kernel's code selector. Comes back where it is not a module's.
  static func contain(_ frame: TrapFrame, address: UInt32?) {
    guard kernel.scheduler.current.value.moduleEdge != 0, !isKernels(frame) else { return }
    let vector = UInt8(truncatingIfNeeded: frame.pointee.vector)
    var failure = ModuleFailure(cause: .exception(vector: vector, errorCode: frame.pointee.error))
    failure.registers = FaultReporter.registers(of: frame)
    // SMEP keeps the kernel from running user pages, and the one that is for system calls is one of them.
    if isSystemCallPage(frame.pointee.eip) { failure.becomeSystemCall() }
    failure.address = address ?? 0
    kernel.modules.value.failure = failure
    if frame.isFromOuterRing { endCaller(vector: vector) }
    leave_module()
  }

  /// The module left Ring 0 by itself, and what the processor then pushed lies over the registers with which the caller is to
  /// go on: the caller ends too.
  private static func endCaller(vector: UInt8) -> Never {
    moduleCallFailed()
    var output = KernelOutput()
    output.write("fault: ")
    FaultReporter.identity(of: kernel.scheduler.current).write(to: &output)
    output.write(" ends with the call: the module left Ring 0, and nothing leads back from there\n")
    Exit.endCurrent(.faulted, status: Int32(vector))
  }

  /// A page fault with the kernel's code selector, before anything is done about it. Comes back where it is not a module's, or
  /// the stack that the kernel works on for the caller has room enough.
  static func refuseWithoutRoom(_ frame: TrapFrame) {
    let task = kernel.scheduler.current
    guard task.value.moduleEdge != 0, !isKernels(frame) else { return }
    let left = task.value.moduleEdge &- stackFloor(of: task)
    guard left < trapRoom else { return }
    var failure = ModuleFailure(cause: .stackExhausted(bytesLeft: left))
    failure.registers = FaultReporter.registers(of: frame)
    kernel.modules.value.failure = failure
    leave_module()
  }

  /// A system call by the page. Only modules come there with the kernel's selector and from the kernel half.
  static func refuseSystemCall(_ registers: CallRegisters) -> Never {
    var failure = ModuleFailure(cause: .moduleMistake(.systemCall))
    failure.registers.eax = registers.pointee.eax
    failure.registers.ebx = registers.pointee.ebx
    failure.registers.ecx = registers.pointee.ecx
    failure.registers.edx = registers.pointee.edx
    failure.registers.esi = registers.pointee.esi
    failure.registers.edi = registers.pointee.edi
    failure.registers.ebp = registers.pointee.ebp
    // Behind them lie EIP and CS of the page, a word, the flags, and the address that the page goes back to.
    failure.registers.esp = UInt32(UInt(bitPattern: registers + 1)) &+ 16
    failure.becomeSystemCall()
    refuse(failure)
  }

  /// The same by a gate, which the page of a traced process uses.
  static func refuseSystemCall(_ frame: TrapFrame) -> Never {
    var failure = ModuleFailure(cause: .moduleMistake(.systemCall))
    failure.registers = FaultReporter.registers(of: frame)
    if isSystemCallPage(frame.pointee.eip) { failure.becomeSystemCall() }
    refuse(failure)
  }

  static func isSystemCallPage(_ address: UInt32) -> Bool {
    address &- AddressLayout.systemCallPage < pageSize
  }

  private static func refuse(_ failure: ModuleFailure) -> Never {
    guard kernel.scheduler.current.value.moduleEdge != 0 else { return FaultReporter.endAstray(failure.registers) }
    kernel.modules.value.failure = failure
    leave_module()
  }

  /// A double fault. Returns false where it is not a module's; else the interrupted flow goes on at the edge.
  static func containDoubleFault(_ state: task_state_segment) -> Bool {
    let task = kernel.scheduler.current
    guard task.value.moduleEdge != 0, state.cs == UInt32(SELECTOR_KERNEL_CODE) else { return false }
    var ranOver = false
    if let start = ModuleStacks.current(of: task) {
      ranOver = state.esp < start &+ stackMargin && state.esp >= start &- pageSize
    }
    guard !isKernels(eip: state.eip, stack: state.esp) || ranOver else { return false }
    var failure = ModuleFailure(cause: .exception(vector: UInt8(ExceptionVector.doubleFault), errorCode: 0))
    failure.registers = FaultReporter.registers(of: state)
    failure.address = kernel.lostAddress
    failure.isStackFault = true
    kernel.modules.value.failure = failure
    goOnAtEdge()
    return true
  }

  private static var currentCall: (door: UInt32, number: UInt32) {
    let door = ModuleCall.door(of: kernel.scheduler.current)
    return (door: UInt32(door.address), number: door.value.calls)
  }

  /// A look of the watchdog's.
  static func watch(_ state: task_state_segment) {
    guard state.cs == UInt32(SELECTOR_KERNEL_CODE), kernel.scheduler.current.value.moduleEdge != 0 else { return }
    let call = currentCall
    if call != kernel.modules.value.watchedCall {
      kernel.modules.value.watchedCall = call
      kernel.modules.value.looks = 0
      kernel.modules.value.isOverdue = false
    }
    kernel.modules.value.looks &+= 1
    guard kernel.modules.value.looks >= patience else { return }
    // Found inside the kernel, the call is cut short when it asks for the next thing, or at the next look.
    kernel.modules.value.isOverdue = true
    guard !isKernels(eip: state.eip, stack: state.esp) else { return }
    var failure = ModuleFailure(cause: tooLong)
    failure.registers = FaultReporter.registers(of: state)
    kernel.modules.value.failure = failure
    goOnAtEdge()
  }

  private static var tooLong: FaultCause { .callTookTooLong(milliseconds: Watchdog.milliseconds) }

  /// Cuts the current call short from an export where it is the one that was found overdue, and no other that came while
  /// that one sleeps.
  static func cutShortIfOverdue() {
    if currentCall == kernel.modules.value.watchedCall { cutShort(tooLong) }
  }

  /// Cuts the current call short from an export, before that has begun anything.
  static func cutShort(_ cause: FaultCause) -> Never {
    var failure = ModuleFailure(cause: cause)
    failure.registers.esp = export_stack_pointer()
    failure.registers.ebp = export_frame_pointer()
    failure.registers.eip = memory_read32(export_stack_pointer())
    failure.registers.cs = UInt32(SELECTOR_KERNEL_CODE)
    failure.registers.ss = UInt32(SELECTOR_KERNEL_DATA)
    kernel.modules.value.failure = failure
    leave_module()
  }

  /// Where the stack ends that the edge of a task's call into a module lies on.
  static func stackFloor(of task: Reference<Task>) -> UInt32 {
    if let start = ModuleStacks.stack(holding: task.value.moduleEdge) { return start }
    return task.value.kernelStackEnd != 0 ? task.value.kernelStackStart : task.value.stackStart
  }

  /// Makes the flow that a task gate interrupted go on at `module_abandon`.
  private static func goOnAtEdge() {
    cpu.state.eip = address_of_module_abandon()
    cpu.state.esp = cpu.exit_stack_end
    cpu.state.cs = UInt32(SELECTOR_KERNEL_CODE)
    cpu.state.ss = UInt32(SELECTOR_KERNEL_DATA)
    cpu.state.ds = UInt32(SELECTOR_USER_DATA)
    cpu.state.es = UInt32(SELECTOR_USER_DATA)
    cpu.state.fs = 0
    cpu.state.gs = UInt32(SELECTOR_THREAD_DATA)
    cpu.state.ldt = 0
    cpu.state.eflags = 2
    cpu.state.cr3 = cpu.loaded_directory
  }
}

/// On the exit stack: explains why a call is cut short and marks the module as failed.
@c(module_call_failed) func moduleCallFailed() {
  let task = kernel.scheduler.current
  let failure = kernel.modules.value.failure
  kernel.modules.value.looks = 0
  kernel.modules.value.isOverdue = false
  guard let called = ModuleCall.module(of: task) else { panic("a call that is cut short is in no module") }
  let culprit = Modules.module(containing: failure.registers.eip) ?? called
  let caller = FaultReporter.identity(of: task)
  var report = FaultReport(
    cause: failure.cause, registers: failure.registers, owner: .module(name: culprit.value.name, caller: caller),
    outcome: .callFailed)
  if case .exception(let vector, _) = failure.cause,
    UInt32(vector) == ExceptionVector.pageFault || failure.isStackFault
  {
    report.faultAddress = failure.address
    report.addressMeaning = AddressMeanings.meaning(of: failure.address, for: task)
    if failure.isStackFault {
      report.stackProblem = AddressMeanings.meaning(of: failure.registers.esp &- 4, for: task)
    }
  }
  FaultReporter.print(report, for: task)
  Modules.fail(culprit)
  if called != culprit { Modules.fail(called) }
}
