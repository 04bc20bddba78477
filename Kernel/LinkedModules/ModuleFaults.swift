// What a module did that it should not have: its call is cut short at the edge, the module is failed, and the kernel
// goes on.
//
// An address of an instruction tells whose mistake it was: while a call into a module is on, code outside of the
// kernel's text can only be the module's, or what the module jumped to. The kernel's own text is never left in the
// middle; there a fault is a panic as always. That is why the exports check what modules give them (Exports.swift).

import ABI
import Consoles
import Diagnostics
import FaultReports
import MachineSupport
import Memory
import Objects
import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

package struct ModuleFaults {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// How many looks of the watchdog a call may be found at work in, with no other call's between them: a fifth of a second
  /// of processor time. A call that sleeps is not looked at.
  private static var patience: UInt32 { 5 }
  /// So little stack may be left when the kernel itself runs over the end, before it has begun to work on a trap of the
  /// module's.
  private static var stackMargin: UInt32 { 512 }
  /// What the kernel needs below the edge of a call to see to a page fault.
  private static var trapRoom: UInt32 { 3072 }

  /// The entries of exports only copy what the module left on its stack: a fault there is the module's.
  package func isKernelText(_ address: UInt32) -> Bool {
    address >= address_of___text_start() && address < address_of___text_end()
      && !(address >= address_of_module_entries_start() && address < address_of_module_entries_end())
  }

  /// Whether the kernel's own code was interrupted. It does no work on a stack of a module's: what is found there at an address of
  /// the kernel's is the doing of a module that jumped astray, or went back to a wrong place.
  private func isKernels(eip: UInt32, stack: UInt32) -> Bool {
    isKernelText(eip) && ModuleStacks(context).stack(holding: stack) == nil
  }

  private func isKernels(_ frame: TrapFrame) -> Bool {
    unsafe isKernels(eip: frame.pointee.eip, stack: UInt32(UInt(bitPattern: frame)))
  }

  /// A fault with the kernel's code selector. Comes back where it is not a module's.
  package func contain(_ frame: TrapFrame, address: UInt32?) {
    guard context.scheduler.current.value.moduleEdge != 0, unsafe !isKernels(frame) else { return }
    let vector = unsafe UInt8(truncatingIfNeeded: frame.pointee.vector)
    var failure = unsafe ModuleFailure(cause: .exception(vector: vector, errorCode: frame.pointee.error))
    failure.registers = unsafe FaultReporter(context).registers(of: frame)
    // SMEP keeps the kernel from running user pages, and the one that is for system calls is one of them.
    if unsafe AddressLayout.isSystemCallPage(frame.pointee.eip) { failure.becomeSystemCall(context) }
    failure.address = address ?? 0
    context.modules.value.failure = failure
    if unsafe frame.isFromOuterRing { endCaller(vector: vector) }
    leave_module()
  }

  /// The module left Ring 0 by itself, and what the processor then pushed lies over the registers with which the caller is to
  /// go on: the caller ends too.
  private func endCaller(vector: UInt8) -> Never {
    explain()
    var output = KernelOutput(context)
    output.write("fault: ")
    context.scheduler.current.inReports.write(to: &output)
    output.write(" ends with the call: the module left Ring 0, and nothing leads back from there\n")
    Exit(context).endCurrent(.faulted, status: Int32(vector))
  }

  /// A page fault with the kernel's code selector, before anything is done about it. Comes back where it is not a module's, or
  /// the stack that the kernel works on for the caller has room enough.
  package func refuseWithoutRoom(_ frame: TrapFrame) {
    let task = context.scheduler.current
    guard task.value.moduleEdge != 0, unsafe !isKernels(frame) else { return }
    let left = task.value.moduleEdge &- stackFloor(of: task)
    guard left < Self.trapRoom else { return }
    var failure = ModuleFailure(cause: .stackExhausted(bytesLeft: left))
    failure.registers = unsafe FaultReporter(context).registers(of: frame)
    context.modules.value.failure = failure
    leave_module()
  }

  /// A system call by the page. Only modules come there with the kernel's selector and from the kernel half.
  package func refuseSystemCall(_ registers: CallRegisters) -> Never {
    var failure = ModuleFailure(cause: .moduleMistake(.systemCall))
    failure.registers.eax = unsafe registers.pointee.eax
    failure.registers.ebx = unsafe registers.pointee.ebx
    failure.registers.ecx = unsafe registers.pointee.ecx
    failure.registers.edx = unsafe registers.pointee.edx
    failure.registers.esi = unsafe registers.pointee.esi
    failure.registers.edi = unsafe registers.pointee.edi
    failure.registers.ebp = unsafe registers.pointee.ebp
    // Behind them lie EIP and CS of the page, a word, the flags, and the address that the page goes back to.
    failure.registers.esp = unsafe UInt32(UInt(bitPattern: registers + 1)) &+ 16
    failure.becomeSystemCall(context)
    refuse(failure)
  }

  /// The same by a gate, which the page of a traced process uses.
  package func refuseSystemCall(_ frame: TrapFrame) -> Never {
    var failure = ModuleFailure(cause: .moduleMistake(.systemCall))
    failure.registers = unsafe FaultReporter(context).registers(of: frame)
    if unsafe AddressLayout.isSystemCallPage(frame.pointee.eip) { failure.becomeSystemCall(context) }
    refuse(failure)
  }

  private func refuse(_ failure: ModuleFailure) -> Never {
    guard context.scheduler.current.value.moduleEdge != 0 else {
      return FaultReporter(context).endAstray(failure.registers)
    }
    context.modules.value.failure = failure
    leave_module()
  }

  /// A double fault. Returns false where it is not a module's; else the interrupted flow goes on at the edge.
  package func containDoubleFault(_ state: task_state_segment, address: UInt32) -> Bool {
    let task = context.scheduler.current
    guard task.value.moduleEdge != 0, state.cs == UInt32(SELECTOR_KERNEL_CODE) else { return false }
    var ranOver = false
    if let start = ModuleStacks(context).current(of: task) {
      ranOver = state.esp < start &+ Self.stackMargin && state.esp >= start &- pageSize
    }
    guard !isKernels(eip: state.eip, stack: state.esp) || ranOver else { return false }
    var failure = ModuleFailure(cause: .exception(vector: UInt8(ExceptionVector.doubleFault), errorCode: 0))
    failure.registers = FaultReporter(context).registers(of: state)
    failure.address = address
    failure.isStackFault = true
    context.modules.value.failure = failure
    context.processor.goOn(at: address_of_module_abandon(), inKernelDirectory: false)
    return true
  }

  private var currentCall: (door: UInt32, number: UInt32) {
    let door = ModuleCall(context).door(of: context.scheduler.current)
    return (door: UInt32(door.address), number: door.value.calls)
  }

  /// A look of the watchdog's.
  package func watch(_ state: task_state_segment) {
    guard state.cs == UInt32(SELECTOR_KERNEL_CODE), context.scheduler.current.value.moduleEdge != 0 else { return }
    let call = currentCall
    if call != context.modules.value.watchedCall {
      context.modules.value.watchedCall = call
      context.modules.value.looks = 0
      context.modules.value.isOverdue = false
    }
    context.modules.value.looks &+= 1
    guard context.modules.value.looks >= Self.patience else { return }
    // Found inside the kernel, the call is cut short when it asks for the next thing, or at the next look.
    context.modules.value.isOverdue = true
    guard !isKernels(eip: state.eip, stack: state.esp) else { return }
    var failure = ModuleFailure(cause: Self.tooLong)
    failure.registers = FaultReporter(context).registers(of: state)
    context.modules.value.failure = failure
    context.processor.goOn(at: address_of_module_abandon(), inKernelDirectory: false)
  }

  private static var tooLong: FaultCause { .callTookTooLong(milliseconds: InterruptFlagWatch.milliseconds) }

  /// Cuts the current call short from an export where it is the one that was found overdue, and no other that came while
  /// that one sleeps.
  package func cutShortIfOverdue() {
    if currentCall == context.modules.value.watchedCall { cutShort(Self.tooLong) }
  }

  /// Cuts the current call short from an export, before that has begun anything.
  package func cutShort(_ cause: FaultCause) -> Never {
    var failure = ModuleFailure(cause: cause)
    failure.registers.esp = export_stack_pointer()
    failure.registers.ebp = export_frame_pointer()
    failure.registers.eip = memory_read32(export_stack_pointer())
    failure.registers.cs = UInt32(SELECTOR_KERNEL_CODE)
    failure.registers.ss = UInt32(SELECTOR_KERNEL_DATA)
    context.modules.value.failure = failure
    leave_module()
  }

  /// Where the stack ends that the edge of a task's call into a module lies on.
  package func stackFloor(of task: Reference<Task>) -> UInt32 {
    if let start = ModuleStacks(context).stack(holding: task.value.moduleEdge) { return start }
    return task.value.kernelStackEnd != 0 ? task.value.kernelStackStart : task.value.stackStart
  }

  /// On the reaper stack: explains why a call is cut short and marks the module as failed.
  package func explain() {
    let task = context.scheduler.current
    let failure = context.modules.value.failure
    context.modules.value.looks = 0
    context.modules.value.isOverdue = false
    guard let called = ModuleCall(context).module(of: task) else { panic("a call that is cut short is in no module") }
    let culprit = ModuleDirectory(context).module(containing: failure.registers.eip) ?? called
    let caller = task.inReports
    var report = FaultReport(
      cause: failure.cause, registers: failure.registers, owner: .module(name: culprit.value.name, caller: caller),
      outcome: .callFailed)
    if case .exception(let vector, _) = failure.cause,
      UInt32(vector) == ExceptionVector.pageFault || failure.isStackFault
    {
      report.faultAddress = failure.address
      report.addressMeaning = AddressClassifier(context).meaning(of: failure.address, for: task)
      if failure.isStackFault {
        report.stackProblem = AddressClassifier(context).meaning(of: failure.registers.esp &- 4, for: task)
      }
    }
    FaultReporter(context).print(report, for: task)
    ModuleDirectory(context).fail(culprit)
    if called != culprit { ModuleDirectory(context).fail(called) }
  }
}
