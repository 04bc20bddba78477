// Handles as such, whatever they stand for.

import ABI
import Runtime

/// A handle of this process.
public struct Handle: Equatable, Sendable {
  public let number: UInt32
  public init(_ number: UInt32) { self.number = number }

  public static var input: Handle { Handle(StandardHandle.input) }
  public static var output: Handle { Handle(StandardHandle.output) }
  public static var error: Handle { Handle(StandardHandle.error) }

  /// A new handle for what `path` names.
  public static func open(_ path: [UInt8]) throws(SystemError) -> Handle {
    Handle(
      try checked(
        unsafe path.withUnsafeBufferPointer { unsafe SystemCalls.open($0.baseAddress, UInt32($0.count), []) }))
  }

  /// A second handle for the same object, which allows `rights` and nothing else.
  public func duplicate(_ rights: HandleRights) throws(SystemError) -> Handle {
    Handle(try checked(SystemCalls.handleDuplicate(number, rights)))
  }

  /// What it stands for, and what it allows.
  public func information() throws(SystemError) -> HandleInformation {
    var information = HandleInformation()
    _ = try checked(unsafe SystemCalls.handleInformation(number, &information))
    return information
  }

  /// Makes this standard handle stand for what `other` does. What it stood for before is closed.
  public func place(_ other: Handle) throws(SystemError) {
    _ = try checked(SystemCalls.handlePlace(other.number, number))
  }

  public func close() { _ = SystemCalls.close(number) }

  // MARK: Bytes

  /// Reads what is there, waiting for the first byte where it may come. Returns how many bytes were put at `buffer`; 0 at the end.
  public func read<let count: Int>(into buffer: inout InlineArray<count, UInt8>) throws(SystemError) -> Int {
    let result = unsafe withUnsafeMutablePointer(to: &buffer) {
      unsafe SystemCalls.read(number, $0, UInt32(count))
    }
    return Int(try checked(result))
  }

  /// All that comes until the end.
  public func contents() throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = InlineArray<512, UInt8>(repeating: 0)
    while true {
      let count = try read(into: &piece)
      if count == 0 { return bytes }
      for index in 0..<count { bytes.append(piece[index]) }
    }
  }

  /// Writes all of `bytes`, with as many system calls as it takes; also where there are none, so that it is known whether
  /// any could be written.
  public func write(_ bytes: Bytes) throws(SystemError) {
    var done = 0
    repeat {
      done += Int(try checked(unsafe SystemCalls.write(number, bytes.address + done, UInt32(bytes.count - done))))
    } while done < bytes.count
  }
}
