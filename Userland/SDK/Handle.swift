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
  public static func open(_ path: [UInt8], _ flags: OpenFlags = []) throws(SystemError) -> Handle {
    Handle(try Files.at(path) { address, count in unsafe SystemCalls.open(address, count, flags) })
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

  // MARK: Files

  /// What the file or directory is that it stands for.
  public func file() throws(SystemError) -> FileInformation {
    var information = FileInformation()
    _ = try checked(unsafe SystemCalls.handleFile(number, &information))
    return information
  }

  /// Where the next read or write begins.
  public func seek(to position: UInt32) throws(SystemError) { _ = try checked(SystemCalls.seek(number, position)) }

  /// Cuts a file, or makes it longer by zeros.
  public func resize(to size: UInt32) throws(SystemError) { _ = try checked(SystemCalls.fileResize(number, size)) }

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

  public func write(_ bytes: [UInt8]) throws(SystemError) {
    try unsafe bytes.withUnsafeBufferPointer { bytes throws(SystemError) in
      guard let start = bytes.baseAddress else { return }
      try unsafe write(Bytes(start: start, count: bytes.count))
    }
  }

  /// Writes the first `count` of `bytes`.
  public func write<let size: Int>(_ bytes: InlineArray<size, UInt8>, _ count: Int) throws(SystemError) {
    try unsafe withUnsafePointer(to: bytes) { start throws(SystemError) in
      try unsafe start.withMemoryRebound(to: UInt8.self, capacity: size) { start throws(SystemError) in
        try unsafe write(Bytes(start: start, count: count))
      }
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
