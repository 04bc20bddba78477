// Where the assembly comes into the calls of a conversation (module_door.S, ipc.S, ipc_message.S).
//
// Invariants:
// - The calls store their results themselves, so that the entry comes here without the dispatch.
// - A service's address is 0 where the handle opens none for calls.

import ABI
import IPC
import LinkedModules
import Messages
@_spi(Entry) import Platform
import Primitives
import Scheduling
import VirtualMemory

/// The kernel, of which the assembly knows nothing.
private var entered: Context {
  @inline(__always) get { Context() }
}

@c(answer_call) @inline(never)
func answerCall(_ registers: CallRegisters, _ service: UInt32) {
  let context = entered
  unsafe registers.pointee.eax = result { () throws(SystemError) in
    unsafe try MessageCalls(context).call(serviceOfDoor(service), Arguments(registers, context))
  }
}

@inline(__always)
private func serviceOfDoor(_ address: UInt32) -> Reference<Service>? {
  address == 0 ? nil : unsafe Reference(DirectMap.pointer(address))
}

@c(answer_reply_and_receive) @inline(never)
func answerReplyAndReceive(_ registers: CallRegisters) {
  let context = entered
  unsafe registers.pointee.eax = result { () throws(SystemError) in
    unsafe try MessageCalls(context).replyAndReceive(Arguments(registers, context))
  }
}

/// Whether a guarded task that is about to get an answer may write there.
@c(guarded_caller_may_write) @inline(never)
func guardedCallerMayWrite(_ address: UInt32, _ length: UInt32) -> Bool {
  let place = UserBuffer(address: address, length: length, in: entered)
  return place.isInside && place.isWritableForGuarded
}

/// The reply of a module to a guarded task, whose message is at this address.
@c(give_to_guarded) @inline(never)
func giveToGuarded(_ message: UInt32, _ request: UInt32) -> UInt32 {
  result { () throws(SystemError) in
    try GuardedReply(entered).give(request, to: message)
    return 0
  }
}

@inline(__always)
private func result(_ body: () throws(SystemError) -> Int32) -> UInt32 {
  do throws(SystemError) { return UInt32(bitPattern: try body()) } catch { return UInt32(bitPattern: error.rawValue) }
}

/// What the fast path (ipc.S) comes to where a wait that it began ends in another way than by it.
///
/// - Parameter epoch: of the endpoint through which the task received; 0: it called the service.
@c(go_on_in_registers) @inline(never)
func goOnInRegisters(_ registers: CallRegisters, _ service: UInt32, _ epoch: UInt32) {
  let calls = MessageCalls(entered)
  let service = unsafe Reference(DirectMap.pointer(service, as: Service.self))
  let result =
    epoch == 0
    ? unsafe calls.resumeCall(service, registers) : unsafe calls.resumeReceive(service, epoch: epoch, registers)
  unsafe registers.pointee.eax = UInt32(bitPattern: result)
}
