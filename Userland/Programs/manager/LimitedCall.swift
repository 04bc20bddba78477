// System calls that may not come back, each in a thread of its own that is ended when its time is over.
//
// Invariant: such a thread allocates nothing and holds no lock once it has begun, so it can be ended anywhere: what it needs is
// there before, and it gives back nothing before whoever waits for it has said so.

import ABI
import Primitives
import Runtime
import SDK

enum LimitedCall {
  private final class Progress: @unchecked Sendable {
    let done = Semaphore(0)
    let taken = Semaphore(0)
    var result: Int32 = 0
  }

  /// What the call returned; nil where it did not come back in time.
  static func run(milliseconds: UInt64, _ call: @escaping () -> Int32) -> Int32? {
    let progress = Progress()
    do throws(SystemError) {
      let thread = try Thread.start { () -> Int32 in
        progress.result = call()
        progress.done.give()
        progress.taken.take()
        return 0
      }
      var isDone = progress.done.take(nanoseconds: milliseconds * 1_000_000)
      if isDone { progress.taken.give() } else { try thread.task.kill(status: 1) }
      _ = try thread.join()
      // It may have come back in the last moment.
      if !isDone { isDone = progress.done.takeIfThere() }
      return isDone ? progress.result : nil
    } catch { return error.rawValue }
  }
}

/// A name for a system call, in memory that stays.
final class NameArguments: @unchecked Sendable {
  let name: UnsafeMutablePointer<UInt8>
  let count: UInt32

  init(_ bytes: [UInt8]) {
    unsafe name = .allocate(capacity: max(bytes.count, 1))
    for index in bytes.indices { unsafe name[index] = bytes[index] }
    count = UInt32(bytes.count)
  }

  deinit { unsafe name.deallocate() }
}

/// A request to a linked service, whose memory is there before it is sent.
final class LinkedCall: @unchecked Sendable {
  private let handle: UInt32
  private let message: UnsafeMutablePointer<Message>
  private let data: NameArguments
  private let buffer: UnsafeMutablePointer<UInt8>
  private let capacity: Int

  init(_ client: ServiceClient, _ operation: UInt32, _ words: InlineArray<6, UInt32>, _ data: [UInt8], _ capacity: Int)
  {
    handle = client.number
    self.data = NameArguments(data)
    self.capacity = capacity
    unsafe buffer = .allocate(capacity: max(capacity, 1))
    unsafe message = .allocate(capacity: 1)
    var first = Message()
    first.operation = operation
    first.words = words
    first.dataAddress = UInt32(UInt(bitPattern: unsafe self.data.name))
    first.dataLength = self.data.count
    first.bufferAddress = UInt32(UInt(bitPattern: unsafe buffer))
    first.bufferCapacity = UInt32(capacity)
    unsafe message.initialize(to: first)
  }

  deinit {
    unsafe buffer.deallocate()
    unsafe message.deallocate()
  }

  func send() -> Int32 { unsafe SystemCalls.call(handle, message, .max, .max) }

  var words: InlineArray<6, UInt32> { unsafe message.pointee.words }

  var reply: [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<min(Int(clamping: unsafe message.pointee.dataLength), capacity) {
      bytes.append(unsafe buffer[index])
    }
    return bytes
  }
}
