// The end of the machine's work: on purpose, or because the kernel itself cannot go on.
//
// Invariant: nothing here allocates, waits or returns.

import Diagnostics
import MachineSupport
import Memory
import Primitives
import Scheduling

/// The port of QEMU's isa-debug-exit device; on a real machine nothing answers there.
private var exitPort: UInt16 { 0xf4 }

/// Tells the host the status and stops the machine. The port takes six bits of it, for a machine with one serial port.
func stopMachine(status: Int32) -> Never {
  kernel.console.tellHost("status", status)
  kernel.console.finish()
  port_write32(exitPort, 0x40 | UInt32(bitPattern: min(max(status, 0), 0x3f)))
  var output = KernelOutput()
  output.write("The machine is stopped; it can be switched off.\n")
  halt_forever()
}

/// The kernel found itself in a state it cannot go on from. Says what, and stops.
func panic(_ reason: StaticString) -> Never {
  disable_interrupts()
  var output = KernelOutput()
  output.write("\nKERNEL PANIC: ")
  output.write(reason)
  output.write("\n")
  output.write("uptime ")
  output.write(decimal: kernel.clock.now / 1_000_000)
  output.write(" ms, ")
  if cpu.current_task == 0 {
    output.write("before the first task")
  } else {
    output.write(decimal: kernel.scheduler.tasks.count)
    output.write(" tasks, current ")
    output.write(decimal: kernel.scheduler.current.value.identity.value)
  }
  output.write(", ")
  output.write(decimal: kernel.memory.frames.freeFrames)
  output.write(" pages free\n")
  kernel.recentFailure.write(at: kernel.clock.now, to: &output)
  kernel.console.tellHost("panic", text: reason)
  kernel.console.finish()
  port_write32(exitPort, 0x11)
  halt_forever()
}
