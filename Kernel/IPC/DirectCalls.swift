// The short way of a conversation: a call to a server task that waits already, and an answer after which the server
// waits again. Both end in a switch straight to the other side.
//
// Invariant: where anything is out of the ordinary (bad memory, a time limit, a hold, somebody more urgent, a guarded
// task), nothing has changed and nil comes back: the general way (Calls.swift) does it, or says what is wrong.

import ABI
import Memory
import Messages
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct DirectCalls {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// A call by message. Nil: the general way is to do it.
  @inline(__always)
  package func call(_ service: Reference<Service>, _ message: UInt32, _ record: Reference<CallRecord>) -> Int32? {
    let task = context.scheduler.current
    guard let server = service.queues.directServer(for: task), context.scheduler.canSwitchDirectly(to: server),
      !context.scheduler.protection.checksCopies, MessageCopy(context).tryRead(into: record, from: message)
    else { return nil }
    let sizes = record.value.message.dataLength | record.value.message.bufferCapacity
    guard sizes <= Calls.dataLimit else { return nil }
    record.value.isShort = false
    record.value.dataAddress = record.value.message.dataAddress
    record.value.bufferAddress = record.value.message.bufferAddress
    return exchange(service, record, server, replyTo: message)
  }

  /// The same as `exchange`, and writes the reply to the caller's message.
  @inline(__always)
  func exchange(
    _ service: Reference<Service>, _ record: Reference<CallRecord>, _ server: Reference<Task>, replyTo message: UInt32
  ) -> Int32 {
    let result = exchange(service, record, server)
    if result != 0 { return result }
    record.value.message.dataAddress = record.value.dataAddress
    return MessageCopy(context).tryWrite(record, to: message, words: MessageCopy.reply)
      ? 0 : UserBuffer.copyFailure(context).rawValue
  }

  /// Sends the request in the record to a server task that waits, and returns the result.
  @inline(__always)
  package func exchange(
    _ service: Reference<Service>, _ record: Reference<CallRecord>, _ server: Reference<Task>
  ) -> Int32 {
    let task = context.scheduler.current
    record.value.message.sender = record.value.sender.value
    Services(context).retain(service)
    service.queues.handOver(task, to: server)
    let reason = context.scheduler.switchDirectly(from: task, to: server, .waitingForReply)
    let result = reason == .handed ? record.value.result : Calls(context).resume(after: reason, service)
    Services(context).release(service)
    return result
  }

  /// An answer, and the wait for the next request, whose number it returns. Nil: the general way is to do it.
  @inline(__always)
  package func replyAndReceive(
    _ service: Reference<Service>, epoch: UInt32, number: UInt32, message: UInt32
  ) -> Int32? {
    let task = context.scheduler.current
    guard let caller = service.queues.directCaller(of: task, number: number, epoch: epoch),
      context.scheduler.canSwitchDirectly(to: caller), !context.scheduler.protection.checksCopies
    else { return nil }
    let record = caller.value.call
    let capacity = record.value.message.bufferCapacity
    guard MessageCopy(context).tryRead(into: record, from: message),
      Calls(context).deliver(record, to: caller, capacity)
    else {
      record.value.message.bufferCapacity = capacity
      return nil
    }
    let room = Calls.Room(address: record.value.message.bufferAddress, capacity: record.value.message.bufferCapacity)
    Services(context).retain(service)
    service.queues.answer(caller, by: task, result: record.value.resultOfReply)
    let reason = context.scheduler.switchDirectly(from: task, to: caller, .waitingForMessage)
    let result =
      if reason == .handed, let next = task.value.servedCallers.last {
        begin(next, of: service, epoch: epoch, message, room)
      } else {
        Calls(context).receiveOn(service, epoch: epoch, message, room, reason)
      }
    Services(context).release(service)
    return result
  }

  /// Brings the request over that was handed to this task.
  @inline(__always)
  private func begin(
    _ caller: Reference<Task>, of service: Reference<Service>, epoch: UInt32, _ message: UInt32, _ room: Calls.Room
  ) -> Int32 {
    do throws(CopyFailure) {
      try Calls(context).bring(caller, room, to: message)
      return Int32(bitPattern: caller.value.call.value.number)
    } catch { return Calls(context).receiveAfter(error, caller, service, epoch: epoch, message, room) }
  }
}
