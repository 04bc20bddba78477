// The instructions of the kernel that may fault, and where it goes on when one does. The assembly names both beside the
// instructions (RECOVER in cpu_area.inc); the linker puts the entries into one table.
//
// Invariant: the table is read-only data of the image. A fault at any other place of the kernel is the kernel's own error.

import MachineSupport

package enum RecoveryTable {
  /// Where to go on after a fault of the instruction at `address`; nil where none is expected.
  package static func target(ofFaultAt address: UInt32) -> UInt32? {
    var entry = address_of___recovery_start()
    while entry < address_of___recovery_end() {
      if address >= memory_read32(entry), address < memory_read32(entry &+ 4) { return memory_read32(entry &+ 8) }
      entry &+= 12
    }
    return nil
  }
}
