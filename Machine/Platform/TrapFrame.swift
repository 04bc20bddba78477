// What an entry of the kernel leaves on the stack, and the numbers that go with it.

import MachineSupport

/// Exceptions by number (Intel SDM Vol. 3, table 6-1).
public enum ExceptionVector {
  public static var invalidOpcode: UInt32 { 6 }
  public static var deviceNotAvailable: UInt32 { 7 }
  public static var doubleFault: UInt32 { 8 }
  public static var generalProtection: UInt32 { 13 }
  public static var pageFault: UInt32 { 14 }
}

/// Bits of EFLAGS (Intel SDM Vol. 1, 3.4.3).
public enum EFlags {
  public static var interrupts: UInt32 { 1 << 9 }
  public static var virtual8086: UInt32 { 1 << 17 }
}

/// The registers of a system call, where the entry saved them. Its result goes into EAX.
public typealias CallRegisters = UnsafeMutablePointer<saved_registers>

/// The registers of a trap, an interrupt or a call by a gate.
public typealias TrapFrame = UnsafeMutablePointer<trap_frame>

extension UnsafeMutablePointer where Pointee == trap_frame {
  /// Whether code of Ring 3 or of virtual-8086 mode was interrupted.
  public var isFromOuterRing: Bool { pointee.cs & 3 != 0 || pointee.eflags & EFlags.virtual8086 != 0 }
  /// Whether the kernel or a linked module was interrupted. In virtual-8086 mode CS is no selector and may hold any number.
  public var isKernel: Bool {
    pointee.cs == UInt32(SELECTOR_KERNEL_CODE) && pointee.eflags & EFlags.virtual8086 == 0
  }
}
