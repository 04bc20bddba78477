// The record of a task's call: its request and, later, the answer, in kernel memory where both sides reach it whatever
// address space is loaded.
//
// Invariant: `place` says where the caller is. `nowhere`: in no call, or answered and not yet back in its own code;
// `queued`: in the service's `callers`; `given` and `taken`: in `servedCallers` of the task that serves it; `kept`: in the
// service's `kept`.

import ABI
import Primitives
import Scheduling

/// Where a call is on its way.
public enum CallPlace: UInt8, Sendable {
  case nowhere
  /// It waits for a server to take it.
  case queued
  /// It was handed to a waiting server task, which has not run yet.
  case given
  /// A server task works on it.
  case taken
  /// The server has put it aside, to answer it later.
  case kept

  /// Whether a server task has the request.
  var isInside: Bool { self == .given || self == .taken }
}

public struct CallRecord {
  /// The request, and once answered the reply.
  public var message = Message()
  /// Whether the reply's first word goes to EAX, or all of it to a Message in the caller's memory.
  public var isShort = false
  public var place = CallPlace.nowhere
  /// What the call comes to: 0 or more, an error of the ABI, or `retry`.
  public var result: Int32 = 0
  /// Names this call among those that a server task has taken; 1 or more.
  public var number: UInt32 = 0
  /// Where in the caller's memory the request's data are, and where the reply's may go: the message's own addresses
  /// become the server's.
  public var dataAddress: UInt32 = 0
  public var bufferAddress: UInt32 = 0
  /// Whether these are addresses of kernel memory: the kernel itself asks, for the task.
  public var dataIsOfKernel = false
  public var roomIsOfKernel = false
  /// Whether the kernel asks: it has no place for a handle.
  public var isOfKernel = false
  /// The process that calls.
  public var sender: TaskIdentity
  /// Whether the request's data are pages to lend; the task that has them, and how many bytes of them.
  public var isLending = false
  public var lentTo: Reference<Task>?
  public var lentLength: UInt32 = 0
  /// The address of a piece of the kernel's heap for paths that the kernel sends for this task; 0: there was none yet. It stays with
  /// the record.
  public var paths: UInt32 = 0
  /// The address of the module that keeps the request or is about to, and of its function that goes on with what it keeps; 0: no
  /// module does.
  public var keeper: UInt32 = 0
  public var continuation: UInt32 = 0
  /// The address of the service's queues while the call is anywhere.
  var service: UInt = 0

  public init(sender: TaskIdentity) { self.sender = sender }

  /// What the caller gets in EAX once the reply is in `message`: no error, so its highest bit is lost.
  @inlinable public var resultOfReply: Int32 { isShort ? Int32(bitPattern: message.words[0] & 0x7fff_ffff) : 0 }

  /// A result that tells a caller to send its request again, to whoever serves then.
  public static var retry: Int32 { Int32.min }
  /// What a module's service function returns where it keeps the request.
  public static var kept: Int32 { Int32.min + 1 }
}

extension Task {
  /// The record of the call that this task makes.
  public var call: Reference<CallRecord> {
    unsafe Reference(UnsafeMutablePointer(bitPattern: callRecord).unsafelyUnwrapped)
  }
}
