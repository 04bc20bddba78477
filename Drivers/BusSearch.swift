// Which device on the PCI bus answers at an I/O port.
//
// Invariants: the search only reads, and leaves the address register as it was. Where nothing drives the bus it finds nothing.

import Primitives

extension ConfigurationSpace {
  /// The class (PCI Code and ID Assignment Specification 1.11, 1.1) of the device on the first bus that has these ports; nil where
  /// there is none, or where they are not all of one device.
  ///
  /// How many ports a base address stands for is known only to who writes to it. So the device is the one whose base address is the
  /// last at or before the first port, as long as the ports lie within the 256 that a device has at the most (PCI 2.2, 6.2.5.1), and
  /// no other device's begin among them.
  public static func classOfDevice(withPorts first: UInt32, _ count: UInt32) -> UInt32? {
    let before = saved
    defer { saved = before }
    var found: (base: UInt32, kind: UInt32)?
    for function in 0..<256 as Range<UInt32> {
      // 6.2.1: a function that is not there reads as ones. Bits 16 to 22 of register 0x0c: what follows is no bridge's.
      guard read(function, 0x00) & 0xffff != 0xffff, read(function, 0x0c) &>> 16 & 0x7f == 0 else { continue }
      for register in stride(from: 0x10 as UInt32, through: 0x24, by: 4) {
        let address = read(function, register)
        let base = address & 0xfffc
        guard address & 3 == 1, base != 0 else { continue }
        if base > first, base < first &+ count { return nil }
        if base <= first, base >= found?.base ?? 0 { found = (base, read(function, 0x08) &>> 24) }
      }
    }
    guard let found, first &+ count <= found.base &+ 256 else { return nil }
    return found.kind
  }
}
