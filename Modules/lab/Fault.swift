// The faults, each in a function of its own, so that the kernel's explanation names it. Their numbers are those of the
// program `crash`. The addresses and numbers go through `opaque`, of whose results the compiler knows nothing.

import LabSupport
import ModuleSupport

enum Fault: UInt32 {
  case null, read, jump, divide, opcode, overflow, bounds, privileged
  case stack, esp, systemCallEsp, text, execute, unmapped, segment, breakpoint, port
  case kernelRead, kernelWrite, loop, cli, hlt, kernelFault, largeFrame
  case overrunUp, sse, precondition
  case cliCalls, cliSleep, timerStop, timerStopCli
  case pageFaultVector, doubleFaultVector, virtual8086, ring3Loop

  /// Does it. Comes back only where it is legal in the kernel.
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
    case .unmapped: usePageBehindTheModule()
    case .segment: loadBadSegment()
    case .breakpoint: hitBreakpoint()
    case .port: readPort()
    case .kernelRead: _ = opaque(readKernelMemory())
    case .kernelWrite: writeKernelMemory()
    case .loop: loopForEver()
    case .cli: loopWithInterruptsOff()
    case .hlt: haltWithInterruptsOff()
    // A module has the kernel's selector anyway.
    case .kernelFault: break
    case .largeFrame: _ = opaque(fillLargeFrame())
    case .overrunUp: _ = opaque(overrunArray())
    case .sse: useVectorRegister()
    case .pageFaultVector: raisePageFault()
    case .doubleFaultVector: raiseDoubleFault()
    case .virtual8086: enter_virtual_8086_mode()
    case .ring3Loop: loop_in_ring3()
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

/// Data, which must not be executed. Its bytes are UD2, for processors that cannot forbid it.
private nonisolated(unsafe) var data: UInt32 = 0x0b0f_0b0f

/// A word of the kernel's, in the direct map of the first page of memory.
private var kernelAddress: UInt32 { 0xc000_1000 }

@inline(never) func writeToNull() { volatile_write(opaque(0), 1) }

@inline(never) func readWildAddress() { _ = volatile_read(opaque(0x9ead_beec)) }

@inline(never) func jumpToWildAddress() { call_address(opaque(0x0000_4444)) }

@inline(never) func divideByZero() { divide_by(opaque(0)) }

@inline(never) func executeUndefinedInstruction() { undefined_instruction() }

@inline(never) func overflowAnAddition() -> UInt32 { opaque(.max) + opaque(1) }

@inline(never) func failPrecondition() {
  let number = opaque(3)
  precondition(opaque(4) > number, "a number is larger than the one before")
  precondition(opaque(number) < number, "no number is smaller than itself")
}

@inline(never) func indexPastTheEnd() -> UInt32 {
  let values = [opaque(1), opaque(2), opaque(3)]
  return values[Int(opaque(3))]
}

@inline(never) func executePrivilegedInstruction() { load_local_descriptor_table(opaque(0xfff8)) }

/// Every call needs more stack. The two `opaque` keep the compiler from making a loop of it.
@inline(never) func recurseForEver(_ depth: UInt32) -> UInt32 {
  if opaque(depth) == .max { return depth }
  return opaque(recurseForEver(depth &+ 1))
}

/// No stack holds 2 MiB.
@inline(never) func fillLargeFrame() -> UInt32 {
  let table = InlineArray<524_288, UInt32>(repeating: opaque(1))
  return table[Int(opaque(524_287))]
}

/// Writes over what lies above the array: registers, return addresses, the frames of callers.
@inline(never) func overrunArray() -> UInt32 {
  var array = InlineArray<4, UInt32>(repeating: opaque(1))
  withUnsafeMutablePointer(to: &array) { first in
    for index in 0..<54 { volatile_write(UInt32(UInt(bitPattern: first)) &+ opaque(UInt32(index) &* 4), 0x4141_4141) }
  }
  return array[Int(opaque(3))]
}

@inline(never) func useVectorRegister() { hidden_vector_instruction() }

@inline(never) func pushOntoNoStack() { push_at(opaque(0x0000_8000)) }

@inline(never) func enterKernelWithoutStack() { gate_call_at(opaque(0x0000_8000), 0) }

@inline(never) func writeOwnText() { volatile_write(opaque(code_address()), 0xcccc_cccc) }

@inline(never) func executeData() {
  withUnsafeMutablePointer(to: &data) { call_address(opaque(UInt32(UInt(bitPattern: $0)))) }
}

/// The page behind the module's last is a guard page.
@inline(never) func usePageBehindTheModule() {
  var address = opaque(constant_address()) & ~4095
  while opaque(1) == 1 {
    _ = volatile_read(address)
    address &+= 4096
  }
}

@inline(never) func loadBadSegment() { load_data_segment(opaque(0xfff8)) }

@inline(never) func hitBreakpoint() { breakpoint_instruction() }

@inline(never) func readPort() { _ = port_read(UInt16(truncatingIfNeeded: opaque(0x64))) }

@inline(never) func readKernelMemory() -> UInt32 { volatile_read(opaque(kernelAddress)) }

/// Reads a word of the kernel's and writes the same word back, so that nothing breaks although nothing stops it.
@inline(never) func writeKernelMemory() {
  let address = opaque(kernelAddress)
  volatile_write(address, volatile_read(address))
}

@inline(never) func loopForEver() { while opaque(1) == 1 {} }

@inline(never) func loopWithInterruptsOff() {
  disable_interrupts()
  while opaque(1) == 1 {}
}

@inline(never) func haltWithInterruptsOff() {
  disable_interrupts()
  while opaque(1) == 1 { halt() }
}

@inline(never) func raisePageFault() { raise_page_fault() }

@inline(never) func raiseDoubleFault() { raise_double_fault() }

@inline(never) func callWithInterruptsOff() {
  disable_interrupts()
  while opaque(1) == 1 { _ = Clock.now }
}

@inline(never) func sleepWithInterruptsOff() {
  disable_interrupts()
  while opaque(1) == 1 {
    let start = Clock.now
    while Clock.now &- start < 4_000_000 {}
    if !Clock.sleep(milliseconds: 1) { return }
  }
}

/// Channel 0 of the 8254 waits for a count that it never gets (mode 0).
@inline(never) func stopIntervalTimer() { port_write(0x43, UInt8(truncatingIfNeeded: opaque(0x30))) }
