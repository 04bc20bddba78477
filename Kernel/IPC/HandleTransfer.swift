// Handles in messages: the last word of a request or a reply names a handle of the sender's, and the receiver finds the
// number of its own handle for the same object there.
//
// Invariant: the sender keeps its handle. The new one has the same rights, which include `pass`: who wants to give less
// away passes a duplicate.

import ABI
import Messages
import Objects
import Platform
import Primitives

package struct HandleTransfer {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// The word of a message that holds the handle.
  private static var place: Int { 5 }

  @inline(__always)
  package func isWanted(by record: Reference<CallRecord>) -> Bool {
    record.value.message.operation & Message.passesHandle != 0
  }

  /// Gives `receiver` a handle for what the message names. Returns the sender's own handle, for `abort`.
  @inline(never)
  func transfer(
    _ record: Reference<CallRecord>, from sender: Reference<Process>, to receiver: Reference<Process>
  ) throws(SystemError) -> UInt32 {
    let handle = record.value.message.words[Self.place]
    let entry = try Handles(context).copy(of: handle, needed: .pass, in: sender)
    let copy = try receiver.value.handles.add(entry.target, entry.rights)
    Handles(context).retain(entry.target)
    record.value.message.words[Self.place] = UInt32(bitPattern: copy)
    return handle
  }

  /// The message does not reach the receiver after all.
  @inline(never)
  func abort(_ record: Reference<CallRecord>, _ handle: UInt32, of receiver: Reference<Process>) {
    do throws(SystemError) { try Handles(context).close(record.value.message.words[Self.place], of: receiver) } catch {}
    record.value.message.words[Self.place] = handle
  }
}
