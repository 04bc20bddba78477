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
import Messages
import Primitives
import Tasks

enum Calls {
  /// The most data a message carries, in bytes.
  static var dataLimit: UInt32 { 65536 }

  // MARK: The caller's side

  /// Sends the request in the current task's record and waits for the reply.
  static func send(to service: Reference<Service>, deadline: UInt64?) throws(SystemError) -> Int32 {
    while true {
      let result = try sendOnce(to: service, deadline: deadline)
      // The service moved while the request waited: it goes to the new server.
      if result != CallRecord.retry { return result }
    }
  }

  private static func sendOnce(to service: Reference<Service>, deadline: UInt64?) throws(SystemError) -> Int32 {
    let task = Scheduler.current
    let record = task.value.call
    let sender = task.value.process.value.identity
    record.value.sender = sender
    record.value.message.sender = sender.value
    if service.value.queues.admits(sender) {
      switch service.value.server {
      case .module(let module, let function):
        service.value.queues.calls &+= 1
        return try ModuleServices.call(module, function, service: service, record: record)
      case .nobody: throw .peerGone
      case .process: break
      }
    }
    let reason: WakeReason
    if let server = service.queues.begin(task, CallWaits.self) {
      reason = Scheduler.blockAndRun(server, .waitingForReply, on: server.servedCallers, deadline: deadline)
    } else {
      reason = Scheduler.block(.waitingForReply, on: service.queues.callers, deadline: deadline)
    }
    if reason != .woken {
      service.queues.leave(task, CallWaits.self)
      throw reason == .timedOut ? .timedOut : .cancelled
    }
    let result = record.value.result
    if result < 0 && result != CallRecord.retry { throw SystemError(rawValue: result) ?? .peerGone }
    return result
  }

  // MARK: The server's side

  /// Takes the next request into `message` (in the server's memory). Returns the number to answer it by.
  static func receive(
    from service: Reference<Service>, term: UInt32, message: UserBuffer
  ) throws(SystemError) -> Int32 {
    let task = Scheduler.current
    var wanted = Message()
    try message.read(into: &wanted)
    while true {
      switch service.queues.next(for: task, term: term, CallWaits.self) {
      case .take(let caller):
        do throws(CopyFailure) {
          try bring(caller, wanted, to: message)
          return Int32(bitPattern: caller.value.call.value.number)
        } catch {
          switch error {
          case .ofPeer(let error): service.queues.fail(caller, error, CallWaits.self)
          case .own(let error):
            service.queues.putBack(caller, from: task, CallWaits.self)
            throw error
          }
        }
      case .wait: try wait(in: service.queues.receivers)
      case .waitAsFormer: try wait(in: service.queues.formerReceivers)
      case .over: throw .peerGone
      }
    }
  }

  private static func wait(in queue: Reference<TaskQueue>) throws(SystemError) {
    if Scheduler.block(.waitingForMessage, on: queue) == .cancelled { throw .cancelled }
  }

  /// Brings a caller's request over to the current task.
  private static func bring(
    _ caller: Reference<Task>, _ wanted: Message, to message: UserBuffer
  ) throws(CopyFailure) {
    var request = caller.value.call.value.message
    let length = request.dataLength
    guard length <= wanted.bufferCapacity else { throw .ofPeer(.tooLarge) }
    if length > 0, let space = caller.value.process.value.space {
      try SpaceCopy.pull(
        from: space, at: request.dataAddress, to: UserBuffer(address: wanted.bufferAddress, length: length))
    }
    request.dataAddress = wanted.bufferAddress
    request.bufferAddress = wanted.bufferAddress
    // `bufferCapacity` stays: how much the reply may carry.
    do throws(SystemError) { try message.write(request) } catch { throw .own(error) }
  }

  /// Answers a request of the current task's. Returns the caller, to be woken; nil where the answer could not be
  /// brought over because of the caller, who has been told.
  static func answer(
    _ number: UInt32, of service: Reference<Service>?, message: UserBuffer
  ) throws(SystemError) -> Reference<Task>? {
    guard let caller = Scheduler.current.callerServed(number: number, of: service?.queues) else { throw .peerGone }
    var reply = Message()
    try message.read(into: &reply)
    let record = caller.value.call
    guard reply.dataLength <= record.value.message.bufferCapacity else { throw .tooLarge }
    if reply.dataLength > 0, let space = caller.value.process.value.space {
      do throws(CopyFailure) {
        try SpaceCopy.push(
          UserBuffer(address: reply.dataAddress, length: reply.dataLength), to: space,
          at: record.value.message.bufferAddress)
      } catch {
        switch error {
        case .own(let error): throw error
        case .ofPeer(let error):
          caller.finishCall(result: error.rawValue, CallWaits.self)
          Scheduler.wake(caller)
          return nil
        }
      }
    }
    record.value.message.operation = reply.operation
    record.value.message.words = reply.words
    record.value.message.dataLength = reply.dataLength
    caller.finishCall(
      result: record.value.isShort ? Int32(bitPattern: reply.words[0] & 0x7fff_ffff) : 0, CallWaits.self)
    return caller
  }
}
