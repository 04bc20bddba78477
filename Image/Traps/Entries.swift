// Where the assembly enters the kernel for a system call, and for what has to be done after a call into a module. Each makes the
// context that is handed down from here.
//
// Invariant: interrupts are off, and nobody else is in the kernel.

import ABI
import IPC
import LinkedModules
import MachineSupport
import Modules
@_spi(Entry) import Platform
import Primitives
import Scheduling
import SystemCalls
import VirtualMemory

/// A system call that the entry assembly (module_door.S) does not answer itself: it pushed the registers. Puts the result
/// into EAX and does what the processor's `pendingWork` asks for.
@c(general_system_call) @inline(never)
func answer(_ registers: CallRegisters) {
  let context = Context()
  registers.pointee.eax = UInt32(bitPattern: CallDecoder(context).result(of: registers))
  if context.processor.pendingWork != 0 { seeToPendingWork() }
}

/// A system call by code that runs inside the kernel already, by the page that is for tasks: it comes here from one place
/// in the entry, whatever ring its caller is in.
@c(nested_system_call) func nestedSystemCall() -> Never {
  ModuleFaults(Context()).refuseSystemCall(registersOfCaller(framePointer: read_frame_pointer()))
}

@inline(__always)
private func registersOfCaller(framePointer: UInt32) -> CallRegisters {
  CallRegisters(bitPattern: UInt(framePointer &+ 8)).unsafelyUnwrapped
}

/// A service function returned an error: the number that the caller gets.
@c(module_refused) func moduleRefused(_ result: Int32) -> Int32 {
  (SystemError(rawValue: result) ?? .serviceFaulted).rawValue
}

/// Pages that a request lends to a module: mapped, and taken back; and why a caller's room could not be written.
@c(module_window_open) func moduleWindowOpen(_ place: UInt32) -> UInt32 { ModuleWindow(Context()).open(request: place) }
@c(module_window_close) func moduleWindowClose() -> Bool { ModuleWindow(Context()).close() }
@c(module_copy_failure) func moduleCopyFailure() -> Int32 { UserBuffer.copyFailure(Context()).rawValue }

/// The data of the request that the current task takes on the fast path. Returns 0 where that has to be done anew.
@c(take_request_data) func takeRequestData() -> UInt32 { Calls(Context()).takeRequestData() ? 1 : 0 }

/// Pages that a call on the fast path wants to lend: whether they are such; and their return.
@c(begin_lending) func beginLending(_ record: UInt32) -> UInt32 {
  PageLending(Context()).canBegin(Reference(DirectMap.pointer(record))) ? 1 : 0
}
@c(revoke_lease) func revokeLease(_ caller: UInt32) {
  PageLending(Context()).revoke(from: Reference(DirectMap.pointer(caller)))
}

/// More of a reply than three words, which the caller may ask for (`replyRest`). Returns 1, or an error.
@c(keep_long_reply) func keepLongReply(_ request: UInt32) -> Int32 {
  KeptCalls(Context()).result(ofLongReplyAt: request)
}

/// A call has come back from a module whose last call somebody waits for.
@c(module_left) func moduleLeft(_ door: UnsafeMutablePointer<module_door>) {
  let inside = Reference(DirectMap.pointer(door.pointee.inside, as: ModuleInside.self))
  guard inside.value.takeDrained() else { return }
  Reference(DirectMap.pointer(door.pointee.module, as: LinkedModule.self)).wakeDrainers()
}

/// A request that came by a door is kept by the module: the call has left it.
@c(answer_kept) func answerKept(_ registers: CallRegisters, _ service: UInt32) {
  registers.pointee.eax = KeptCalls(Context()).result(ofKept: service, registers)
}

/// On the reaper stack: explains why a call is cut short and marks the module as failed.
@c(module_call_failed) func moduleCallFailed() { ModuleFaults(Context()).explain() }
