// Requests that modules keep: the caller waits for the answer, whose words and bytes come from whatever task runs in the module.
//
// Invariant: what a module names is read by copies whose faults come back as errors, and a caller that was not answered has
// its request as it was.

import ABI
import MachineSupport
import Messages
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct KeptAnswers {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Answers `caller`, whose request a module keeps, with six words and bytes of the module's memory.
  package func answer(
    _ caller: Reference<Task>, words: UInt32, bytes: UInt32, length: UInt32
  ) throws(SystemError) {
    let record = caller.value.call
    guard length <= record.value.message.bufferCapacity else { throw .tooLarge }
    var reply = InlineArray<6, UInt32>(repeating: 0)
    let left = unsafe withUnsafeMutablePointer(to: &reply) {
      unsafe user_copy($0, DirectMap.pointer(words, as: UInt32.self), 24)
    }
    guard left == 0 else { throw .badAddress }
    if length > 0 { try push(bytes, length, to: caller) }
    record.value.message.operation = 0
    record.value.message.words = reply
    record.value.message.dataLength = length
    caller.finishCall(result: record.value.resultOfReply, CallWaits(context))
  }

  private func push(_ bytes: UInt32, _ length: UInt32, to caller: Reference<Task>) throws(SystemError) {
    let record = caller.value.call
    if record.value.roomIsOfKernel {
      let left = unsafe user_copy(
        DirectMap.pointer(record.value.bufferAddress, as: UInt8.self), DirectMap.pointer(bytes, as: UInt8.self), length)
      guard left == 0 else { throw .badAddress }
      return
    }
    do throws(CopyFailure) {
      try SpaceCopy(context).push(
        fromKernel: bytes, count: length, to: caller.value.space, at: record.value.bufferAddress)
    } catch {
      switch error {
      case .own(let error): throw error
      case .ofPeer(let error):
        // The caller's own mistake: it is told, and the module's answer has reached it.
        caller.finishCall(result: error.rawValue, CallWaits(context))
        throw .peerGone
      }
    }
  }
}

extension Calls {
  /// Waits for the answer to the request in the current task's record, which the module that serves keeps.
  @inline(never)
  package func sendKept(to service: Reference<Service>, deadline: UInt64?) throws(SystemError) -> Int32 {
    guard case .module(let server) = service.value.server else { return try send(to: service, deadline: deadline) }
    let result = try context.messages.wait(server, for: service, deadline: deadline, context)
    return result == CallRecord.retry ? try send(to: service, deadline: deadline) : result
  }
}
