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

/// An interrupt line that this module has.
public enum Line {
  /// Returns 0, or a negative error.
  public static func claim(_ line: UInt32) -> Int32 { megha_line_claim(line) }
  public static func release(_ line: UInt32) { megha_line_release(line) }
  public static func acknowledge(_ line: UInt32) { megha_line_acknowledge(line) }
  /// Waits for a line of this module's, for so long at the most. Returns false where the calling task is to end.
  public static func wait(nanoseconds: UInt64) -> Bool {
    let result = megha_line_wait(nanoseconds)
    return result >= 0 || result == ServiceError.timedOut
  }
}

/// Calls of this module's that wait for another one.
public enum Turn {
  /// Returns 0 when this one was woken, or a negative error.
  public static func wait() -> Int32 { megha_turn_wait() }
  /// Wakes the first.
  public static func wake() { megha_turn_wake() }
}

/// Requests that are answered later.
public enum Kept {
  /// Keeps the request of the caller. `woken` is run when a line has called, or the moment has come.
  public static func keep(_ woken: @convention(c) () -> Int32) -> UInt64 {
    megha_keep(unsafeBitCast(woken, to: UnsafeRawPointer.self))
  }

  /// Returns false where the answer reached nobody.
  public static func answer(_ request: UInt64, _ words: InlineArray<6, UInt32>, _ bytes: [UInt8]) -> Bool {
    withUnsafeBytes(of: words) { words in
      bytes.withUnsafeBufferPointer { bytes in
        megha_answer(
          request, words.baseAddress?.assumingMemoryBound(to: UInt32.self), bytes.baseAddress, UInt32(bytes.count)) == 0
      }
    }
  }

  /// The moment, in nanoseconds since boot; `.max`: none.
  public static func wake(at moment: UInt64) { megha_wake_at(moment) }
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
