// Who has the keyboard: the console, or whoever has claimed a part of it, one of its two ports or its line.
//
// Invariants:
// - The console touches the ports only while nobody has claimed any part.
// - However a driver ends, its handles are closed or its module is taken out, and with the last part the keyboard is the
//   console's again, brought into a known state whatever the driver left.

import DeviceClaims
import Drivers
import Machine

enum KeyboardLoan {
  private typealias Controller = KeyboardController<MachinePorts>

  /// Whether somebody has claimed a part of it.
  private static var isLent: Bool {
    DeviceInterrupts.isClaimed(Controller.line)
      || kernel.ports.isClaimed(UInt32(Controller.dataPort)) || kernel.ports.isClaimed(UInt32(Controller.statusPort))
  }

  /// Gives the keyboard away or takes it back. Called after each change of what is claimed.
  static func settle() {
    let isLent = isLent
    guard isLent == kernel.console.hasKeyboard else { return }
    if isLent {
      kernel.console.hasKeyboard = false
      // Who claims only the ports looks by itself.
      if !DeviceInterrupts.isClaimed(Controller.line) { kernel.interrupts.mask(line: Controller.line) }
    } else {
      // An edge that comes while the controller starts is kept, and finds nothing to receive.
      kernel.interrupts.unmask(line: Controller.line)
      _ = kernel.console.startKeyboard()
    }
  }
}
