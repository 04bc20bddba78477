// Messages between a task's memory and the record of a call.

import ABI
import MachineSupport
import Memory
import Messages
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

/// The words of messages on their way between a task's memory and a call's record.
package struct MessageCopy {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// A whole message.
  static var all: UInt32 { 12 }
  /// How many bytes of one lie before `bufferAddress` and `bufferCapacity`.
  static var placeOfRoom: UInt32 { 36 }
  /// What is read of one: all but who sent it, which the kernel knows.
  static var read: UInt32 { 11 }
  /// What a caller gets back: the operation, six words, the data's address and length.
  package static var reply: UInt32 { 9 }

  @inline(__always)
  package func read(into record: Reference<CallRecord>, from message: UInt32) throws(SystemError) {
    guard tryRead(into: record, from: message) else {
      throw isInside(message) ? UserBuffer.copyFailure(context) : .badAddress
    }
  }

  @inline(__always)
  func tryRead(into record: Reference<CallRecord>, from message: UInt32) -> Bool {
    isInside(message) && user_copy_words(UInt32(record.address), message, Self.read) == 0
  }

  /// The same as `write` for a message that was read in this call by a task that is not guarded.
  @inline(__always)
  func tryWrite(_ record: Reference<CallRecord>, to message: UInt32, words: UInt32) -> Bool {
    user_copy_words(message, UInt32(record.address), words) == 0
  }

  @inline(__always)
  package func write(
    _ record: Reference<CallRecord>, to message: UInt32, words: UInt32
  ) throws(SystemError) {
    guard isInside(message) else { throw .badAddress }
    if context.scheduler.protection.checksCopies,
      !UserBuffer(address: message, length: words * 4, in: context).mayBeWritten
    {
      throw .badAddress
    }
    guard tryWrite(record, to: message, words: words) else { throw UserBuffer.copyFailure(context) }
  }

  /// Whether a whole message lies in the part of the address space that tasks may use.
  @inline(__always)
  func isInside(_ message: UInt32) -> Bool {
    UserBuffer(address: message, length: Self.all * 4, in: context).isInside
  }
}
