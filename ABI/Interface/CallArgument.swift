// What an argument of a system call is. Generated/SystemCallArguments.swift says it for each; `fuzz` invents calls by
// it, `strace` prints them by it, and the kernel knows by it which bytes of a traced call to keep.

/// What an argument word means. Sizes are in bytes.
public enum CallArgumentKind: Equatable, Sendable {
  case number
  /// A set of bits.
  case flags
  case task
  case handle
  /// The address of bytes that the kernel reads, and of bytes that it writes; the next argument is their number.
  case bytesIn
  case bytesOut
  /// The number of bytes at the address in the argument before.
  case length
  /// The address of a structure that the kernel reads, writes, or reads and then writes.
  case structureIn(size: UInt32)
  case structureOut(size: UInt32)
  case structureInOut(size: UInt32)
  /// An address that the kernel does not copy from or to.
  case address
  /// The two halves of a time in nanoseconds.
  case timeLow
  case timeHigh
}

public struct CallArgument: Sendable {
  public let name: StaticString
  public let kind: CallArgumentKind
  @inlinable public init(_ name: StaticString, _ kind: CallArgumentKind) {
    self.name = name
    self.kind = kind
  }
}

extension SystemCall {
  /// Which argument is the address of bytes that the kernel reads, with their number in the next one; nil: none.
  public var indexOfBytesIn: Int? {
    for index in 0..<argumentCount where argument(index)?.kind == .bytesIn { return index }
    return nil
  }
}
