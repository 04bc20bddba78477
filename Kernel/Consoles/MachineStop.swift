// The end of the machine's work on purpose.
//
// Invariant: nothing here allocates, waits or returns.

import MachineSupport
import Platform
import Primitives

extension Context {
  /// The port of QEMU's isa-debug-exit device; on a real machine nothing answers there.
  package var exitPort: UInt16 { 0xf4 }

  /// Tells the host the status and stops the machine. The port takes six bits of it, for a machine with one serial port.
  package func stopMachine(status: Int32) -> Never {
    consoles.console.tellHost("status", status)
    consoles.console.finish()
    port_write32(exitPort, 0x40 | UInt32(bitPattern: min(max(status, 0), 0x3f)))
    var output = KernelOutput(self)
    output.write("The machine is stopped; it can be switched off.\n")
    halt_forever()
  }
}
