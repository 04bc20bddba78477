// Pages of the process's own address space.

import ABI
import Runtime

public enum Memory {
  /// Adds zeroed pages of at least `length` bytes, at `place` or, where that is 0, wherever there is room.
  /// Returns their address.
  public static func map(
    _ length: UInt32, _ permissions: MemoryPermissions, at place: UInt32 = 0
  ) throws(SystemError) -> UInt32 {
    // The result is a page's number, so that a high address is not taken for an error.
    try checked(SystemCalls.memoryMap(place, length, permissions)) << 12
  }

  /// Removes pages that `map` added.
  public static func unmap(_ address: UInt32, _ length: UInt32) throws(SystemError) {
    _ = try checked(SystemCalls.memoryUnmap(address, length))
  }

  /// Adds pages of this process to the address space of another one, which is a child of this process or which the
  /// right `tasks` allows to change. Returns their address there.
  public static func share(
    _ address: UInt32, _ length: UInt32, with task: TaskIdentity, _ permissions: MemoryPermissions
  ) throws(SystemError) -> UInt32 {
    try checked(SystemCalls.memoryShare(task.number, address, length, permissions)) << 12
  }

  /// Changes what pages allow.
  public static func protect(
    _ address: UInt32, _ length: UInt32, _ permissions: MemoryPermissions
  ) throws(SystemError) {
    _ = try checked(SystemCalls.memoryProtect(address, length, permissions))
  }
}
