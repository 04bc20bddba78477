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

package struct KeptCalls {
  let context: Context

  package init(_ context: Context) { self.context = context }

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
    Calls(context).refill(caller)
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
      guard let caller = try Calls(context).answer(waiting, .message(arguments.third)).caller else { throw .peerGone }
      context.scheduler.wake(caller)
      return 0
    } catch {
      // It may still have to be sent again.
      waiting.value.call.value.message = request
      throw error
    }
  }

  /// Keeps a reply that is longer than three words. The result is 1, or an error.
  package func result(ofLongReplyAt request: UInt32) -> Int32 {
    do throws(SystemError) {
      try Services(context).keep(replyAt: request)
      return 1
    } catch { return error.rawValue }
  }

  /// The result of a call that came by a module's door, whose request the module keeps.
  package func result(ofKept service: UInt32, _ registers: CallRegisters) -> UInt32 {
    do throws(SystemError) {
      return unsafe try UInt32(bitPattern: wait(Reference(DirectMap.pointer(service)), registers))
    } catch { return UInt32(bitPattern: error.rawValue) }
  }

  /// A request that came by a module's door (module_door.S), which the module keeps.
  private func wait(_ service: Reference<Service>, _ registers: CallRegisters) throws(SystemError) -> Int32 {
    let arguments = unsafe Arguments(registers, context)
    let record = try Services(context).record(of: context.scheduler.current)
    guard unsafe registers.pointee.eax == SystemCall.callInRegisters.rawValue else {
      return try MessageCalls(context).callByMessage(service, record, arguments, isKept: true)
    }
    MessageCalls(context).takeWords(.registers, arguments, record)
    Services(context).retain(service)
    defer { Services(context).release(service) }
    let result = try Calls(context).sendKept(to: service, deadline: nil)
    unsafe Calls(context).put(record, in: registers)
    return result
  }

  private func endpoint(_ handle: UInt32) throws(SystemError) -> (service: Reference<Service>, epoch: UInt32) {
    guard let endpoint = context.currentProcess.endpoint(of: handle) else { throw .badHandle }
    return endpoint
  }
}
