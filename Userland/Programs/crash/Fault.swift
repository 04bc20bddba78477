// The table of faults: what each does, what it is expected to come to, and in which ring.

import ABI
import SDK
import UserSupport

/// How a fault is expected to end.
enum Expectation {
  /// A check of the task's own ends it: its code stops itself.
  case check
  /// The task is ended by one of two exceptions.
  case exception(UInt32, or: UInt32)
  /// The task goes on until it is killed.
  case endless
  /// The watchdog ends the task.
  case stuck
  /// It is legal here: the task exits with status 0.
  case legal
  /// Nothing is promised: it may go through or not.
  case notPromised
}

/// The circumstances that a fault happens in.
struct Circumstances {
  var ring: UInt32
  var isGuarded: Bool
  var isShared: Bool
}

enum Fault: UInt8 {
  case null, read, jump, divide, opcode, overflow, bounds, privileged
  case stack, esp, systemCallEsp, text, execute, unmapped, segment, breakpoint, port
  case kernelRead, kernelWrite, loop, cli, hlt, kernelFault, largeFrame
  case overrunUp, sse, precondition, cliCalls, cliSleep, timerStop, timerStopCli
  case pageFaultVector, doubleFaultVector, virtual8086, ring3Loop, breakpoints, floatUnit, sysenter, dangle, scribble
  case control4, tables, emulation, taskState

  private static var count: UInt8 { 44 }

  /// Whether a linked module commits it too. The others concern what only a task has, or what nothing stops in the kernel.
  var isForModules: Bool {
    switch self {
    case .kernelFault, .breakpoints, .floatUnit, .sysenter, .dangle, .scribble, .control4, .tables,
      .emulation, .taskState:
      false
    default: true
    }
  }

  /// Whether it changes what the kernel puts back only when the task ends, so that others meet it while the task lives
  /// (docs/what-ring0-may-do.md).
  var staysUntilTheEnd: Bool {
    switch self {
    case .sysenter, .control4, .tables, .emulation: true
    default: false
    }
  }

  /// Whether nothing leads back to a module's caller.
  var endsCaller: Bool { self == .virtual8086 || self == .ring3Loop }

  init?(named name: Bytes) {
    for value in 0..<Self.count {
      if let fault = Fault(rawValue: value), name == fault.name {
        self = fault
        return
      }
    }
    return nil
  }

  static func forEach(_ body: (Fault) -> Void) {
    for value in 0..<count {
      if let fault = Fault(rawValue: value) { body(fault) }
    }
  }

  var name: StaticString {
    switch self {
    case .null: "null"
    case .read: "read"
    case .jump: "jump"
    case .divide: "divide"
    case .opcode: "opcode"
    case .overflow: "overflow"
    case .bounds: "bounds"
    case .privileged: "privileged"
    case .stack: "stack"
    case .esp: "esp"
    case .systemCallEsp: "system-call-esp"
    case .text: "text"
    case .execute: "execute"
    case .unmapped: "unmapped"
    case .segment: "segment"
    case .breakpoint: "breakpoint"
    case .port: "port"
    case .kernelRead: "kernel-read"
    case .kernelWrite: "kernel-write"
    case .loop: "loop"
    case .cli: "cli"
    case .hlt: "hlt"
    case .kernelFault: "kernel-fault"
    case .largeFrame: "large-frame"
    case .overrunUp: "overrun-up"
    case .sse: "sse"
    case .pageFaultVector: "int-14"
    case .doubleFaultVector: "int-8"
    case .virtual8086: "virtual-8086"
    case .ring3Loop: "ring3-loop"
    case .breakpoints: "breakpoints"
    case .floatUnit: "float-unit"
    case .sysenter: "sysenter"
    case .dangle: "dangle"
    case .scribble: "scribble"
    case .control4: "control-4"
    case .tables: "tables"
    case .emulation: "emulation"
    case .taskState: "task-state"
    case .cliCalls: "cli-calls"
    case .cliSleep: "cli-sleep"
    case .timerStop: "timer-stop"
    case .timerStopCli: "timer-stop-cli"
    case .precondition: "precondition"
    }
  }

  var summary: StaticString {
    switch self {
    case .null: "writes to address 0"
    case .read: "reads an address where nothing is"
    case .jump: "jumps to an address where nothing is"
    case .divide: "divides by zero"
    case .opcode: "executes an instruction that does not exist"
    case .overflow: "adds numbers whose sum does not fit, which Swift traps"
    case .bounds: "takes an array's element past the end, which Swift traps"
    case .privileged: "executes LLDT, privileged in Ring 3, with a selector that is bad in Ring 0"
    case .stack: "calls itself until the stack ends"
    case .esp: "pushes a word while the stack pointer points nowhere"
    case .systemCallEsp: "makes a system call while the stack pointer points nowhere"
    case .text: "writes over its own code"
    case .execute: "jumps to data"
    case .unmapped: "uses memory that it gave back"
    case .segment: "loads a segment register with a bad selector"
    case .breakpoint: "executes a breakpoint with no debugger there"
    case .port: "reads a device's port, which is legal in Ring 0"
    case .kernelRead: "reads kernel memory, which is legal in Ring 0"
    case .kernelWrite: "writes kernel memory; unless guarded, nothing is promised in Ring 0"
    case .loop: "loops for ever; it is killed"
    case .cli: "turns interrupts off and loops"
    case .hlt: "turns interrupts off and halts the processor"
    case .kernelFault: "loads the kernel's code selector, as Ring 0 may, and faults with it"
    case .largeFrame: "fills a local array that is larger than any stack, from its lower end"
    case .overrunUp: "writes 200 bytes past the end of a local array"
    case .sse: "executes an instruction of SSE, which only a module must not"
    case .pageFaultVector: "raises the page fault's vector by INT, which pushes no error code"
    case .doubleFaultVector: "raises the double fault's vector by INT"
    case .virtual8086: "returns to virtual-8086 mode"
    case .ring3Loop: "returns to Ring 3 by itself and loops there"
    case .breakpoints: "leaves debug registers set that other programs would meet"
    case .floatUnit: "switches the floating-point unit on, whoever's registers it holds"
    case .sysenter: "changes where SYSENTER goes"
    case .dangle: "gives a call a pointer into a frame that has returned"
    case .scribble: "writes over the stack of another thread, which waits in a call"
    case .control4: "sets a bit of CR4 that takes the time-stamp counter from Ring 3"
    case .emulation: "sets CR0.EM and executes a floating-point instruction"
    case .taskState: "makes a far jump to the task state of double faults"
    case .tables: "loads the interrupt table's register with too small a limit"
    case .cliCalls: "turns interrupts off and makes system calls in a loop"
    case .cliSleep: "turns interrupts off, and works and sleeps in turn"
    case .timerStop: "stops the board's interval timer, on which the watchdog may run"
    case .timerStopCli: "stops that timer, turns interrupts off and loops"
    case .precondition: "fails a precondition of its own, which has a sentence"
    }
  }

  func expectation(in place: Circumstances) -> Expectation {
    let isRing0 = place.ring == 0
    switch self {
    case .null, .read, .jump, .text, .unmapped, .overrunUp: return .exception(14, or: 14)
    case .divide: return .exception(0, or: 0)
    case .opcode, .overflow, .bounds, .precondition: return .check
    case .privileged, .segment: return .exception(13, or: 13)
    case .kernelFault: return isRing0 ? .check : .exception(13, or: 13)
    // The processor cannot push its frame there in Ring 0: a double fault, which the kernel may trace back.
    case .stack, .largeFrame, .esp, .systemCallEsp: return .exception(14, or: 8)
    // A processor without the no-execute bit runs the data, which is UD2.
    case .execute: return .exception(14, or: 6)
    case .breakpoint: return .exception(3, or: 3)
    case .sse: return .legal
    case .port: return isRing0 ? .legal : .exception(13, or: 13)
    case .kernelRead: return isRing0 ? .legal : .exception(14, or: 14)
    case .kernelWrite: return isRing0 && !place.isGuarded ? .notPromised : .exception(14, or: 14)
    case .loop: return .endless
    case .pageFaultVector: return .exception(13, or: 13)
    case .doubleFaultVector: return isRing0 ? .exception(8, or: 8) : .exception(13, or: 13)
    // To Ring 3 with a stack that the processor cannot switch to: a double fault at the next interrupt.
    case .virtual8086: return isRing0 ? .exception(14, or: 8) : .exception(13, or: 14)
    case .ring3Loop: return place.isShared || place.isGuarded ? .exception(8, or: 8) : .endless
    // It meets one of them itself, on its way out.
    case .breakpoints: return isRing0 ? .exception(1, or: 1) : .exception(13, or: 13)
    case .floatUnit, .sysenter, .control4, .tables, .emulation: return isRing0 ? .legal : .exception(13, or: 13)
    // On a shared stack the kernel would overwrite its own frames, and refuses. Else the program returns to nowhere, perhaps
    // with the trap flag set.
    case .dangle: return place.isShared ? .legal : .exception(14, or: 1)
    case .scribble: return .legal
    case .taskState: return isRing0 ? .exception(8, or: 8) : .exception(13, or: 13)
    case .cli, .hlt, .cliCalls, .cliSleep, .timerStopCli: return isRing0 ? .stuck : .exception(13, or: 13)
    case .timerStop: return isRing0 ? .legal : .exception(13, or: 13)
    }
  }

  /// Does it. Comes back only where it is legal.
  func commit() {
    switch self {
    case .null: writeToNull()
    case .read: readWildAddress()
    case .jump: jumpToWildAddress()
    case .divide: divideByZero()
    case .opcode: executeUndefinedInstruction()
    case .overflow: _ = opaque(overflowAnAddition())
    case .bounds: _ = opaque(indexPastTheEnd())
    case .privileged: executePrivilegedInstruction()
    case .stack: _ = opaque(recurseForEver(0))
    case .esp: pushOntoNoStack()
    case .systemCallEsp: enterKernelWithoutStack()
    case .text: writeOwnText()
    case .execute: executeData()
    case .unmapped: useMemoryGivenBack()
    case .segment: loadBadSegment()
    case .breakpoint: hitBreakpoint()
    case .port: readPort()
    case .kernelRead: _ = opaque(readKernelMemory())
    case .kernelWrite: writeKernelMemory()
    case .loop: loopForEver()
    case .cli: loopWithInterruptsOff()
    case .hlt: haltWithInterruptsOff()
    case .kernelFault: faultAsKernel()
    case .largeFrame: _ = opaque(fillLargeFrame())
    case .overrunUp: _ = opaque(overrunArray())
    case .sse: useVectorRegister()
    case .pageFaultVector: raisePageFault()
    case .doubleFaultVector: raiseDoubleFault()
    case .virtual8086: enterVirtual8086Mode()
    case .ring3Loop: loopInRing3()
    case .breakpoints: leaveBreakpoints()
    case .floatUnit: switchFloatUnitOn()
    case .sysenter: changeSysenter()
    case .dangle: useDeadFrame()
    case .scribble: scribbleOverAThread()
    case .control4: changeControlRegister4()
    case .tables: shortenInterruptTable()
    case .emulation: emulateFloatUnit()
    case .taskState: jumpToTaskState()
    case .cliCalls: callWithInterruptsOff()
    case .cliSleep: sleepWithInterruptsOff()
    case .timerStop: stopIntervalTimer()
    case .timerStopCli:
      stopIntervalTimer()
      loopWithInterruptsOff()
    case .precondition: failPrecondition()
    }
  }
}
