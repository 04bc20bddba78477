// Pages that a caller lends with its request: mapped in the server task's window, read-only, until the call is over. Where
// the task has no window, or one that is in use, the bytes are copied as others are.
//
// Invariants:
// - What is lent is held by the window's mapping too, so it stays memory whatever the caller does meanwhile.
// - Every end of a call takes its pages back before the server's process runs again: `CallQueues.finish`, or, after an
//   answer that went straight to the caller, the caller itself before it leaves the kernel.
// - `lender` of a server task and `lentTo` of a caller's record name each other.
// - A window's region allows nothing, so that a page of it is there only while one is lent. Its page table is held.

import ABI
import Memory
import Messages
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct PageLending {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// The size of a window: the most that a message carries.
  private static var windowSize: UInt32 { Calls.dataLimit }

  // MARK: Windows

  /// The current task's window, made now where it has none yet.
  package func window() throws(SystemError) -> UInt32 {
    let task = context.scheduler.current
    if task.value.lendingWindow == 0 {
      let window = try task.value.space.addWindow(length: Self.windowSize)
      task.value.lendingWindow = window.start
      task.value.lendingEntries = window.entries.address
    }
    return task.value.lendingWindow
  }

  /// A task has ended; nothing is lent to it any more. A caller whose time had run out may not have noticed yet.
  func removeWindow(of task: Reference<Task>) {
    if let lender = task.value.lender { revoke(from: lender) }
    guard task.value.lendingWindow != 0 else { return }
    task.value.space.removeWindow(start: task.value.lendingWindow, length: Self.windowSize)
    task.value.lendingWindow = 0
  }

  // MARK: The caller's side

  /// Checks the pages that a message wants to lend, and leaves their plain length in it.
  package func begin(_ record: Reference<CallRecord>) throws(SystemError) {
    record.value.message.dataLength &= ~Message.lendsPages
    let length = record.value.message.dataLength
    guard length > 0, (length | record.value.message.dataAddress) & (pageSize &- 1) == 0 else { throw .badArgument }
    guard length <= Calls.dataLimit else { throw .tooLarge }
    record.value.isLending = true
  }

  /// The same; false where that is refused.
  package func canBegin(_ record: Reference<CallRecord>) -> Bool {
    do throws(SystemError) {
      try begin(record)
      return true
    } catch { return false }
  }

  /// After the call: an answer that came straight to the caller has taken nothing back.
  @inline(__always)
  package func end(_ record: Reference<CallRecord>) {
    record.value.isLending = false
    if record.value.lentTo != nil { revoke(from: context.scheduler.current) }
  }

  /// The short way of a call that lends pages. Nil: the general way is to do it.
  package func callDirectly(
    _ service: Reference<Service>, _ message: UInt32, _ record: Reference<CallRecord>
  ) -> Int32? {
    let task = context.scheduler.current
    guard let server = service.queues.directServer(for: task), context.scheduler.canSwitchDirectly(to: server),
      !context.scheduler.protection.checksCopies, record.value.message.bufferCapacity <= Calls.dataLimit
    else { return nil }
    return DirectCalls(context).exchange(service, record, server, replyTo: message)
  }

  // MARK: The server's side

  /// Brings a caller's bytes over to the current task: lent, or copied to its room. Returns their address there.
  @inline(never)
  func bring(_ caller: Reference<Task>, _ room: Calls.Room) throws(CopyFailure) -> UInt32 {
    let server = context.scheduler.current
    guard server.value.lendingWindow != 0, server.value.lender == nil else {
      try Calls(context).copy(caller, room)
      caller.value.call.value.isLending = false
      return room.address
    }
    let (source, target) = (caller.value.space, server.value.space)
    let record = caller.value.call
    let start = record.value.dataAddress
    let length = record.value.message.dataLength
    guard UserBuffer(address: start, length: length, in: context).isInside else { throw .ofPeer(.badAddress) }
    server.value.lender = caller
    record.value.lentTo = server
    var entry = HeldEntry(address: server.value.lendingEntries)
    while record.value.lentLength < length {
      let frame: FrameNumber
      do throws(SystemError) { frame = try source.frameToLend(ofPage: start &+ record.value.lentLength) } catch {
        revoke(from: caller)
        throw .ofPeer(error)
      }
      guard Frames(context).share(frame) else {
        revoke(from: caller)
        throw .ofPeer(.limitReached)
      }
      target.value.tables.put(frame, [.user, .lent], at: entry)
      target.value.residentPages &+= 1
      record.value.lentLength &+= pageSize
      entry = entry.next
    }
    record.value.isLending = false
    return server.value.lendingWindow
  }

  /// Takes back what a call has lent, where it has.
  @inline(never)
  package func revoke(from caller: Reference<Task>) {
    let record = caller.value.call
    guard let server = record.value.lentTo else { return }
    record.value.lentTo = nil
    server.value.lender = nil
    let space = server.value.space
    let cache = SpaceTranslationCache(space: space)
    var page = server.value.lendingWindow
    var entry = HeldEntry(address: server.value.lendingEntries)
    space.value.residentPages &-= record.value.lentLength / pageSize
    while record.value.lentLength > 0 {
      Frames(context).release(space.value.tables.clear(VirtualAddress(page), at: entry).flush(cache).frame)
      record.value.lentLength &-= pageSize
      page &+= pageSize
      entry = entry.next
    }
  }
}

extension Reference where Value == AddressSpace {
  /// The frame of a page that may be read and is ordinary memory of this space's own.
  @inline(__always)
  package func frameToLend(ofPage page: UInt32) throws(SystemError) -> FrameNumber {
    if let entry = value.tables.lookup(VirtualAddress(page)) {
      guard entry.isUser, !entry.isForeign, !entry.isLent else { throw .badAddress }
      return entry.isCopyOnWrite ? try makeOwnIfWritable(page: page, entry) ?? entry.frame : entry.frame
    }
    return try frame(ofPage: page, forWriting: false)
  }
}
