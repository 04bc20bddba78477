// Handles in messages: the last word of a request or a reply names a handle of the sender's, and the receiver finds the
// number of its own handle for the same object there.
//
// Invariant: the sender keeps its handle. The new one has the same rights, which include `pass`: who wants to give less
// away passes a duplicate.

import ABI
import Messages
import Primitives
import Scheduling

enum HandlePassing {
  /// The word of a message that holds the handle.
  private static var place: Int { 5 }

  @inline(__always)
  static func isWanted(by record: Reference<CallRecord>) -> Bool {
    record.value.message.operation & Message.passesHandle != 0
  }

  /// Gives `receiver` a handle for what the message names. Returns the sender's own handle, for `undo`.
  @inline(never)
  static func pass(
    _ record: Reference<CallRecord>, from sender: Reference<Process>, to receiver: Reference<Process>
  ) throws(SystemError) -> UInt32 {
    let handle = record.value.message.words[place]
    let entry = try sender.value.handles.entry(of: handle, needed: .pass)
    let copy = try receiver.value.handles.add(entry.target, entry.rights)
    HandleTable.retain(entry.target)
    record.value.message.words[place] = UInt32(bitPattern: copy)
    return handle
  }

  /// The message does not reach the receiver after all.
  @inline(never)
  static func undo(_ record: Reference<CallRecord>, _ handle: UInt32, of receiver: Reference<Process>) {
    do throws(SystemError) { try HandleTable.close(record.value.message.words[place], of: receiver) } catch {}
    record.value.message.words[place] = handle
  }
}
