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

/// How a request comes, and how its reply goes back.
public enum CallForm: UInt8, Sendable {
  /// As a message in the caller's memory, both.
  case message
  /// The request in registers; of the reply the first word, in EAX.
  case word
  /// In registers, both; more than three words of a reply stay in the record.
  case registers
}

public struct CallRecord {
  /// The request, and once answered the reply. What goes from registers to registers is not in it.
  public var message = Message()
  // The next are where ipc.S and ipc_message.S expect them.
  public var form = CallForm.message
  public var place = CallPlace.nowhere
  /// Names this call among those that a server task has taken; 1 or more.
  public var number: UInt32 = 0
  /// The address of the service's queues while the call is anywhere.
  var service: UInt = 0
  /// What the call comes to: 0 or more, an error of the ABI, or `retry`.
  public var result: Int32 = 0
  /// Where in the caller's memory the request's data are, and where the reply's may go: the message's own addresses
  /// become the server's.
  public var dataAddress: UInt32 = 0
  public var bufferAddress: UInt32 = 0
  /// Short data on their way (ipc_message.S); and how many bytes of a reply's data are there, not yet in the caller's memory.
  public var inlineLength: UInt32 = 0
  public var inlineData = InlineArray<16, UInt32>(repeating: 0)
  /// The task that has pages which the caller lends, and how many bytes of them.
  public var lentTo: Reference<Task>?
  public var lentLength: UInt32 = 0
  /// Whether the two addresses are of kernel memory: the kernel itself asks, for the task.
  public var dataIsOfKernel = false
  public var roomIsOfKernel = false
  /// Whether the kernel asks: it has no place for a handle.
  public var isOfKernel = false
  /// The process that calls.
  public var sender: TaskIdentity
  /// Whether the request's data are pages to lend, which nobody has taken yet.
  public var isLending = false
  /// The address of a piece of the kernel's heap for paths that the kernel sends for this task; 0: there was none yet. It stays with
  /// the record.
  public var paths: UInt32 = 0
  /// The address of the module that keeps the request or is about to, and of its function that goes on with what it keeps; 0: no
  /// module does.
  public var keeper: UInt32 = 0
  public var continuation: UInt32 = 0

  public init(sender: TaskIdentity) { self.sender = sender }

  /// The queues of the service that the call is to; nil: it is nowhere.
  public var queues: Reference<CallQueues>? {
    guard let queues = unsafe UnsafeMutablePointer<CallQueues>(bitPattern: service) else { return nil }
    return unsafe Reference(queues)
  }

  /// What the caller gets in EAX once the reply is in `message`: no error, so the highest bit of a word is lost.
  @inlinable public var resultOfReply: Int32 {
    switch form {
    case .message: 0
    case .word: Int32(bitPattern: message.words[0] & 0x7fff_ffff)
    case .registers: message.hasThreeWords ? 0 : 1
    }
  }

  /// Whether the request travels in registers: no more than three words, no bytes either way, and no handle.
  @inlinable public var fitsRegisters: Bool {
    message.hasThreeWords && message.dataLength | message.bufferCapacity | message.operation & Message.passesHandle == 0
  }

  /// A result that tells a caller to send its request again, to whoever serves then.
  public static var retry: Int32 { Int32.min }
  /// What a module's service function returns where it keeps the request.
  public static var kept: Int32 { Int32.min + 1 }
}

extension Message {
  /// Makes it a reply of three words.
  @inlinable @inline(__always)
  public mutating func setReply(_ first: UInt32, _ second: UInt32, _ third: UInt32) {
    operation = 0
    words[0] = first
    words[1] = second
    words[2] = third
    for index in 3..<6 { words[index] = 0 }
    dataLength = 0
  }

  /// Whether all words behind the third are 0.
  @inlinable @inline(__always)
  public var hasThreeWords: Bool { words[3] | words[4] | words[5] == 0 }
}

extension Task {
  /// The record of the call that this task makes.
  public var call: Reference<CallRecord> {
    unsafe Reference(UnsafeMutablePointer(bitPattern: callRecord).unsafelyUnwrapped)
  }
}
