// Notifications: bits that tasks set, also from other processes, and that interrupts set.

import ABI
import Runtime

/// A word of 31 bits to set and to wait for.
public struct Notification: Sendable {
  public let handle: Handle

  /// Makes a new one. It dies with this process.
  public init() throws(SystemError) { handle = Handle(try checked(SystemCalls.notificationCreate())) }

  /// One that was made elsewhere, by its handle here.
  public init(_ handle: Handle) { self.handle = handle }

  public func signal(_ bits: UInt32) throws(SystemError) {
    _ = try checked(SystemCalls.notificationSignal(handle.number, bits))
  }

  /// Sets bits here and takes those of another notification, waiting for the first: what two sides that take turns do. It is
  /// shorter than `signal` and `wait`.
  /// - Parameter nanoseconds: the longest wait; 0: none; nil: no limit.
  public func signal(
    _ bits: UInt32, andWaitFor other: Notification, nanoseconds: UInt64? = nil
  ) throws(SystemError) -> UInt32 {
    let limit = WordPair(nanoseconds ?? .max)
    return try checked(
      SystemCalls.notificationSignalAndWait(handle.number, bits, other.handle.number, limit.low, limit.high))
  }

  /// Takes all bits that are set, waiting for the first.
  /// - Parameter nanoseconds: the longest wait; 0: none; nil: no limit.
  public func wait(nanoseconds: UInt64? = nil) throws(SystemError) -> UInt32 {
    let limit = WordPair(nanoseconds ?? .max)
    return try checked(SystemCalls.notificationWait(handle.number, limit.low, limit.high))
  }
}
