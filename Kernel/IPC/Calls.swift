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
  ///
  /// - Parameter mark: how it waits (`Scheduler.block`).
  @inline(__always)
  package func send(
    to service: Reference<Service>, deadline: UInt64?, mark: WakeReason = .woken
  ) throws(SystemError) -> Int32 {
    while true {
      let result = try sendOnce(to: service, deadline: deadline, mark)
      // The service moved while the request waited: it goes to the new server.
      if result != CallRecord.retry { return result }
    }
  }

  @inline(__always)
  private func sendOnce(
    to service: Reference<Service>, deadline: UInt64?, _ mark: WakeReason
  ) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    let record = task.value.call
    let sender = record.value.sender
    record.value.message.sender = Self.sender(of: record, holder: service.value.queues.holder)
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
      reason = context.scheduler.blockAndRun(
        server, .waitingForReply, on: server.servedCallers, deadline: deadline, mark: mark)
    } else {
      reason = context.scheduler.block(.waitingForReply, on: service.queues.callers, deadline: deadline, mark: mark)
    }
    switch reason {
    case .woken, .handed, .inRegisters: break
    case .timedOut, .cancelled: return try withdraw(after: reason, service)
    }
    let result = record.value.result
    if result < 0 && result != CallRecord.retry { throw SystemError(rawValue: result) ?? .peerGone }
    return result
  }

  /// What a server gets as the sender of a request.
  private static func sender(of record: Reference<CallRecord>, holder: TaskIdentity) -> UInt32 {
    let sender = record.value.sender
    return sender == holder ? sender.value | Message.fromHolder : sender.value
  }

  /// The same for a request that a server has taken.
  package func sender(of record: Reference<CallRecord>) -> UInt32 {
    Self.sender(of: record, holder: record.value.queues?.value.holder ?? .none)
  }

  /// Slow path of a call that began on the fast one: it timed out, was cancelled, or is to be sent again.
  @inline(never)
  package func resume(after reason: WakeReason, _ service: Reference<Service>) -> Int32 {
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
}
