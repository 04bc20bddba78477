// The faults, each in a function of its own, so that the kernel's explanation names it. Every one really faults in an
// optimised program: the addresses and numbers go through `opaque`, of whose results the compiler knows nothing.

import ABI
import SDK
import UserSupport

/// Maps memory that may be read and written, but not executed. Its bytes are UD2, for processors that cannot forbid it.
private func mapData() -> UInt32 {
  guard let address = try? Memory.map(4096, [.read, .write]) else { Process.exit(1) }
  volatile_write(address, 0x0b0f_0b0f)
  return address
}

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

@inline(never) func readKernelMemory() -> UInt32 {
  volatile_read(opaque(AddressLayout.kernelStart &+ 0x1000))
}

/// Reads a word of the kernel's and writes the same word back, so that nothing breaks where nothing stops it.
@inline(never) func writeKernelMemory() {
  let address = opaque(AddressLayout.kernelStart &+ 0x1000)
  volatile_write(address, read_code_segment() & 3 == 0 ? volatile_read(address) : 0)
}

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

@inline(never) func enterKernelWithoutStack() {
  gate_call_at(opaque(0x0000_8000), SystemCall.null.rawValue)
}

@inline(never) func writeOwnText() { volatile_write(opaque(text_start()), 0xcccc_cccc) }

@inline(never) func executeData() { call_address(opaque(mapData())) }

@inline(never) func useMemoryGivenBack() {
  let address = mapData()
  try? Memory.unmap(address, 4096)
  volatile_write(opaque(address), 1)
}

@inline(never) func loadBadSegment() { load_data_segment(opaque(0xfff8)) }

@inline(never) func hitBreakpoint() { breakpoint_instruction() }

@inline(never) func readPort() { _ = port_read(UInt16(truncatingIfNeeded: opaque(0x64))) }

// Without PAUSE: an emulator that counts instructions leaves its loop at each one, and takes minutes for 200 ms.
@inline(never) func loopForEver() { while opaque(1) == 1 {} }

@inline(never) func loopWithInterruptsOff() {
  disable_interrupts()
  while opaque(1) == 1 {}
}

@inline(never) func haltWithInterruptsOff() {
  disable_interrupts()
  while opaque(1) == 1 { halt() }
}

/// Calls of every way in and of every length: through the page, through the gate, into the memory's bookkeeping.
@inline(never) func callWithInterruptsOff() {
  disable_interrupts()
  while opaque(1) == 1 {
    _ = Clock.sinceBoot
    _ = gate_call0(SystemCall.yield.rawValue)
    if let page = try? Memory.map(4096, [.read, .write]) { try? Memory.unmap(page, 4096) }
    var heap = HeapInformation()
    _ = unsafe SystemCalls.heapInformation(0, &heap)
  }
}

/// Four fifths of the time it works, so that it has used its time soon.
@inline(never) func sleepWithInterruptsOff() {
  disable_interrupts()
  while opaque(1) == 1 {
    let start = Clock.sinceBoot
    while Clock.sinceBoot &- start < 4_000_000 {}
    Thread.sleep(milliseconds: 1)
  }
}

/// Channel 0 of the 8254 waits for a count that it never gets (mode 0).
@inline(never) func stopIntervalTimer() { port_write(0x43, UInt8(truncatingIfNeeded: opaque(0x30))) }

@inline(never) func faultAsKernel() { fault_in_kernel_segment() }

@inline(never) func raisePageFault() { raise_page_fault() }

@inline(never) func raiseDoubleFault() { raise_double_fault() }

@inline(never) func enterVirtual8086Mode() { enter_virtual_8086_mode() }

@inline(never) func loopInRing3() { if read_code_segment() & 3 == 3 { loopForEver() } else { loop_in_ring3() } }

/// Where every program begins, and where every program calls.
@inline(never) func leaveBreakpoints() {
  set_breakpoints(opaque(AddressLayout.processTextStart &+ 0x100), opaque(AddressLayout.systemCallPage))
}

@inline(never) func switchFloatUnitOn() { clear_task_switched_flag() }

@inline(never) func changeSysenter() { set_sysenter_target(opaque(0x0000_4444)) }

@inline(never) func useDeadFrame() { _ = clock_into_dead_frame(SystemCall.clock.rawValue) }

/// The stack pointer of the thread that is written over.
private nonisolated(unsafe) var victimsStack: UInt32 = 0

/// Sleeps in a call while another thread writes over its stack, as the same kind of task as the first one.
@inline(never) func scribbleOverAThread() {
  let options = StartOptions(flags: (try? TaskIdentity.current.information())?.flags ?? [])
  guard
    let victim = try? Thread.start(
      options,
      body: {
        victimsStack = stack_pointer()
        Thread.sleep(milliseconds: 100)
        return 0
      })
  else { Process.exit(1) }
  Thread.sleep(milliseconds: 20)
  for address in stride(from: victimsStack &- 256, to: victimsStack, by: 4) { volatile_write(address, 0) }
  guard case .faulted = try? victim.join() else { Process.exit(2) }
}

@inline(never) func changeControlRegister4() { set_time_stamp_disable() }

/// The vectors of exceptions and of the gate for calls stay.
@inline(never) func shortenInterruptTable() { shorten_interrupt_table(UInt16(truncatingIfNeeded: opaque(0x40f))) }

@inline(never) func emulateFloatUnit() { emulate_float_unit() }

@inline(never) func jumpToTaskState() { jump_to_task_state() }
