// Calling a service, and serving: synchronous request and reply between two tasks, or between a task and a module.
//
// A request's words travel in the caller's record in kernel memory. Longer data is copied once, from address space to
// address space: the receiver pulls a request's data when it takes the request, and pushes a reply's data when it
// answers. Where the server waits already, the caller switches straight to it, and back, without the scheduler.
//
// Invariant: a caller waits in exactly one queue of its service, and every way out of a wait (answer, timeout, its own
// end, the server's end) takes it out.

import ABI
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
    let isHeld = service.value.holder != .none && service.value.holder != task.value.process.value.identity
    if !isHeld {
      switch service.value.server {
      case .module(let module, let function):
        service.value.calls &+= 1
        return try ModuleServices.call(module, function, service: service, record: record)
      case .nobody: throw .peerGone
      case .process: break
      }
    }
    record.value.message.sender = task.value.process.value.identity.value
    record.value.result = SystemError.peerGone.rawValue
    record.value.server = .none
    service.value.calls &+= 1
    let reason: WakeReason
    if !isHeld, let server = service.value.receivers.first {
      give(task, to: server, of: service)
      reason = Scheduler.blockAndRun(
        server, .waitingForReply, on: reference(to: &service.value.awaiting), deadline: deadline)
    } else {
      reason = Scheduler.block(
        .waitingForReply, on: reference(to: &service.value.callers), deadline: deadline)
    }
    if reason != .woken {
      Services.wakeDrainers(of: service)
      throw reason == .timedOut ? .timedOut : .cancelled
    }
    let result = record.value.result
    if result < 0 && result != CallRecord.retry { throw SystemError(rawValue: result) ?? .peerGone }
    return result
  }

  /// Hands a caller's request to a server task that waits for one.
  private static func give(_ caller: Reference<Task>, to server: Reference<Task>, of service: Reference<Service>) {
    server.value.call.value.assigned = caller.value.identity
    caller.value.call.value.server = server.value.identity
  }

  // MARK: The server's side

  /// Takes the next request into `message` (in the server's memory). Returns the number to answer it by.
  static func receive(
    from service: Reference<Service>, term: UInt32, message: UserBuffer
  ) throws(SystemError) -> Int32 {
    let task = Scheduler.current
    let record = try Services.record(of: task)
    var wanted = Message()
    try message.read(into: &wanted)
    while true {
      if service.value.term != term {
        // A successor serves now. Until the move is done, this server may be asked to come back.
        guard service.value.formerTerm == term else { throw .peerGone }
        let reason = Scheduler.block(.waitingForMessage, on: reference(to: &service.value.formerReceivers))
        if reason == .cancelled { throw .cancelled }
        continue
      }
      if let caller = nextCaller(of: service) {
        give(caller, to: task, of: service)
        service.value.callers.remove(caller)
        reference(to: &service.value.awaiting).append(caller)
      } else {
        record.value.assigned = .none
        let reason = Scheduler.block(.waitingForMessage, on: reference(to: &service.value.receivers))
        if reason == .cancelled { throw .cancelled }
      }
      // The caller may have ended, or given up, since it was assigned.
      guard let caller = kernel.scheduler.tasks.find(record.value.assigned), isAwaiting(caller, service) else {
        continue
      }
      record.value.assigned = .none
      do throws(SystemError) {
        var request = caller.value.call.value.message
        let length = request.dataLength
        if length > wanted.bufferCapacity { throw .tooLarge }
        if length > 0, let space = caller.value.process.value.space {
          try SpaceCopy.pull(
            from: space, at: request.dataAddress, to: UserBuffer(address: wanted.bufferAddress, length: length))
        }
        request.dataAddress = wanted.bufferAddress
        request.bufferAddress = wanted.bufferAddress
        // How much the reply may carry.
        request.bufferCapacity = caller.value.call.value.message.bufferCapacity
        try message.write(request)
        return Int32(bitPattern: caller.value.identity.value)
      } catch {
        // The request cannot be brought over: its caller learns why; the server goes on.
        Services.answer(caller, of: service, error: error)
      }
    }
  }

  /// The first caller whose request may be taken now.
  private static func nextCaller(of service: Reference<Service>) -> Reference<Task>? {
    guard service.value.holder != .none else { return service.value.callers.first }
    var candidate = service.value.callers.first
    while let caller = candidate {
      if caller.value.process.value.identity == service.value.holder { return caller }
      candidate = caller.value.next
    }
    return nil
  }

  private static func isAwaiting(_ caller: Reference<Task>, _ service: Reference<Service>) -> Bool {
    caller.value.queue == reference(to: &service.value.awaiting)
  }

  /// Answers a request of the current task's. Returns the caller, ready to run but not yet in the run queue.
  static func answer(
    _ request: UInt32, of service: Reference<Service>, message: UserBuffer
  ) throws(SystemError) -> Reference<Task> {
    guard let caller = kernel.scheduler.tasks.find(TaskIdentity(request)), isAwaiting(caller, service),
      caller.value.call.value.server == Scheduler.current.value.identity
    else { throw .peerGone }
    var reply = Message()
    try message.read(into: &reply)
    let record = caller.value.call
    guard reply.dataLength <= record.value.message.bufferCapacity else { throw .tooLarge }
    if reply.dataLength > 0, let space = caller.value.process.value.space {
      do throws(SystemError) {
        try SpaceCopy.push(
          UserBuffer(address: reply.dataAddress, length: reply.dataLength), to: space,
          at: record.value.message.bufferAddress)
      } catch {
        // The caller's own buffer is bad: the error is the caller's.
        Services.answer(caller, of: service, error: error)
        throw .peerGone
      }
    }
    record.value.message.operation = reply.operation
    record.value.message.words = reply.words
    record.value.message.dataLength = reply.dataLength
    record.value.result =
      record.value.isShort ? Int32(bitPattern: reply.words[0] & 0x7fff_ffff) : 0
    return caller
  }
}

extension CallRecord {
  /// A result that tells a caller to send its request again, to the new server.
  static var retry: Int32 { Int32.min }
}
