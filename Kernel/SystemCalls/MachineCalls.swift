// System calls about the machine as a whole: clocks, the log, counters, the end.

import ABI
import Consoles
import Devices
import Diagnostics
import MachineSupport
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct MachineCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  @inline(never)
  func clock(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var reading = ClockReading()
    reading.sinceBoot = WordPair(context.clock.now)
    reading.bootTime = WordPair(context.clock.bootTime)
    try UserBuffer(address: arguments.first, length: 0, in: context).write(reading)
    return 0
  }

  @inline(never)
  func logRead(_ arguments: Arguments) throws(SystemError) -> Int32 {
    // It tells of all, and of addresses of the kernel's.
    guard context.currentProcess.value.rights.contains(.tasks) else { throw .notPermitted }
    let buffer = UserBuffer(address: arguments.second, length: arguments.third, in: context)
    let log = context.consoles.log
    var chunk = InlineArray<256, UInt8>(repeating: 0)
    var position = log.bootStart + UInt64(arguments.first)
    var done: UInt32 = 0
    while done < min(arguments.third, 0x7fff_ffff) {
      var target = chunk.mutableSpan
      let (start, count) = log.read(from: position, into: &target)
      let wanted = min(UInt32(count), arguments.third - done)
      if wanted == 0 { break }
      unsafe try chunk.span.withUnsafeBytes { bytes throws(SystemError) in
        unsafe try buffer.copyOut(from: bytes.baseAddress.unsafelyUnwrapped, offset: done, count: wanted)
      }
      done += wanted
      position = start + UInt64(wanted)
    }
    return Int32(bitPattern: done)
  }

  @inline(never)
  func powerOff(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard context.currentProcess.value.rights.contains(.power) else { throw .notPermitted }
    if context.memory.isProvedAtEnd, MemoryCounts(context).discrepancies() > 0 {
      panic("memory is not accounted for; the log says which")
    }
    context.stopMachine(status: Int32(bitPattern: arguments.first))
  }

  @inline(never)
  func counters(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var counters = MachineCounters()
    counters.addressSpaceChanges = WordPair(context.schedulerState.spaceChanges)
    counters.taskSwitches = WordPair(context.schedulerState.switches)
    counters.tlbFlushes = WordPair(context.counters.tlbFlushes)
    counters.pageFaults = WordPair(context.counters.pageFaults)
    counters.bytesCopied = WordPair(context.counters.bytesCopied &+ read_module_bytes_copied())
    counters.interrupts = WordPair(context.counters.interrupts)
    counters.entryStamp = WordPair(stamp_at_entry())
    counters.firstTaskStamp = WordPair(context.counters.firstTaskStamp)
    try UserBuffer(address: arguments.first, length: 0, in: context).write(counters)
    return 0
  }
}
