// Explains what went wrong: fills in what the kernel knows of a fault and has it printed.
//
// Invariant: it only looks. Whoever calls it decides what is done about the fault.

import ABI
import Diagnostics
import Machine
import MachineSupport
import Primitives
import Scheduling

enum FaultReporter {
  /// A task's fault, from its trap frame.
  static func write(frame: TrapFrame, address: UInt32?) {
    write(frame, address, .task(identity(of: kernel.scheduler.current)), .taskEnded)
  }

  /// The kernel's own fault, before the panic.
  static func announceKernelFault(frame: TrapFrame, address: UInt32?) {
    write(frame, address, kernelAtWork, .machineStopped)
  }

  private static func write(
    _ frame: TrapFrame, _ address: UInt32?, _ owner: FaultOwner, _ outcome: FaultOutcome
  ) {
    let task = kernel.scheduler.current
    var report = FaultReport(
      cause: .exception(vector: UInt8(truncatingIfNeeded: frame.pointee.vector), errorCode: frame.pointee.error),
      registers: registers(of: frame), owner: owner, outcome: outcome)
    if let address {
      report.faultAddress = address
      report.addressMeaning = AddressMeanings.meaning(of: address, for: task)
    }
    print(report, for: task)
  }

  /// A Ring-0 task whose stack the processor or the kernel could not use.
  static func writeStackFault(frame: TrapFrame?) {
    let task = kernel.scheduler.current
    var registers = FaultRegisters()
    var needed = cpu.shared_stack_floor &- task.value.stackStart
    if let frame {
      registers = self.registers(of: frame)
      needed &+= UInt32(MemoryLayout<trap_frame>.size)
    } else {
      registers.esp = cpu.saved_stack_pointer
      registers.cs = UInt32(SELECTOR_RING0_TASK_CODE)
    }
    var report = FaultReport(
      cause: .stackUnusable, registers: registers, owner: .task(identity(of: task)), outcome: .taskEnded)
    report.stackProblem = AddressMeanings.meaning(ofStackPointer: registers.esp, needed: needed, for: task)
    print(report, for: task)
  }

  /// What the processor pushes for an exception from Ring 0: EFLAGS, CS, EIP and an error code.
  private static var exceptionFrameSize: UInt32 { 16 }

  /// A double fault that arrived through the task gate: the registers are in the CPU's main task state.
  static func writeDoubleFault(_ state: task_state_segment, address: UInt32) {
    writeDoubleFault(state, address, .task(identity(of: kernel.scheduler.current)), .taskEnded)
  }

  /// One of the kernel's own, before the panic.
  static func announceDoubleFault(_ state: task_state_segment, address: UInt32) {
    writeDoubleFault(state, address, kernelAtWork, .machineStopped)
  }

  private static func writeDoubleFault(
    _ state: task_state_segment, _ address: UInt32, _ owner: FaultOwner, _ outcome: FaultOutcome
  ) {
    let task = kernel.scheduler.current
    var report = FaultReport(
      cause: .exception(vector: UInt8(ExceptionVector.doubleFault), errorCode: 0), registers: registers(of: state),
      owner: owner, outcome: outcome)
    report.faultAddress = address
    report.addressMeaning = AddressMeanings.meaning(of: address, for: task)
    report.stackProblem = AddressMeanings.meaning(
      ofStackPointer: state.esp, needed: exceptionFrameSize, for: task)
    print(report, for: task)
  }

  private static var kernelAtWork: FaultOwner {
    let task = kernel.scheduler.current
    return .kernel(workingFor: task == kernel.scheduler.idle ? nil : identity(of: task))
  }

  /// A Ring-0 task that held the processor with interrupts off.
  ///
  /// - Parameter isInCalls: the registers are the kernel's, where it was seen at work for the task.
  static func writeStuck(_ state: task_state_segment, isInCalls: Bool) {
    let task = kernel.scheduler.current
    let report = FaultReport(
      cause: .interruptsOff(milliseconds: Watchdog.milliseconds, isInCalls: isInCalls), registers: registers(of: state),
      owner: .task(identity(of: task)), outcome: .taskEnded)
    print(report, for: task)
  }

  /// Ends a Ring-0 task that jumped into the middle of the system-call page, and so came where only modules do.
  static func endAstray(_ registers: FaultRegisters) -> Never {
    let task = kernel.scheduler.current
    let vector = ExceptionVector.generalProtection
    let report = FaultReport(
      cause: .exception(vector: UInt8(vector), errorCode: 0), registers: registers, owner: .task(identity(of: task)),
      outcome: .taskEnded)
    print(report, for: task)
    Exit.endCurrent(.faulted, status: Int32(vector))
  }

  static func writeOutOfMemory(frame: TrapFrame, address: UInt32) {
    var output = KernelOutput()
    output.write("memory: ")
    identity(of: kernel.scheduler.current).write(to: &output)
    output.write(" ended: no memory is left for the page at ")
    output.write(hexadecimal: address & ~4095)
    output.write("\n")
  }

  static func print(_ report: FaultReport, for task: Reference<Task>) {
    var output = KernelOutput()
    let process = task == kernel.scheduler.idle ? nil : Optional(task.value.process)
    report.write(to: &output, in: KernelSurroundings(process: process))
  }

  // MARK: What the kernel knows

  @inline(never)
  static func identity(of task: Reference<Task>) -> Diagnostics.TaskIdentity {
    let process = task.value.process
    let mode: Diagnostics.TaskIdentity.Mode =
      switch task.value.mode {
      case .user: .ring3
      case .kernelSeparateStack: .ring0SeparateStack
      case .kernelSharedStack: .ring0SharedStack
      }
    return Diagnostics.TaskIdentity(
      identifier: task.value.identity.value,
      kind: task.value.isThread ? .thread(ofProcess: process.value.identity.value) : .process,
      name: process.value.name.shortText, mode: mode, isGuarded: task.value.isGuarded)
  }

  static func registers(of frame: TrapFrame) -> FaultRegisters {
    var registers = FaultRegisters()
    let saved = frame.pointee.registers
    registers.eax = saved.eax
    registers.ebx = saved.ebx
    registers.ecx = saved.ecx
    registers.edx = saved.edx
    registers.esi = saved.esi
    registers.edi = saved.edi
    registers.ebp = saved.ebp
    registers.eip = frame.pointee.eip
    registers.cs = frame.pointee.cs
    registers.eflags = frame.pointee.eflags
    if frame.isKernel {
      // No ESP was pushed: it pointed just above the frame.
      registers.esp = UInt32(UInt(bitPattern: frame)) &+ 52
      registers.ss = UInt32(SELECTOR_KERNEL_DATA)
    } else {
      registers.esp = frame.pointee.esp
      registers.ss = frame.pointee.ss
    }
    return registers
  }

  static func registers(of state: task_state_segment) -> FaultRegisters {
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
