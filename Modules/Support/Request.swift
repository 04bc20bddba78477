// A request to a service of a module: from the C structure that the kernel passes to the value that services know.
//
// Invariant: the data lie in memory that the kernel holds while the service function runs; no request outlives it. The reply's
// bytes go straight to the caller's memory, which only `megha_reply` touches: a fault there is the caller's error.

import ModuleInterface
import ServiceSupport

/// Has `handler` answer a request. Its result goes to the caller: 0, or a negative error that the caller gets instead
/// of the reply.
///
/// - Parameter keeping: gives the request a number where the service keeps it.
@inline(__always)
public func answer(
  _ message: UnsafeMutablePointer<service_request>?, keeping: (@convention(c) () -> UInt64)? = nil,
  _ handler: (inout Request) -> Int32
) -> Int32 {
  guard let message else { return ServiceError.badArgument }
  let words = UnsafeMutableRawPointer(message).advanced(by: wordsOffset)
    .assumingMemoryBound(to: InlineArray<6, UInt32>.self)
  var request = Request(
    operation: message.pointee.operation, words: words, sender: message.pointee.sender,
    data: message.pointee.data?.assumingMemoryBound(to: UInt8.self),
    dataCount: Int(truncatingIfNeeded: message.pointee.data_length),
    reply: message, capacity: Int(truncatingIfNeeded: message.pointee.buffer_capacity),
    writing: { megha_reply($0?.assumingMemoryBound(to: service_request.self), $1, $2, $3) },
    keeping: keeping, rights: { _ in megha_caller_rights() }, lives: { megha_process_lives($0) != 0 })
  let result = handler(&request)
  words.pointee = request.reply
  return request.isKept ? ServiceError.kept : result
}

/// `offsetof(struct service_request, words)`: behind the operation.
private var wordsOffset: Int { 4 }

/// Errors that a service function can return: the numbers of the system calls.
public enum ServiceError {
  public static var badArgument: Int32 { -3 }
  public static var notFound: Int32 { -4 }
  public static var outOfMemory: Int32 { -5 }
  public static var cancelled: Int32 { -11 }
  public static var tooLarge: Int32 { -14 }
  public static var busy: Int32 { -16 }
  public static var unsupported: Int32 { -19 }
  public static var timedOut: Int32 { -10 }
  /// No error: the request is kept.
  fileprivate static var kept: Int32 { .min + 1 }
}
