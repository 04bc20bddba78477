// Handles as such, whatever they stand for.

import ABI
import Runtime

/// A handle of this process.
public struct Handle: Equatable, Sendable {
  public let number: UInt32
  public init(_ number: UInt32) { self.number = number }

  public static var input: Handle { Handle(StandardHandle.input) }
  public static var output: Handle { Handle(StandardHandle.output) }

  /// A second handle for the same object, which allows `rights` and nothing else.
  public func duplicate(_ rights: HandleRights) throws(SystemError) -> Handle {
    Handle(try checked(SystemCalls.handleDuplicate(number, rights)))
  }

  public func close() { _ = SystemCalls.close(number) }
}
