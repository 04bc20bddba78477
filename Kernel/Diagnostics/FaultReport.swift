// A fault as a plain value: what the processor said, who owned what ran, and what the kernel knows about the
// address. Whoever handles the fault fills it in; `FaultReport.write` turns it into text.

import Primitives

/// The general registers and the rest of what an interrupted task's frame holds.
public struct FaultRegisters: Sendable {
  public var eax: UInt32 = 0
  public var ebx: UInt32 = 0
  public var ecx: UInt32 = 0
  public var edx: UInt32 = 0
  public var esi: UInt32 = 0
  public var edi: UInt32 = 0
  public var ebp: UInt32 = 0
  public var esp: UInt32 = 0
  public var eip: UInt32 = 0
  public var eflags: UInt32 = 0
  public var cs: UInt32 = 0
  public var ss: UInt32 = 0
  public init() {}

  /// The ring the code ran in: the lowest two bits of CS (SDM Vol. 3, 3.4.2).
  public var ring: UInt32 { cs & 3 }
  /// EFLAGS.VM: CS is no selector then (SDM Vol. 3, 20.1).
  var isVirtual8086: Bool { eflags & (1 << 17) != 0 }
}

/// A task, as a reader of the report knows it.
public struct TaskDescription: Sendable {
  public enum Kind: Sendable {
    case process
    case thread(ofProcess: UInt32)
  }

  /// On which stack the kernel works for a task.
  public enum Mode: Sendable {
    case ring3
    case ring0SeparateStack
    case ring0SharedStack
  }

  public var identifier: UInt32
  public var kind: Kind
  public var name: ShortText
  public var mode: Mode
  /// Ring 0 with the kernel's memory read-only.
  public var isGuarded: Bool

  public init(
    identifier: UInt32, kind: Kind, name: ShortText, mode: Mode, isGuarded: Bool = false
  ) {
    self.identifier = identifier
    self.kind = kind
    self.name = name
    self.mode = mode
    self.isGuarded = isGuarded
  }

  var isRing0: Bool {
    if case .ring3 = mode { return false }
    return true
  }

  /// For example `thread 9 "reader" of process 7`.
  public func write(to output: inout some TextOutput) {
    switch kind {
    case .process: output.write("process ")
    case .thread: output.write("thread ")
    }
    output.write(decimal: identifier)
    if !name.isEmpty {
      output.write(" \"")
      name.write(to: &output)
      output.write("\"")
    }
    if case .thread(let process) = kind {
      output.write(" of process ")
      output.write(decimal: process)
    }
  }

  /// For example `Ring 0, separate stack`.
  func writeMode(to output: inout some TextOutput) {
    switch mode {
    case .ring3: output.write("Ring 3")
    case .ring0SeparateStack: output.write("Ring 0, separate stack")
    case .ring0SharedStack: output.write("Ring 0, shared stack")
    }
    if isGuarded { output.write(", guarded") }
  }
}

/// Whose code ran when the fault happened.
public enum FaultOwner: Sendable {
  case task(TaskDescription)
  /// A linked module, called by a task.
  case module(name: ShortText, caller: TaskDescription?)
  /// The kernel itself, at work for a task or for nobody.
  case kernel(workingFor: TaskDescription?)
}

/// What stopped the code.
public enum FaultCause: Sendable {
  /// The processor's exception; the error code is zero where the exception has none.
  case exception(vector: UInt8, errorCode: UInt32)
  /// The watchdog found that the code ran with interrupts off, also from one system call to the next.
  case interruptsOff(milliseconds: UInt32, isInCalls: Bool)
  /// The watchdog found that a call into a module used the processor for so long, and has not come back.
  case callTookTooLong(milliseconds: UInt32)
  /// A Ring-0 task had its stack pointer where the kernel can neither work nor go back to the task.
  case stackUnusable
  /// A module asked the kernel for something with so little stack left that the kernel could not have worked.
  case stackExhausted(bytesLeft: UInt32)
  /// A module did what modules may not; the kernel found it.
  case moduleMistake(ModuleMistake)
}

/// What was done about it.
public enum FaultOutcome: Sendable {
  /// The task was ended; the rest of the system goes on.
  case taskEnded
  /// The module's caller got an error; the module is marked as failed.
  case callFailed
  /// Nothing could be done: the machine stops.
  case machineStopped
}

/// Everything that is known about a fault.
public struct FaultReport: Sendable {
  public var cause: FaultCause
  public var registers: FaultRegisters
  public var owner: FaultOwner
  public var outcome: FaultOutcome
  /// CR2: the address of a page fault, also of one that became a double fault.
  public var faultAddress: UInt32
  /// What `faultAddress` is.
  public var addressMeaning: AddressMeaning
  /// What ESP points at, where the processor could not use the stack (double faults).
  public var stackProblem: AddressMeaning?

  public init(
    cause: FaultCause, registers: FaultRegisters, owner: FaultOwner, outcome: FaultOutcome,
    faultAddress: UInt32 = 0, addressMeaning: AddressMeaning = .unknown, stackProblem: AddressMeaning? = nil
  ) {
    self.cause = cause
    self.registers = registers
    self.owner = owner
    self.outcome = outcome
    self.faultAddress = faultAddress
    self.addressMeaning = addressMeaning
    self.stackProblem = stackProblem
  }

  /// The exception, where it was one that the processor defines.
  var exception: ProcessorException? {
    if case .exception(let vector, _) = cause { return ProcessorException(rawValue: vector) }
    return nil
  }
}
