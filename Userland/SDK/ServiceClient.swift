// Calling a service by name, the same whatever its placement.

import ABI
import Primitives
import Runtime
import ServiceSupport

/// A service opened for calls. One that does not know what it is asked makes the call fail with `unsupported`, as a module
/// does.
public struct ServiceClient {
  private let handle: UInt32

  /// The handle's number, for system calls.
  public var number: UInt32 { handle }

  public init(_ name: Bytes) throws(SystemError) {
    handle = try checked(unsafe SystemCalls.serviceOpen(name.address, UInt32(name.count)))
  }

  public init(_ name: StaticString) throws(SystemError) { try self.init(Bytes(name)) }

  public func close() { _ = SystemCalls.close(handle) }

  /// A request that travels in registers, as its reply does.
  /// - Returns: the first three words of the reply.
  @inline(__always)
  public func callInRegisters(
    _ operation: UInt32, _ first: UInt32 = 0, _ second: UInt32 = 0, _ third: UInt32 = 0
  ) throws(SystemError) -> (first: UInt32, second: UInt32, third: UInt32) {
    let reply = SystemCalls.callInRegisters(handle, operation, first, second, third)
    _ = try checked(reply.result)
    if isUnknownOperation(reply.edx) { throw .unsupported }
    return (reply.edx, reply.esi, reply.edi)
  }

  /// The same for who wants the first word of the reply alone.
  @inline(__always)
  public func callShort(
    _ operation: UInt32, _ first: UInt32 = 0, _ second: UInt32 = 0, _ third: UInt32 = 0
  ) throws(SystemError) -> UInt32 {
    try callInRegisters(operation, first, second, third).first
  }

  /// A request with words and bytes.
  /// - Parameters:
  ///   - data: what is sent, at most 64 KiB.
  ///   - reply: receives the reply's bytes in place of what it held; at most `capacity` of them.
  ///   - nanoseconds: the longest wait; nil: no limit.
  /// - Returns: the reply's six words.
  public func call(
    _ operation: UInt32, words: InlineArray<6, UInt32> = InlineArray(repeating: 0), data: [UInt8] = [],
    reply: inout [UInt8], capacity: Int = 0, nanoseconds: UInt64? = nil
  ) throws(SystemError) -> InlineArray<6, UInt32> {
    if data.isEmpty, capacity == 0, nanoseconds == nil, words[3] | words[4] | words[5] == 0 {
      reply = []
      return try callInRegisters(operation, words)
    }
    var message = Message()
    message.operation = operation
    message.words = words
    try unsafe data.withUnsafeBufferPointer { source throws(SystemError) in
      unsafe message.dataAddress = address(source.baseAddress)
      message.dataLength = UInt32(source.count)
      try send(&message, reply: &reply, capacity, nanoseconds)
    }
    return message.words
  }

  /// Three words there, and as many back as there are.
  private func callInRegisters(
    _ operation: UInt32, _ words: InlineArray<6, UInt32>
  ) throws(SystemError) -> InlineArray<6, UInt32> {
    let short = SystemCalls.callInRegisters(handle, operation, words[0], words[1], words[2])
    let result = try checked(short.result)
    if isUnknownOperation(short.edx) { throw .unsupported }
    if result == 0 { return [short.edx, short.esi, short.edi, 0, 0, 0] }
    var message = Message()
    _ = try checked(unsafe SystemCalls.replyRest(&message))
    return message.words
  }

  /// The same with whole pages of this process, by their address, which are lent for as long as the call lasts: the server
  /// reads them where they are. One that has no place for them gets a copy.
  public func call(
    _ operation: UInt32, words: InlineArray<6, UInt32> = InlineArray(repeating: 0), lending pages: UInt32,
    _ length: UInt32, reply: inout [UInt8], capacity: Int = 0, nanoseconds: UInt64? = nil
  ) throws(SystemError) -> InlineArray<6, UInt32> {
    var message = Message()
    message.operation = operation
    message.words = words
    message.dataAddress = pages
    message.dataLength = length | Message.lendsPages
    try send(&message, reply: &reply, capacity, nanoseconds)
    return message.words
  }

  private func send(
    _ message: inout Message, reply: inout [UInt8], _ capacity: Int, _ nanoseconds: UInt64?
  ) throws(SystemError) {
    let limit = WordPair(nanoseconds ?? .max)
    var result: Int32 = 0
    var bytes: [UInt8] = []
    if capacity > 0 {
      // Nobody sees more of it than what the reply fills.
      bytes = unsafe Array(unsafeUninitializedCapacity: capacity) { target, count in
        message.bufferAddress = UInt32(UInt(bitPattern: target.baseAddress))
        message.bufferCapacity = UInt32(capacity)
        result = unsafe SystemCalls.call(handle, &message, limit.low, limit.high)
        count = result < 0 ? 0 : min(Int(message.dataLength), capacity)
      }
    } else {
      result = unsafe SystemCalls.call(handle, &message, limit.low, limit.high)
    }
    _ = try checked(result)
    if isUnknownOperation(message.words[0]) { throw .unsupported }
    reply = bytes
  }
}

extension Verdict {
  /// Why the service did not do it, or nil; a number that this client does not know is thrown as `unsupported`.
  public static func failure(_ word: UInt32) throws(SystemError) -> Failure? {
    switch Verdict(word) {
    case .done: return nil
    case .failed(let failure): return failure
    case .unknown: throw .unsupported
    }
  }
}

/// What is known about the services of the system.
public enum ServiceList {
  public static func information(_ index: UInt32) -> ServiceInformation? {
    var information = ServiceInformation()
    return unsafe SystemCalls.serviceInformation(index, &information) < 0 ? nil : information
  }

  /// The service of this name, if it was ever published.
  public static func find(_ name: Bytes) -> ServiceInformation? {
    var index: UInt32 = 0
    while let information = self.information(index) {
      index += 1
      if information.name.isEqual(to: name) { return information }
    }
    return nil
  }

  public static func control(_ name: Bytes, _ action: ServiceAction) throws(SystemError) {
    _ = try checked(unsafe SystemCalls.serviceControl(name.address, UInt32(name.count), action.rawValue))
  }
}

extension Name {
  /// Whether the name, up to its zeros, is `text`.
  public func isEqual(to text: Bytes) -> Bool {
    guard text.count < 32 else { return false }
    for index in 0..<32 where bytes[index] != (index < text.count ? text[index] : 0) { return false }
    return true
  }

  /// Calls `body` with the name, without its zeros.
  public func withBytes<Result>(_ body: (Bytes) -> Result) -> Result {
    var count = 0
    while count < 32, bytes[count] != 0 { count += 1 }
    return unsafe withUnsafePointer(to: bytes) {
      unsafe $0.withMemoryRebound(to: UInt8.self, capacity: 32) { unsafe body(Bytes(start: $0, count: count)) }
    }
  }
}
