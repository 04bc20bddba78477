// A server task that waits for more than requests: bits of a notification, events of its own, a moment.
//
// The task waits in the queue in which it would wait for requests alone. It is a listener of the notification, and `awaitedEvents`
// say what else wakes it: whichever comes first ends the wait, and the task looks itself what there is.
//
// Invariant: bits and requests are taken only by the task that returns with them; what comes together comes one after the
// other, with the next call. The set goes first: a device that calls is answered however many requests wait.

import ABI
import Memory
import Messages
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct AnyWait {
  let context: Context
  private let set: UserBuffer
  private var wanted = WaitSet()
  private let notification: Reference<NotificationRecord>?

  /// - Parameters:
  ///   - address: of the set in the task's memory.
  ///   - find: the notification of a handle.
  package init(
    _ address: UInt32, in context: Context,
    find: (UInt32) throws(SystemError) -> Reference<NotificationRecord>
  ) throws(SystemError) {
    self.context = context
    set = UserBuffer(address: address, length: UInt32(MemoryLayout<WaitSet>.size), in: context)
    var wanted = WaitSet()
    try set.read(into: &wanted)
    guard wanted.bits & ~NotificationRecord.bits == 0, wanted.kinds.isSubset(of: .all) else { throw .badArgument }
    notification = wanted.bits == 0 ? nil : try find(wanted.notification)
    wanted.bitsCame = 0
    wanted.kindsCame = EventKinds(rawValue: 0)
    // What cannot be delivered must not be taken.
    try set.write(wanted)
    self.wanted = wanted
  }

  /// Waits for a request to an endpoint, where there is one, or for what is in the set. Returns the request's number, or 0.
  package func receive(
    from endpoint: (service: Reference<Service>, epoch: UInt32)?, message: UInt32, room: Calls.Room
  ) throws(SystemError) -> Int32 {
    // Another thread may close the last handle meanwhile.
    if let notification { Notifications(context).retain(notification) }
    defer { if let notification { Notifications(context).release(notification) } }
    let time = UInt64(wanted.time.low) | UInt64(wanted.time.high) &<< 32
    let deadline = time == .max ? nil : context.scheduler.deadline(after: time)
    let task = context.scheduler.current
    let delivery = Calls.Delivery(message: message, room: room)
    while true {
      if try takeFromSet(for: task) { return 0 }
      var queue: Reference<TaskQueue>?
      if let endpoint {
        switch endpoint.service.queues.next(for: task, epoch: endpoint.epoch, CallWaits(context)) {
        case .take(let caller):
          if let number = try Calls(context).begin(caller, of: endpoint.service, delivery) { return number }
          continue
        case .over: throw .peerGone
        case .wait: queue = endpoint.service.queues.receivers
        case .waitAsFormer: queue = endpoint.service.queues.formerReceivers
        }
      }
      guard time > 0 else { throw .timedOut }
      switch block(task, on: queue, deadline: deadline) {
      case .cancelled: throw .cancelled
      case .timedOut: throw .timedOut
      case .woken, .inRegisters: break
      case .handed:
        if let endpoint, let caller = task.value.servedCallers.last,
          let number = try Calls(context).begin(caller, of: endpoint.service, delivery)
        {
          return number
        }
      }
    }
  }

  private func block(
    _ task: Reference<Task>, on queue: Reference<TaskQueue>?, deadline: UInt64?
  ) -> WakeReason {
    let kinds = UInt8(truncatingIfNeeded: wanted.kinds.rawValue)
    guard let notification else {
      return context.scheduler.block(.waitingForMessage, on: queue, events: kinds, deadline: deadline)
    }
    let link = reference(to: &task.value.listener)
    notification.value.listeners.add(link, of: task, for: wanted.bits)
    defer { notification.value.listeners.remove(link) }
    return context.scheduler.block(
      .waitingForMessage, on: queue, events: kinds | TaskEvent.listenerBit, deadline: deadline)
  }

  /// Whether something of the set has come, which the task's memory says then.
  private func takeFromSet(for task: Reference<Task>) throws(SystemError) -> Bool {
    var came = wanted
    if let notification {
      if let bits = notification.value.take(wanted.bits) {
        came.bitsCame = bits
      } else if !notification.value.isAlive {
        throw .stale
      }
    }
    let kinds = task.value.events.pending(UInt8(truncatingIfNeeded: wanted.kinds.rawValue))
    came.kindsCame = EventKinds(rawValue: UInt32(kinds))
    guard came.bitsCame != 0 || kinds != 0 else { return false }
    do throws(SystemError) { try set.write(came) } catch {
      // Another thread has taken the memory away meanwhile.
      if let notification, came.bitsCame != 0 { Notifications(context).signal(notification, came.bitsCame) }
      throw error
    }
    return true
  }
}
