// The configuration space of the PCI bus (PCI Local Bus Specification 2.2, 3.2.2.3.2 and 6.1), and what is there for disks.
//
// Invariant: a search only reads, but where it says otherwise.

import Primitives

/// The registers of the functions of all devices, through two ports.
public enum ConfigurationSpace<Ports: PortAccess> {
  public static var ports: ClosedRange<UInt16> { 0xcf8...0xcff }
  private static var address: UInt16 { 0xcf8 }
  private static var data: UInt16 { 0xcfc }
  /// What an access that is being made has put into the address register.
  static var saved: UInt32 {
    get { Ports.read32(address) }
    set { Ports.write32(address, newValue) }
  }

  static func read(_ function: UInt32, _ register: UInt32) -> UInt32 {
    Ports.write32(address, place(function, register))
    return Ports.read32(data)
  }

  static func write(_ function: UInt32, _ register: UInt32, _ value: UInt32) {
    Ports.write32(address, place(function, register))
    Ports.write32(data, value)
  }

  /// - Parameter function: bus, device and function, of 8, 5 and 3 bits.
  private static func place(_ function: UInt32, _ register: UInt32) -> UInt32 {
    0x8000_0000 | function &<< 8 | register
  }
}

/// A controller of disks that nothing here drives.
public struct UndrivenController: Equatable {
  /// Bus, device and function, of 8, 5 and 3 bits.
  public let function: UInt32
  /// Its subclass of mass storage (PCI Code and ID Assignment Specification 1.11, 1.2).
  public let kind: UInt32

  /// Writes such as `AHCI controller at 00:1f.2: no driver`.
  public func describe(to output: inout some TextOutput) {
    switch kind {
    case 0x00: output.write("SCSI or virtio controller")
    case 0x04: output.write("RAID controller")
    case 0x06: output.write("AHCI controller")
    case 0x07: output.write("SAS controller")
    case 0x08: output.write("NVMe controller")
    default: output.write("controller of mass storage")
    }
    output.write(" at ")
    Self.write(function &>> 8, to: &output)
    output.write(":")
    Self.write(function &>> 3 & 0x1f, to: &output)
    output.write(".")
    output.write(hexadecimalDigit: UInt8(truncatingIfNeeded: function & 7))
    output.write(": no driver")
  }

  private static func write(_ byte: UInt32, to output: inout some TextOutput) {
    output.write(hexadecimalDigit: UInt8(truncatingIfNeeded: byte &>> 4))
    output.write(hexadecimalDigit: UInt8(truncatingIfNeeded: byte))
  }
}

extension ConfigurationSpace {
  /// The controllers of disks that have no legacy ports, on all buses, at most `limit`.
  public static func undrivenControllers(limit: Int) -> [UndrivenController] {
    var found: [UndrivenController] = []
    var function: UInt32 = 0
    while function < 1 << 16, found.count < limit {
      let isFirst = function & 7 == 0
      // 6.2.1: a function that is not there reads as ones.
      guard read(function, 0x00) & 0xffff != 0xffff else {
        function &+= isFirst ? 8 : 1
        continue
      }
      // Class 1 is mass storage; subclass 1 has the ports of Drivers/AtaDisk.swift, subclass 2 is of floppy disks.
      let kind = read(function, 0x08)
      if kind &>> 24 == 1, kind &>> 16 & 0xff != 1, kind &>> 16 & 0xff != 2 {
        found.append(UndrivenController(function: function, kind: kind &>> 16 & 0xff))
      }
      // 6.2.1: bit 7 of the header's type, in the first function: there are more.
      function &+= isFirst && read(function, 0x0c) & 0x80_0000 == 0 ? 8 : 1
    }
    return found
  }

  /// Finds the bus master of a controller with legacy ports on the first bus, and lets it use memory: its eight ports. Nil
  /// where there is none.
  public static func findBusMaster() -> UInt16? {
    for function in 0..<256 as Range<UInt32> {
      // 6.2.1: class 1.1, a controller of ATA disks; bit 7 of its interface: a bus master.
      let kind = read(function, 0x08)
      guard kind &>> 16 == 0x0101, kind & 0x8000 != 0 else { continue }
      // The fifth base address, of ports.
      let base = read(function, 0x20)
      guard base & 1 == 1, base & 0xfff0 != 0 else { continue }
      // 6.2.2: ports and bus master on; the status beside them is cleared by ones, so none are written.
      write(function, 0x04, read(function, 0x04) & 0xffff | 0x05)
      return UInt16(truncatingIfNeeded: base & 0xfff0)
    }
    return nil
  }
}
