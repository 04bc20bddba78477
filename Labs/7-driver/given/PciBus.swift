// The PCI bus by its configuration ports (PCI Local Bus Specification 3.0, 3.2.2.3.2 and chapter 6): as much as a driver
// needs to find its device.
//
// Invariant: the ports are claimed while this value is used, and free again as soon as the device is found.

import ABI
import Primitives
import SDK

struct PciBus {
  /// Where a device is.
  struct Place {
    /// The memory at its first base address.
    let baseAddress: UInt32
    /// The interrupt line that the firmware gave it.
    let line: UInt32
  }

  private static var address: UInt32 { 0xcf8 }
  private static var data: UInt32 { 0xcfc }
  private let ports: Ports

  init() throws(SystemError) { ports = try Ports(first: Self.address, count: 8) }

  /// Finds a device on the first bus and lets its memory answer. Nil where there is none.
  func find(vendor: UInt32, device: UInt32) throws(SystemError) -> Place? {
    defer { ports.handle.close() }
    for function in 0..<256 as Range<UInt32> {
      let configuration = 0x8000_0000 | function << 8
      guard try read(configuration) == device << 16 | vendor else { continue }
      // The command register: memory on. The status beside it is cleared by ones, so none are written.
      let command = try read(configuration | 0x04) & 0xffff
      try write(configuration | 0x04, command | 0x02)
      return Place(
        baseAddress: try read(configuration | 0x10) & ~0xf, line: try read(configuration | 0x3c) & 0xff)
    }
    return nil
  }

  private func read(_ place: UInt32) throws(SystemError) -> UInt32 {
    try ports.write(place, to: Self.address)
    return try ports.read32(Self.data)
  }

  private func write(_ place: UInt32, _ value: UInt32) throws(SystemError) {
    try ports.write(place, to: Self.address)
    try ports.write(value, to: Self.data)
  }
}
