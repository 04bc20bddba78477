// Calls as the kernel takes them, so that tests can give it what no library would.

import ABI
import Primitives
import Runtime
import SDK

/// What came of a call.
struct Answer {
  /// 0 or more, or an error.
  var result: Int32
  var words = InlineArray<6, UInt32>(repeating: 0)
  var length: UInt32 = 0

  func failed(with error: SystemError) -> Bool { result == error.rawValue }
  var isDone: Bool { result == 0 }
}

/// An opened service.
struct Connection {
  let handle: UInt32

  init?(_ name: Bytes) {
    let result = unsafe SystemCalls.serviceOpen(name.address, UInt32(name.count))
    guard result >= 0 else { return nil }
    handle = UInt32(result)
  }

  func close() { _ = SystemCalls.close(handle) }

  /// Calls with words alone, or with memory at any address. `milliseconds` nil: without limit.
  func call(
    _ operation: UInt32, _ first: UInt32 = 0, _ second: UInt32 = 0, data: UInt32 = 0, length: UInt32 = 0,
    buffer: UInt32 = 0, capacity: UInt32 = 0, milliseconds: UInt64? = nil
  ) -> Answer {
    var message = Message()
    message.operation = operation
    message.words[0] = first
    message.words[1] = second
    message.dataAddress = data
    message.dataLength = length
    message.bufferAddress = buffer
    message.bufferCapacity = capacity
    let limit = WordPair(milliseconds.map { $0 * 1_000_000 } ?? .max)
    let result = unsafe SystemCalls.call(handle, &message, limit.low, limit.high)
    return Answer(result: result, words: message.words, length: message.dataLength)
  }
}

/// Pages of the process that a test fills and looks at, by their address.
struct Pages {
  let address: UInt32
  let length: UInt32

  init(_ length: UInt32, _ permissions: MemoryPermissions = [.read, .write]) {
    self.length = length
    address = (try? Memory.map(length, permissions)) ?? 0
  }

  func end() { try? Memory.unmap(address, length) }

  private var bytes: UnsafeMutablePointer<UInt8>? { unsafe UnsafeMutablePointer(bitPattern: UInt(address)) }

  func fill(_ count: UInt32, from first: UInt8) {
    guard let bytes = unsafe bytes else { return }
    for index in 0..<count { unsafe bytes[Int(index)] = first &+ UInt8(truncatingIfNeeded: index &* 7) }
  }

  func holds(_ count: UInt32, from first: UInt8) -> Bool {
    guard let bytes = unsafe bytes else { return false }
    for index in 0..<count where unsafe bytes[Int(index)] != first &+ UInt8(truncatingIfNeeded: index &* 7) {
      return false
    }
    return true
  }
}
