// Explains what went wrong: fills in what the kernel knows of a fault and has it printed.
//
// Invariant: it only looks. Whoever calls it decides what is done about the fault.

import ABI
import Consoles
import Diagnostics
import Jobs
import MachineSupport
import Objects
import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

package struct FaultReporter {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// A task's fault, from its trap frame.
  package func write(frame: TrapFrame, address: UInt32?) {
    unsafe write(frame, address, .task(context.scheduler.current.inReports), .taskEnded)
  }

  /// The kernel's own fault, before the panic.
  package func announceKernelFault(frame: TrapFrame, address: UInt32?) {
    unsafe write(frame, address, kernelAtWork, .machineStopped)
  }

  private func write(
    _ frame: TrapFrame, _ address: UInt32?, _ owner: FaultOwner, _ outcome: FaultOutcome
  ) {
    let task = context.scheduler.current
    var report = unsafe FaultReport(
      cause: .exception(vector: UInt8(truncatingIfNeeded: frame.pointee.vector), errorCode: frame.pointee.error),
      registers: registers(of: frame), owner: owner, outcome: outcome)
    if let address {
      report.faultAddress = address
      report.addressMeaning = AddressClassifier(context).meaning(of: address, for: task)
    }
    print(report, for: task)
  }

  /// A Ring-0 task whose stack the processor or the kernel could not use.
  package func writeStackFault(frame: TrapFrame?) {
    let task = context.scheduler.current
    var registers = FaultRegisters()
    var needed = context.processor.sharedStackFloor &- task.value.stackStart
    if let frame = unsafe frame {
      registers = unsafe self.registers(of: frame)
      needed &+= UInt32(MemoryLayout<trap_frame>.size)
    } else {
      registers.esp = context.processor.savedStackPointer
      registers.cs = UInt32(SELECTOR_RING0_TASK_CODE)
    }
    var report = FaultReport(
      cause: .stackUnusable, registers: registers, owner: .task(task.inReports), outcome: .taskEnded)
    report.stackProblem = AddressClassifier(context).meaning(ofStackPointer: registers.esp, needed: needed, for: task)
    print(report, for: task)
  }

  /// What the processor pushes for an exception from Ring 0: EFLAGS, CS, EIP and an error code.
  private static var exceptionFrameSize: UInt32 { 16 }

  /// A double fault that arrived through the task gate: the registers are in the CPU's main task state.
  package func writeDoubleFault(_ state: task_state_segment, address: UInt32) {
    writeDoubleFault(state, address, .task(context.scheduler.current.inReports), .taskEnded)
  }

  /// One of the kernel's own, before the panic.
  package func announceDoubleFault(_ state: task_state_segment, address: UInt32) {
    writeDoubleFault(state, address, kernelAtWork, .machineStopped)
  }

  private func writeDoubleFault(
    _ state: task_state_segment, _ address: UInt32, _ owner: FaultOwner, _ outcome: FaultOutcome
  ) {
    let task = context.scheduler.current
    var report = FaultReport(
      cause: .exception(vector: UInt8(ExceptionVector.doubleFault), errorCode: 0), registers: registers(of: state),
      owner: owner, outcome: outcome)
    report.faultAddress = address
    report.addressMeaning = AddressClassifier(context).meaning(of: address, for: task)
    report.stackProblem = AddressClassifier(context).meaning(
      ofStackPointer: state.esp, needed: Self.exceptionFrameSize, for: task)
    print(report, for: task)
  }

  private var kernelAtWork: FaultOwner {
    let task = context.scheduler.current
    return .kernel(workingFor: task == context.scheduler.idle ? nil : task.inReports)
  }

  /// A Ring-0 task that held the processor with interrupts off.
  ///
  /// - Parameter isInCalls: the registers are the kernel's, where it was seen at work for the task.
  package func writeStuck(_ state: task_state_segment, isInCalls: Bool) {
    let task = context.scheduler.current
    let report = FaultReport(
      cause: .interruptsOff(milliseconds: InterruptFlagWatch.milliseconds, isInCalls: isInCalls),
      registers: registers(of: state),
      owner: .task(task.inReports), outcome: .taskEnded)
    print(report, for: task)
  }

  /// Ends a Ring-0 task that jumped into the middle of the system-call page, and so came where only modules do.
  package func endAstray(_ registers: FaultRegisters) -> Never {
    let task = context.scheduler.current
    let vector = ExceptionVector.generalProtection
    let report = FaultReport(
      cause: .exception(vector: UInt8(vector), errorCode: 0), registers: registers, owner: .task(task.inReports),
      outcome: .taskEnded)
    print(report, for: task)
    Exit(context).endCurrent(.faulted, status: Int32(vector))
  }

  /// - Parameter isAtLimit: memory is left, but its job may have no more.
  package func writeOutOfMemory(address: UInt32, isAtLimit: Bool) {
    var output = KernelOutput(context)
    output.write("memory: ")
    let task = context.scheduler.current
    task.inReports.write(to: &output)
    if isAtLimit {
      output.write(" ended: job ")
      output.write(decimal: task.value.process.value.job.value.number)
      output.write(" has all that its limit allows, without the page at ")
    } else {
      output.write(" ended: no memory is left for the page at ")
    }
    output.write(hexadecimal: address & ~4095)
    output.write("\n")
  }

  package func print(_ report: FaultReport, for task: Reference<Task>) {
    var output = KernelOutput(context)
    let process = task == context.scheduler.idle ? nil : Optional(task.value.process)
    report.write(to: &output, in: KernelFaultContext(process: process, in: context))
  }

  // MARK: What the kernel knows

  package func registers(of frame: TrapFrame) -> FaultRegisters {
    var registers = FaultRegisters()
    let saved = unsafe frame.pointee.registers
    registers.eax = saved.eax
    registers.ebx = saved.ebx
    registers.ecx = saved.ecx
    registers.edx = saved.edx
    registers.esi = saved.esi
    registers.edi = saved.edi
    registers.ebp = saved.ebp
    registers.eip = unsafe frame.pointee.eip
    registers.cs = unsafe frame.pointee.cs
    registers.eflags = unsafe frame.pointee.eflags
    if unsafe frame.isKernel {
      // No ESP was pushed: it pointed just above the frame.
      registers.esp = UInt32(UInt(bitPattern: frame)) &+ 52
      registers.ss = UInt32(SELECTOR_KERNEL_DATA)
    } else {
      registers.esp = unsafe frame.pointee.esp
      registers.ss = unsafe frame.pointee.ss
    }
    return registers
  }

  package func registers(of state: task_state_segment) -> FaultRegisters {
    var registers = FaultRegisters()
    registers.eax = state.eax
    registers.ebx = state.ebx
    registers.ecx = state.ecx
    registers.edx = state.edx
    registers.esi = state.esi
    registers.edi = state.edi
    registers.ebp = state.ebp
    registers.esp = state.esp
    registers.eip = state.eip
    registers.eflags = state.eflags
    registers.cs = state.cs
    registers.ss = state.ss
    return registers
  }
}
