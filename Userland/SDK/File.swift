// Files and whatever else `open` gives a handle to.

import ABI
import Primitives
import Runtime

/// An open file. It is closed when the value ends.
public struct File: ~Copyable {
  public let handle: UInt32

  /// Opens what `path` names.
  public init(_ path: Bytes, _ flags: OpenFlags = []) throws(SystemError) { try self.init(path.copied, flags) }

  public init(_ path: [UInt8], _ flags: OpenFlags = []) throws(SystemError) {
    handle = try Handle.open(path, flags).number
  }

  deinit { _ = SystemCalls.close(handle) }

  /// Reads up to 512 bytes and calls `body` with them; returns how many there were, 0 at the end.
  public func read(_ body: (Bytes) -> Void) throws(SystemError) -> Int {
    var buffer = InlineArray<512, UInt8>(repeating: 0)
    let result = unsafe withUnsafeMutablePointer(to: &buffer) { unsafe SystemCalls.read(handle, $0, 512) }
    let count = Int(try checked(result))
    unsafe withUnsafePointer(to: &buffer) {
      unsafe $0.withMemoryRebound(to: UInt8.self, capacity: 512) {
        unsafe body(Bytes(start: $0, count: count))
      }
    }
    return count
  }

  public func write(_ bytes: [UInt8]) throws(SystemError) { try Handle(handle).write(bytes) }

  /// Where the next read or write begins.
  public func seek(to position: UInt32) throws(SystemError) { try Handle(handle).seek(to: position) }

  /// Cuts it, or makes it longer by zeros.
  public func resize(to size: UInt32) throws(SystemError) { try Handle(handle).resize(to: size) }

  public func information() throws(SystemError) -> FileInformation { try Handle(handle).file() }

  /// All that is left of the file.
  public func contents() throws(SystemError) -> [UInt8] { try Handle(handle).contents() }
}

/// The files of the boot archives.
public enum BootFiles {
  /// The file number `index`, from 0; nil after the last.
  public static func entry(_ index: UInt32) -> FileEntry? {
    var entry = FileEntry()
    return unsafe SystemCalls.fileEntry(index, &entry) < 0 ? nil : entry
  }
}

extension TextOutput {
  /// Writes a name of the ABI up to its padding, and spaces up to `width` columns.
  public mutating func write(_ name: Name, width: Int = 0) {
    var count = 0
    while count < 32, name.bytes[count] != 0 {
      write(byte: name.bytes[count])
      count += 1
    }
    pad(width - count)
  }
}
