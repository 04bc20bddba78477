// Calling a service, and serving: synchronous request and reply between two tasks, or between a task and a module.
// Who waits where is decided by Kernel/Messages; here tasks wait, switch, and bytes move.
//
// A request's words travel in the caller's record in kernel memory. Longer data is copied once, from address space to
// address space: the receiver pulls a request's data when it takes the request, and pushes a reply's data when it
// answers. Where the server waits already, the caller switches straight to it, and back, without the scheduler.
//
// Invariant: an error goes to the side that caused it. A caller whose memory is bad is answered with the error and the
// server goes on; a server whose memory is bad gets the error, and the request stays for it or for another.

import ABI
import MachineSupport
import Memory
import Messages
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct Calls {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// The most data a message carries, in bytes.
  package static var dataLimit: UInt32 { 65536 }

  // MARK: The caller's side

  /// Sends the request in the current task's record and waits for the reply.
  @inline(__always)
  package func send(to service: Reference<Service>, deadline: UInt64?) throws(SystemError) -> Int32 {
    while true {
      let result = try sendOnce(to: service, deadline: deadline)
      // The service moved while the request waited: it goes to the new server.
      if result != CallRecord.retry { return result }
    }
  }

  @inline(__always)
  private func sendOnce(to service: Reference<Service>, deadline: UInt64?) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    let record = task.value.call
    let sender = record.value.sender
    record.value.message.sender =
      service.value.queues.holder == sender ? sender.value | Message.fromHolder : sender.value
    if service.value.queues.admits(sender) {
      switch service.value.server {
      case .module(let server):
        service.value.queues.calls &+= 1
        let result = try context.messages.serve(server, record, context)
        if result != CallRecord.kept { return result }
        return try context.messages.wait(server, for: service, deadline: deadline, context)
      case .nobody: throw .peerGone
      case .process: break
      }
    }
    let reason: WakeReason
    if let server = service.queues.begin(task, CallWaits(context)) {
      reason = context.scheduler.blockAndRun(server, .waitingForReply, on: server.servedCallers, deadline: deadline)
    } else {
      reason = context.scheduler.block(.waitingForReply, on: service.queues.callers, deadline: deadline)
    }
    switch reason {
    case .woken, .handed: break
    case .timedOut, .cancelled: return try withdraw(after: reason, service)
    }
    let result = record.value.result
    if result < 0 && result != CallRecord.retry { throw SystemError(rawValue: result) ?? .peerGone }
    return result
  }

  /// Slow path of a call that began on the fast one: it timed out, was cancelled, or is to be sent again.
  @inline(never)
  func resume(after reason: WakeReason, _ service: Reference<Service>) -> Int32 {
    do throws(SystemError) {
      if reason != .woken { return try withdraw(after: reason, service) }
      let result = context.scheduler.current.value.call.value.result
      return result == CallRecord.retry ? try send(to: service, deadline: nil) : result
    } catch { return error.rawValue }
  }

  private func withdraw(after reason: WakeReason, _ service: Reference<Service>) throws(SystemError) -> Int32 {
    service.queues.leave(context.scheduler.current, CallWaits(context))
    throw reason == .timedOut ? .timedOut : .cancelled
  }

  // MARK: The server's side

  /// Where a server takes a request's data.
  package struct Room {
    var address: UInt32
    var capacity: UInt32
  }

  /// The room that a message in the server's memory names.
  package func room(in message: UInt32) throws(SystemError) -> Room {
    var wanted = Message()
    try UserBuffer(address: message, length: 0, in: context).read(into: &wanted)
    return Room(address: wanted.bufferAddress, capacity: wanted.bufferCapacity)
  }

  /// Takes the next request into the server's `message`. Returns the number to answer it by.
  ///
  /// - Parameter answered: a caller that has its answer and is to be woken: where there is nothing to do for the server
  ///   meanwhile, it runs at once.
  @inline(__always)
  package func receive(
    from service: Reference<Service>, epoch: UInt32, message: UInt32, room: Room, answered: Reference<Task>? = nil
  ) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    var answered = answered
    while true {
      let next = service.queues.next(for: task, epoch: epoch, CallWaits(context))
      if case .wait = next {
        let reason: WakeReason
        if let caller = answered {
          answered = nil
          reason = context.scheduler.blockAndRun(caller, .waitingForMessage, on: service.queues.receivers)
        } else {
          reason = context.scheduler.block(.waitingForMessage, on: service.queues.receivers)
        }
        if reason == .cancelled { throw .cancelled }
        if reason == .handed, let caller = task.value.servedCallers.last,
          let number = try begin(caller, of: service, room, message)
        {
          return number
        }
        continue
      }
      if let caller = answered {
        answered = nil
        context.scheduler.wakeAtHead(caller)
      }
      switch next {
      case .take(let caller):
        if let number = try begin(caller, of: service, room, message) { return number }
      case .waitAsFormer:
        if context.scheduler.block(.waitingForMessage, on: service.queues.formerReceivers) == .cancelled {
          throw .cancelled
        }
      case .wait: break
      case .over: throw .peerGone
      }
    }
  }

  /// Brings the request of a caller over that this task has taken. Returns its number; nil where that failed because of
  /// the caller, who has been told.
  @inline(never)
  func begin(
    _ caller: Reference<Task>, of service: Reference<Service>, _ room: Room, _ message: UInt32
  ) throws(SystemError) -> Int32? {
    do throws(CopyFailure) {
      try bring(caller, room, to: message)
      return Int32(bitPattern: caller.value.call.value.number)
    } catch {
      try report(caller, of: service, because: error)
      return nil
    }
  }

  /// Slow path of `receive`: the wait ended without a request on the fast one.
  @inline(never)
  func receiveOn(
    _ service: Reference<Service>, epoch: UInt32, _ message: UInt32, _ room: Room, _ reason: WakeReason
  ) -> Int32 {
    do throws(SystemError) {
      if reason == .cancelled { throw .cancelled }
      return try receive(from: service, epoch: epoch, message: message, room: room)
    } catch { return error.rawValue }
  }

  /// Slow path of `receive`: the request came on the fast one, and its data could not be copied.
  @inline(never)
  func receiveAfter(
    _ failure: CopyFailure, _ caller: Reference<Task>, _ service: Reference<Service>, epoch: UInt32,
    _ message: UInt32, _ room: Room
  ) -> Int32 {
    do throws(SystemError) { try report(caller, of: service, because: failure) } catch { return error.rawValue }
    return receiveOn(service, epoch: epoch, message, room, .woken)
  }

  /// A request's data could not be copied: reports the error to the side that caused it.
  @inline(never)
  private func report(
    _ caller: Reference<Task>, of service: Reference<Service>, because failure: CopyFailure
  ) throws(SystemError) {
    switch failure {
    case .ofPeer(let error): service.queues.fail(caller, error, CallWaits(context))
    case .own(let error):
      service.queues.putBack(caller, from: context.scheduler.current, CallWaits(context))
      throw error
    }
  }

  /// Brings a caller's request over to the current task.
  @inline(__always)
  func bring(
    _ caller: Reference<Task>, _ room: Room, to message: UInt32
  ) throws(CopyFailure) {
    let record = caller.value.call
    var address = room.address
    if record.value.message.dataLength > 0 {
      if record.value.isLending {
        address = try PageLending(context).bring(caller, room)
      } else {
        try copy(caller, room)
      }
    }
    record.value.message.dataAddress = address
    record.value.message.bufferAddress = room.address
    // `bufferCapacity` stays: how much the reply may carry.
    if HandleTransfer(context).isWanted(by: record) { return try bringWithHandle(caller, record, to: message) }
    do throws(SystemError) {
      try MessageCopy(context).write(record, to: message, words: MessageCopy.all)
    } catch { throw .own(error) }
  }

  @inline(never)
  private func bringWithHandle(
    _ caller: Reference<Task>, _ record: Reference<CallRecord>, to message: UInt32
  ) throws(CopyFailure) {
    let server = context.currentProcess
    let handle: UInt32
    do throws(SystemError) {
      handle = try HandleTransfer(context).transfer(record, from: caller.value.process, to: server)
    } catch { throw .ofPeer(error) }
    do throws(SystemError) {
      try MessageCopy(context).write(record, to: message, words: MessageCopy.all)
    } catch {
      HandleTransfer(context).abort(record, handle, of: server)
      throw .own(error)
    }
  }

  /// Copies a request's bytes to the current task's room.
  @inline(__always)
  func copy(_ caller: Reference<Task>, _ room: Room) throws(CopyFailure) {
    let length = caller.value.call.value.message.dataLength
    guard length <= room.capacity else { throw .ofPeer(.tooLarge) }
    try pull(UserBuffer(address: room.address, length: length, in: context), from: caller)
  }

  @inline(never)
  private func pull(_ buffer: UserBuffer, from caller: Reference<Task>) throws(CopyFailure) {
    let record = caller.value.call
    if record.value.dataIsOfKernel {
      do throws(SystemError) {
        return try unsafe buffer.copyOut(from: DirectMap.pointer(record.value.dataAddress), count: buffer.length)
      } catch { throw .own(error) }
    }
    try SpaceCopy(context).pull(from: caller.value.space, at: caller.value.call.value.dataAddress, to: buffer)
  }

  /// Brings the data of the reply in a caller's record over. Returns false where that did not simply succeed.
  @inline(__always)
  func deliver(_ record: Reference<CallRecord>, to caller: Reference<Task>, _ capacity: UInt32) -> Bool {
    if HandleTransfer(context).isWanted(by: record) { return false }
    let length = record.value.message.dataLength
    guard length > 0 else { return true }
    guard length <= capacity else { return false }
    do throws(CopyFailure) {
      try push(UserBuffer(address: record.value.message.dataAddress, length: length, in: context), to: caller)
      return true
    } catch { return false }
  }

  @inline(never)
  private func push(_ data: UserBuffer, to caller: Reference<Task>) throws(CopyFailure) {
    let record = caller.value.call
    if record.value.roomIsOfKernel {
      do throws(SystemError) {
        return try unsafe data.copyIn(to: DirectMap.pointer(record.value.bufferAddress), count: data.length)
      } catch { throw .own(error) }
    }
    try SpaceCopy(context).push(data, to: caller.value.space, at: caller.value.call.value.bufferAddress)
  }

  /// Answers a request of the current task's. Returns the caller, to be woken (nil where the answer could not be
  /// brought over because of the caller, who has been told), and the room that the answer names for the next request.
  @inline(__always)
  package func answer(
    _ number: UInt32, of service: Reference<Service>?, message: UInt32
  ) throws(SystemError) -> (caller: Reference<Task>?, room: Room) {
    guard let caller = context.scheduler.current.callerServed(number: number, of: service?.queues) else {
      throw .peerGone
    }
    return try answer(caller, message: message)
  }

  /// The same for the caller itself, whose request the server has.
  @inline(__always)
  package func answer(
    _ caller: Reference<Task>, message: UInt32
  ) throws(SystemError) -> (caller: Reference<Task>?, room: Room) {
    let record = caller.value.call
    let capacity = record.value.message.bufferCapacity
    var isDelivered = true
    do throws(SystemError) {
      // The request's words have been taken, so the reply's go into their place.
      try MessageCopy(context).read(into: record, from: message)
      let length = record.value.message.dataLength
      if length > 0 {
        guard length <= capacity else { throw .tooLarge }
        isDelivered = try take(
          UserBuffer(address: record.value.message.dataAddress, length: length, in: context), to: caller)
      }
      if isDelivered && HandleTransfer(context).isWanted(by: record) {
        // Who called in registers has no place for it.
        guard !record.value.isShort, !record.value.isOfKernel else { throw .unsupported }
        _ = try HandleTransfer(context).transfer(record, from: context.currentProcess, to: caller.value.process)
      }
    } catch {
      // The server may answer anew.
      record.value.message.bufferCapacity = capacity
      throw error
    }
    let room = Room(address: record.value.message.bufferAddress, capacity: record.value.message.bufferCapacity)
    guard isDelivered else { return (nil, room) }
    caller.finishCall(result: record.value.resultOfReply, CallWaits(context))
    return (caller, room)
  }

  /// Brings a reply's data over to a caller. Returns false where the caller's memory does not take them; it has been
  /// told.
  @inline(never)
  private func take(_ data: UserBuffer, to caller: Reference<Task>) throws(SystemError) -> Bool {
    do throws(CopyFailure) {
      try push(data, to: caller)
      return true
    } catch {
      switch error {
      case .own(let error): throw error
      case .ofPeer(let error):
        caller.finishCall(result: error.rawValue, CallWaits(context))
        context.scheduler.wake(caller)
        return false
      }
    }
  }
}

/// The words of messages on their way between a task's memory and a call's record.
package struct MessageCopy {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// A whole message.
  static var all: UInt32 { 12 }
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
    if context.scheduler.protection.checksCopies {
      try UserBuffer(address: message, length: words * 4, in: context).checkWritable()
    }
    guard tryWrite(record, to: message, words: words) else { throw UserBuffer.copyFailure(context) }
  }

  /// Whether a whole message lies in the part of the address space that tasks may use.
  @inline(__always)
  private func isInside(_ message: UInt32) -> Bool {
    UserBuffer(address: message, length: Self.all * 4, in: context).isInside
  }
}
