// The table of faults: what each does, what it is expected to come to, and in which ring.

import ABI
import SDK
import UserSupport

/// How a fault is expected to end.
enum Expectation {
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
}

enum Fault: UInt8 {
  case null, read, jump, divide, opcode, overflow, bounds, privileged
  case stack, esp, systemCallEsp, text, execute, unmapped, segment, breakpoint, port
  case kernelRead, kernelWrite, loop, cli, hlt, kernelFault, largeFrame
  case overrunUp, sse

  private static var count: UInt8 { 26 }

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
    }
  }

  func expectation(in place: Circumstances) -> Expectation {
    let isRing0 = place.ring == 0
    switch self {
    case .null, .read, .jump, .text, .unmapped, .overrunUp: return .exception(14, or: 14)
    case .divide: return .exception(0, or: 0)
    case .opcode, .overflow, .bounds: return .exception(6, or: 6)
    case .privileged, .segment: return .exception(13, or: 13)
    case .kernelFault: return isRing0 ? .exception(6, or: 6) : .exception(13, or: 13)
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
    case .cli, .hlt: return isRing0 ? .stuck : .exception(13, or: 13)
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
    }
  }
}
