// The end of the machine's work: on purpose, or because the kernel itself cannot go on.
//
// Invariant: nothing here allocates, waits or returns.

import ABI
import Consoles
import Devices
import Diagnostics
import MachineSupport
import Memory
@_spi(Entry) import Platform
import Primitives
import Scheduling
import VirtualMemory

/// The kernel found itself in a state it cannot go on from. Says what, and stops.
@c(stop_with_panic) func stopWithPanic(_ reason: UnsafePointer<UInt8>?, _ length: UInt32) -> Never {
  disable_interrupts()
  let context = Context()
  let reason = Span(_unsafeStart: reason.unsafelyUnwrapped, count: Int(length))
  var output = KernelOutput(context)
  output.write("\nKERNEL PANIC: ")
  output.write(reason)
  output.write("\n")
  output.write("uptime ")
  output.write(decimal: context.clock.now / 1_000_000)
  output.write(" ms, ")
  if cpu.current_task == 0 {
    output.write("before the first task")
  } else {
    output.write(decimal: context.scheduler.tasks.count)
    output.write(" tasks, current ")
    output.write(decimal: context.scheduler.current.value.identity.value)
  }
  output.write(", ")
  output.write(decimal: context.memory.frames.freeFrames)
  output.write(" pages free\n")
  context.consoles.recentFailure.write(at: context.clock.now, to: &output)
  context.consoles.console.tellHost("panic", reason)
  context.consoles.console.finish()
  port_write32(context.exitPort, 0x11)
  halt_forever()
}
