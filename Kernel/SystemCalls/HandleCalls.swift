// System calls on handles of every kind, and on notifications.

import ABI
import Messages
import Objects
import Platform
import Primitives
import Scheduling

struct HandleCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  @inline(never)
  func duplicate(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let wanted = HandleRights(rawValue: arguments.second)
    guard wanted.isSubset(of: .all) else { throw .badArgument }
    let process = context.currentProcess
    let entry = try Handles(context).copy(of: arguments.first, needed: .duplicate, in: process)
    guard wanted.isSubset(of: entry.rights) else { throw .notPermitted }
    let handle = try process.value.handles.add(entry.target, wanted)
    Handles(context).retain(entry.target)
    return handle
  }

  @inline(never)
  func notificationCreate() throws(SystemError) -> Int32 {
    let process = context.currentProcess
    let notification = try Notifications(context).make(by: process)
    do throws(SystemError) {
      return try process.value.handles.add(.notification(notification))
    } catch {
      Notifications(context).release(notification)
      throw error
    }
  }

  @inline(never)
  func notificationSignal(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let bits = try notificationBits(arguments.second)
    let notification = try notification(of: arguments.first, needed: .write)
    guard notification.value.isAlive else { throw .peerGone }
    Notifications(context).signal(notification, bits)
    return 0
  }

  @inline(never)
  func notificationWait(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let notification = try notification(of: arguments.first, needed: .read)
    if let bits = notification.value.take() { return Int32(bitPattern: bits) }
    guard notification.value.isAlive else { throw .peerGone }
    if arguments.second | arguments.third == 0 { throw .wouldBlock }
    let hasLimit = arguments.second & arguments.third != .max
    return try Notifications(context).wait(
      for: notification,
      deadline: hasLimit ? context.scheduler.deadline(after: Arguments.wide(arguments.second, arguments.third)) : nil)
  }

  /// Bits that a notification can hold, at least one.
  func notificationBits(_ word: UInt32) throws(SystemError) -> UInt32 {
    guard word != 0, word & ~NotificationRecord.bits == 0 else { throw .badArgument }
    return word
  }

  @inline(__always)
  func notification(
    of handle: UInt32, needed: HandleRights
  ) throws(SystemError) -> Reference<NotificationRecord> {
    guard let object = context.currentProcess.value.handles.object(of: handle, .notification, needed: needed) else {
      throw .badHandle
    }
    return unsafe Reference(DirectMap.pointer(object))
  }
}
