// System calls on handles of every kind, and on notifications.

import ABI
import Messages
import Primitives
import Scheduling

enum HandleCalls {
  @inline(never)
  static func duplicate(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let wanted = HandleRights(rawValue: arguments.second)
    guard wanted.isSubset(of: .all) else { throw .badArgument }
    let process = kernel.scheduler.current.value.process
    let entry = try process.value.handles.entry(of: arguments.first, needed: .duplicate)
    guard wanted.isSubset(of: entry.rights) else { throw .notPermitted }
    let handle = try process.value.handles.add(entry.target, wanted)
    HandleTable.retain(entry.target)
    return handle
  }

  @inline(never)
  static func notificationMake() throws(SystemError) -> Int32 {
    let process = kernel.scheduler.current.value.process
    let notification = try Notifications.make(by: process)
    do throws(SystemError) {
      return try process.value.handles.add(.notification(notification))
    } catch {
      Notifications.release(notification)
      throw error
    }
  }

  @inline(never)
  static func notificationSignal(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let bits = try notificationBits(arguments.second)
    let notification = try notification(of: arguments.first, needed: .write)
    guard notification.value.isAlive else { throw .peerGone }
    Notifications.signal(notification, bits)
    return 0
  }

  @inline(never)
  static func notificationWait(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let notification = try notification(of: arguments.first, needed: .read)
    if let bits = notification.value.take() { return Int32(bitPattern: bits) }
    guard notification.value.isAlive else { throw .peerGone }
    if arguments.second | arguments.third == 0 { throw .wouldBlock }
    let hasLimit = arguments.second & arguments.third != .max
    return try Notifications.wait(
      for: notification,
      deadline: hasLimit ? kernel.scheduler.deadline(after: Arguments.wide(arguments.second, arguments.third)) : nil)
  }

  /// Bits that a notification can hold, at least one.
  static func notificationBits(_ word: UInt32) throws(SystemError) -> UInt32 {
    guard word != 0, word & ~NotificationRecord.bits == 0 else { throw .badArgument }
    return word
  }

  @inline(__always)
  static func notification(
    of handle: UInt32, needed: HandleRights
  ) throws(SystemError) -> Reference<NotificationRecord> {
    guard
      case .notification(let notification) =
        try kernel.scheduler.current.value.process.value.handles.target(of: handle, needed: needed)
    else { throw .badHandle }
    return notification
  }
}
