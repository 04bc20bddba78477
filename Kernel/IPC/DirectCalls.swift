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
    record.value.form = .message
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
    _ service: Reference<Service>, _ record: Reference<CallRecord>, _ server: Reference<Task>,
    mark: WakeReason = .woken
  ) -> Int32 {
    let task = context.scheduler.current
    record.value.message.sender = record.value.sender.value
    Services(context).retain(service)
    service.queues.handOver(task, to: server)
    let reason = context.scheduler.switchDirectly(from: task, to: server, .waitingForReply, mark: mark)
    let result = reason == .handed ? record.value.result : Calls(context).resume(after: reason, service)
    Services(context).release(service)
    return result
  }

  /// An answer, and the wait for the next request, whose number it returns. Nil: the general way is to do it.
  ///
  /// - Parameter delivery: where the next request goes; nil: to the message of the answer.
  @inline(__always)
  package func replyAndReceive(
    _ service: Reference<Service>, epoch: UInt32, number: UInt32, message: UInt32, _ delivery: Calls.Delivery? = nil
  ) -> Int32? {
    guard let caller = directCaller(service, epoch: epoch, number) else { return nil }
    let record = caller.value.call
    let capacity = record.value.message.bufferCapacity
    guard MessageCopy(context).tryRead(into: record, from: message),
      Calls(context).deliver(record, to: caller, capacity)
    else {
      record.value.message.bufferCapacity = capacity
      return nil
    }
    if let delivery { return answer(caller, of: service, epoch: epoch, delivery) }
    let room = Calls.Room(address: record.value.message.bufferAddress, capacity: record.value.message.bufferCapacity)
    return answer(caller, of: service, epoch: epoch, Calls.Delivery(message: message, room: room))
  }

  /// The same with a reply of three words, and the next request in registers.
  package func replyAndReceive(
    _ service: Reference<Service>, epoch: UInt32, number: UInt32, _ words: (UInt32, UInt32, UInt32),
    _ delivery: Calls.Delivery
  ) -> Int32? {
    guard let caller = directCaller(service, epoch: epoch, number) else { return nil }
    caller.value.call.value.message.setReply(words.0, words.1, words.2)
    return answer(caller, of: service, epoch: epoch, delivery)
  }

  @inline(__always)
  private func directCaller(
    _ service: Reference<Service>, epoch: UInt32, _ number: UInt32
  ) -> Reference<Task>? {
    guard
      let caller = service.queues.directCaller(of: context.scheduler.current, number: number, epoch: epoch),
      context.scheduler.canSwitchDirectly(to: caller), !context.scheduler.protection.checksCopies
    else { return nil }
    return caller
  }

  /// Answers a caller whose reply is in its record, and waits.
  @inline(__always)
  private func answer(
    _ caller: Reference<Task>, of service: Reference<Service>, epoch: UInt32, _ delivery: Calls.Delivery
  ) -> Int32 {
    let task = context.scheduler.current
    Services(context).retain(service)
    service.queues.answer(caller, by: task, result: caller.value.call.value.resultOfReply)
    let reason = context.scheduler.switchDirectly(
      from: task, to: caller, .waitingForMessage, mark: delivery.mark(context))
    let result = goOn(service, epoch: epoch, delivery, reason)
    Services(context).release(service)
    return result
  }

  /// What a server does whose wait is over.
  @inline(__always)
  package func goOn(
    _ service: Reference<Service>, epoch: UInt32, _ delivery: Calls.Delivery, _ reason: WakeReason
  ) -> Int32 {
    if reason == .handed, let next = context.scheduler.current.value.servedCallers.last {
      begin(next, of: service, epoch: epoch, delivery)
    } else {
      Calls(context).receiveOn(service, epoch: epoch, delivery, reason)
    }
  }

  /// Brings the request over that was handed to this task.
  @inline(__always)
  private func begin(
    _ caller: Reference<Task>, of service: Reference<Service>, epoch: UInt32, _ delivery: Calls.Delivery
  ) -> Int32 {
    do throws(CopyFailure) {
      try Calls(context).bring(caller, delivery)
      return Int32(bitPattern: caller.value.call.value.number)
    } catch { return Calls(context).receiveAfter(error, caller, service, epoch: epoch, delivery) }
  }
}
