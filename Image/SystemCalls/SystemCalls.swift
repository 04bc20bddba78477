// System calls about the machine as a whole: clocks, the log, counters, the end.

import ABI
import Diagnostics
import MachineSupport
import Scheduling
import Primitives

enum SystemCalls {
  @inline(never)
  static func clock(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var reading = ClockReading()
    reading.sinceBoot = WordPair(kernel.clock.now)
    reading.bootTime = WordPair(kernel.clock.bootTime)
    try UserBuffer(address: arguments.first, length: 0).write(reading)
    return 0
  }

  @inline(never)
  static func logRead(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let buffer = UserBuffer(address: arguments.second, length: arguments.third)
    let log = kernel.memory.log
    var chunk = InlineArray<256, UInt8>(repeating: 0)
    var position = log.bootStart + UInt64(arguments.first)
    var done: UInt32 = 0
    while done < min(arguments.third, 0x7fff_ffff) {
      var target = chunk.mutableSpan
      let (start, count) = log.read(from: position, into: &target)
      let wanted = min(UInt32(count), arguments.third - done)
      if wanted == 0 { break }
      try chunk.span.withUnsafeBytes { bytes throws(SystemError) in
        try buffer.copyOut(from: bytes.baseAddress.unsafelyUnwrapped, offset: done, count: wanted)
      }
      done += wanted
      position = start + UInt64(wanted)
    }
    return Int32(bitPattern: done)
  }

  @inline(never)
  static func powerOff(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard kernel.scheduler.current.value.process.value.rights.contains(.power) else { throw .notPermitted }
    if kernel.memory.isProvedAtEnd, MemoryCounts.discrepancies() > 0 {
      panic("memory is not accounted for; the log says which")
    }
    stopMachine(status: Int32(bitPattern: arguments.first))
  }

  @inline(never)
  static func measure(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var counters = MachineCounters()
    counters.addressSpaceChanges = WordPair(kernel.schedulerState.spaceChanges)
    counters.taskSwitches = WordPair(kernel.schedulerState.switches)
    counters.tlbFlushes = WordPair(kernel.counters.tlbFlushes)
    counters.pageFaults = WordPair(kernel.counters.pageFaults)
    counters.bytesCopied = WordPair(kernel.counters.bytesCopied)
    counters.interrupts = WordPair(kernel.counters.interrupts)
    counters.entryStamp = WordPair(stamp_at_entry())
    counters.firstTaskStamp = WordPair(kernel.counters.firstTaskStamp)
    try UserBuffer(address: arguments.first, length: 0).write(counters)
    return 0
  }
}
