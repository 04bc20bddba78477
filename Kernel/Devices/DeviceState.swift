// The state of this library: what the board has, and who has which part of it.

import DeviceClaims
import Firmware
import Platform
import Primitives

package struct DeviceState: ~Copyable {
  /// What the firmware says of the machine.
  package var board = FirmwareDevices()
  package var interrupts: Interrupts
  /// I/O ports and interrupt lines that modules and processes have.
  package var ports = PortClaims()
  package var lines = InterruptClaims()
  /// Memory that devices reach by themselves.
  package var runs = DeviceRuns()

  @inline(never)
  package init(_ context: Context) { interrupts = Interrupts(context) }
}

extension Context {
  package var devices: DeviceState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .devices)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .devices) }
  }
}
