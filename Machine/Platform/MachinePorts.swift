// The seams of the drivers, bound to the real machine: each call compiles to the bare instruction.

import Drivers
import MachineSupport

public enum MachinePorts: PortAccess {
  @inline(__always) public static func read8(_ port: UInt16) -> UInt8 { port_read8(port) }
  @inline(__always) public static func read16(_ port: UInt16) -> UInt16 { port_read16(port) }
  @inline(__always) public static func read32(_ port: UInt16) -> UInt32 { port_read32(port) }
  @inline(__always) public static func write8(_ port: UInt16, _ value: UInt8) { port_write8(port, value) }
  @inline(__always) public static func write16(_ port: UInt16, _ value: UInt16) { port_write16(port, value) }
  @inline(__always) public static func write32(_ port: UInt16, _ value: UInt32) { port_write32(port, value) }
}
