// Replies of modules to guarded callers, on the way that requests take from the entry (module_door.S).
//
// The kernel works for a guarded task with CR0.WP off, so that the processor does not tell what the task may write. Its reply's bytes
// wait in the second of the pages for data, and come over here.
//
// Invariant: that page is all zeroes again afterwards (`Transfer`).

import ABI
import MachineSupport
import Memory
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct GuardedReply {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// Gives the reply in the request at this address to the current task, whose message is at `message`.
  package func give(_ request: UInt32, to message: UInt32) throws(SystemError) {
    let request = unsafe DirectMap.pointer(request, as: ModuleRequest.self)
    let capacity = unsafe request.pointee.message.bufferCapacity
    var length = unsafe min(request.pointee.replyLength, capacity)
    let bytes = read_module_data() &+ pageSize
    defer { zero_words(bytes, (length &+ 3) &>> 2) }
    // A room that nothing is written to may be anywhere.
    if length > 0 {
      let room = UserBuffer(address: read_module_room_of_guarded(), length: length, in: context)
      unsafe try room.copyOut(from: DirectMap.pointer(bytes), count: length)
    }
    // The operation and six words; and how many bytes there are, behind where the caller has them.
    let reply = UserBuffer(address: message, length: 36, in: context)
    unsafe try reply.copyOut(from: UnsafeRawPointer(request), count: 28)
    unsafe try reply.copyOut(from: &length, offset: 32, count: 4)
  }
}
