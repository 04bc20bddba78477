// System calls on handles of every kind, and on notifications.

import ABI
import Messages
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

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
  func information(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let entry = try context.currentProcess.value.handles.entry(of: arguments.first)
    var information = HandleInformation()
    information.kind = entry.target.kind.rawValue
    information.rights = entry.rights
    information.position = context.objects.kinds.position(of: entry.target)
    try UserBuffer(address: arguments.second, length: 0, in: context).write(information)
    return 0
  }

  @inline(never)
  func place(_ arguments: Arguments) throws(SystemError) -> Int32 {
    try Handles(context).place(arguments.first, at: arguments.second, of: context.currentProcess)
    return 0
  }

  @inline(never)
  func pipeCreate(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let place = try placeOfPair(arguments.first)
    let pipe = try Pipes(context).make(for: context.currentProcess.value.job)
    return try addPair(pipe.reader, pipe.writer, at: place) { Pipes(context).abort($0) }
  }

  /// Where the handles of a pair go. Those that cannot be told of must not be made: it is seen first that the place is writable.
  func placeOfPair(_ address: UInt32) throws(SystemError) -> UserBuffer {
    let place = UserBuffer(address: address, length: UInt32(MemoryLayout<HandlePair>.size), in: context)
    try place.write(HandlePair(repeating: 0))
    return place
  }

  /// The numbers of two handles, as a structure of the ABI has them.
  private typealias HandlePair = InlineArray<2, UInt32>

  /// Makes handles for the two sides of something new, and tells their numbers. Where that fails both sides are given up:
  /// what has a handle with it, the rest by `abort`.
  func addPair(
    _ first: HandleTarget, _ second: HandleTarget, at place: UserBuffer, abort: (HandleTarget) -> Void
  ) throws(SystemError) -> Int32 {
    let process = context.currentProcess
    var pair = HandlePair(repeating: 0)
    do throws(SystemError) {
      pair[0] = UInt32(try process.value.handles.add(first))
      pair[1] = UInt32(try process.value.handles.add(second))
      try place.write(pair)
      return 0
    } catch {
      if pair[0] == 0 { abort(first) } else { try Handles(context).close(pair[0], of: process) }
      if pair[1] == 0 { abort(second) } else { try Handles(context).close(pair[1], of: process) }
      throw error
    }
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
    return try Notifications(context).wait(
      for: notification, deadline: arguments.deadline(arguments.second, arguments.third))
  }

  @inline(never)
  func notificationSignalAndWait(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let bits = try notificationBits(arguments.second)
    // All that can be wrong is found before anything is set.
    let signalled = try notification(of: arguments.first, needed: .write)
    let notification = try notification(of: arguments.third, needed: .read)
    guard signalled.value.isAlive, notification.value.isAlive else { throw .peerGone }
    let partner = Notifications(context).set(bits, of: signalled)
    let isOver = arguments.fourth | arguments.fifth == 0
    let taken = notification.value.take()
    if taken != nil || isOver {
      if let partner { context.scheduler.wake(partner) }
      guard let taken else { throw .wouldBlock }
      return Int32(bitPattern: taken)
    }
    return try Notifications(context).wait(
      for: notification, deadline: arguments.deadline(arguments.fourth, arguments.fifth), waking: partner)
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
