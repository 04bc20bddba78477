// What the kernel does for modules: memory, time, ports, and who is calling.

import Drivers
import ModuleInterface
import PortInstructions

/// The kernel's clocks.
public enum Clock {
  /// Nanoseconds since boot.
  public static var now: UInt64 { megha_clock() }
  /// Seconds since 1970 at boot; 0 where the machine has no clock.
  public static var bootTime: UInt64 { megha_boot_time() }

  /// Waits while other tasks run. False where the calling task is to end: return soon then.
  public static func sleep(milliseconds: UInt32) -> Bool { megha_sleep(UInt64(milliseconds) &* 1_000_000) == 0 }
}

/// Memory of the kernel's that is accounted to this module. Swift's own allocations come from there too, but end the
/// call where there is no memory.
public enum KernelMemory {
  /// Returns nil where there is none.
  public static func allocate(_ size: Int, alignment: Int = 16) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    return megha_allocate(&memory, UInt32(alignment), UInt32(size)) == 0 ? memory : nil
  }

  public static func free(_ memory: UnsafeMutableRawPointer?) { megha_free(memory) }
}

/// On whose behalf the module runs.
public enum Caller {
  /// The identity of the calling process; 0 while the module starts by itself.
  public static var process: UInt32 { megha_caller() }
}

/// I/O ports that this module has and no other.
public enum PortClaim {
  /// Returns 0, or a negative error.
  public static func take(_ ports: ClosedRange<UInt16>) -> Int32 {
    megha_ports_claim(UInt32(ports.lowerBound), UInt32(ports.count))
  }

  public static func give(back ports: ClosedRange<UInt16>) {
    megha_ports_release(UInt32(ports.lowerBound), UInt32(ports.count))
  }
}

/// The drivers' seam, bound to the machine's ports.
public enum ModulePorts: PortAccess {
  @inline(__always) public static func read8(_ port: UInt16) -> UInt8 { port_read8(port) }
  @inline(__always) public static func read16(_ port: UInt16) -> UInt16 { port_read16(port) }
  @inline(__always) public static func read32(_ port: UInt16) -> UInt32 { port_read32(port) }
  @inline(__always) public static func write8(_ port: UInt16, _ value: UInt8) { port_write8(port, value) }
  @inline(__always) public static func write16(_ port: UInt16, _ value: UInt16) { port_write16(port, value) }
  @inline(__always) public static func write32(_ port: UInt16, _ value: UInt32) { port_write32(port, value) }
}
