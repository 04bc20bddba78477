// Who has the keyboard: the console, or whoever has claimed a part of it, one of its two ports or its line.
//
// Invariants:
// - The console touches the ports only while nobody has claimed any part.
// - However a driver ends, its handles are closed or its module is taken out, and with the last part the keyboard is the
//   console's again, brought into a known state whatever the driver left.

import Consoles
import DeviceClaims
import Drivers
import Memory
import Platform
import Primitives

struct KeyboardLoan {
  let context: Context

  init(_ context: Context) { self.context = context }

  private typealias Controller = KeyboardController<MachinePorts>

  /// Whether somebody has claimed a part of it.
  private var isLent: Bool {
    DeviceInterrupts(context).isClaimed(Controller.line)
      || context.devices.ports.isClaimed(UInt32(Controller.dataPort))
      || context.devices.ports.isClaimed(UInt32(Controller.statusPort))
  }

  /// Gives the keyboard away or takes it back. Called after each change of what is claimed.
  func settle() {
    let isLent = isLent
    guard isLent == context.consoles.console.hasKeyboard else { return }
    if isLent {
      context.consoles.console.hasKeyboard = false
      // Who claims only the ports looks by itself.
      if !DeviceInterrupts(context).isClaimed(Controller.line) {
        context.devices.interrupts.mask(line: Controller.line)
      }
    } else {
      // An edge that comes while the controller starts is kept, and finds nothing to receive.
      context.devices.interrupts.unmask(line: Controller.line)
      _ = context.consoles.console.startKeyboard()
    }
  }
}
