// System calls of servers that do several things at once: they wait for more than requests, and keep requests to answer
// them later.

import ABI
import IPC
import Memory
import Messages
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct KeptCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  @inline(never)
  func receiveAny(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = arguments.first == .max ? nil : try endpoint(arguments.first)
    let room = try Calls(context).room(in: arguments.second)
    let wait = try AnyWait(arguments.third, in: context) { (handle) throws(SystemError) in
      try HandleCalls(context).notification(of: handle, needed: .read)
    }
    // Another thread may close the endpoint meanwhile.
    if let endpoint { Services(context).retain(endpoint.service) }
    defer { if let endpoint { Services(context).release(endpoint.service) } }
    return try wait.receive(from: endpoint, message: arguments.second, room: room)
  }

  @inline(never)
  func keep(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = try endpoint(arguments.first)
    let task = context.scheduler.current
    guard let caller = task.callerServed(number: arguments.second, of: endpoint.service.queues) else {
      throw .peerGone
    }
    // The handle that came with it is the server's own by now, and could not be sent again.
    guard !HandleTransfer(context).isWanted(by: caller.value.call) else { throw .unsupported }
    Services(context).keep(caller, of: endpoint.service, epoch: endpoint.epoch)
    return 0
  }

  @inline(never)
  func answer(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = try endpoint(arguments.first)
    guard let waiting = endpoint.service.queues.callerKept(number: arguments.second, epoch: endpoint.epoch) else {
      throw .peerGone
    }
    let request = waiting.value.call.value.message
    do throws(SystemError) {
      guard let caller = try Calls(context).answer(waiting, message: arguments.third).caller else { throw .peerGone }
      context.scheduler.wake(caller)
      return 0
    } catch {
      // It may still have to be sent again.
      waiting.value.call.value.message = request
      throw error
    }
  }

  private func endpoint(_ handle: UInt32) throws(SystemError) -> (service: Reference<Service>, epoch: UInt32) {
    guard let endpoint = context.currentProcess.endpoint(of: handle) else { throw .badHandle }
    return endpoint
  }
}
