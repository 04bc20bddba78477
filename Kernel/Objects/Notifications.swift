// Notifications as the kernel keeps them: made, set, waited for, and ended with the process that made them.
//
// Invariant: the record stays while a handle, an interrupt line or a waiting task refers to it.

import ABI
import Diagnostics
import Jobs
import Messages
import Platform
import Primitives
import Scheduling
import VirtualMemory

// `Notification` alone would name a type of this module's clients too.
package typealias NotificationRecord = Messages.Notification

package struct Notifications {
  let context: Context

  package init(_ context: Context) { self.context = context }

  static func enter(into kinds: inout ObjectTable) {
    var operations = ObjectOperations()
    operations.retain = { context, target in Notifications(context).retain(record(target)) }
    operations.close = { context, target, process in Notifications(context).close(record(target), by: process) }
    operations.states = { _, target in
      let notification = record(target)
      guard notification.value.isAlive else { return [.readable, .hungUp] }
      return notification.value.pending == 0 ? .writable : [.readable, .writable]
    }
    operations.listeners = { _, target in reference(to: &record(target).value.listeners) }
    kinds.enter(.notification, operations)
  }

  private static func record(_ target: HandleTarget) -> Reference<NotificationRecord> {
    unsafe Reference(DirectMap.pointer(target.object))
  }

  package func make(by process: Reference<Process>) throws(SystemError) -> Reference<NotificationRecord> {
    let job = process.value.job
    let pointer: UnsafeMutablePointer<NotificationRecord> =
      unsafe try KernelHeap(context).allocate(tag: .service, for: job)
    unsafe pointer.initialize(to: NotificationRecord(owner: process.value.identity, job: job))
    return unsafe Reference(pointer)
  }

  /// One that belongs to no process.
  package func makeForKernel() throws(SystemError) -> Reference<NotificationRecord> {
    let pointer: UnsafeMutablePointer<NotificationRecord> = unsafe try KernelHeap(context).allocateUncharged(
      tag: .service)
    unsafe pointer.initialize(to: NotificationRecord(owner: .none))
    return unsafe Reference(pointer)
  }

  package func retain(_ notification: Reference<NotificationRecord>) { notification.value.references &+= 1 }

  package func release(_ notification: Reference<NotificationRecord>) {
    notification.value.references &-= 1
    guard notification.value.references == 0 else { return }
    let job = notification.value.job
    unsafe notification.unsafePointer.deinitialize(count: 1)
    guard let job else { return unsafe KernelHeap(context).free(notification.unsafePointer) }
    unsafe KernelHeap(context).free(notification.unsafePointer, of: job)
  }

  /// A process gives up its handle. With the owner's last life the notification ends for all.
  func close(_ notification: Reference<NotificationRecord>, by process: Reference<Process>) {
    if process.value.hasEnded && notification.value.owner == process.value.identity && notification.value.isAlive {
      notification.value.end()
      context.scheduler.wakeAll(reference(to: &notification.value.waiters))
      context.scheduler.wakeListeners(notification.value.listeners)
    }
    release(notification)
  }

  /// Sets bits; also from an interrupt.
  @inline(__always)
  package func signal(_ notification: Reference<NotificationRecord>, _ bits: UInt32) {
    if let waiter = set(bits, of: notification) { context.scheduler.wake(waiter) }
  }

  /// Sets bits and wakes the listeners. Returns the task to wake, if one waits for nothing else.
  @inline(__always)
  package func set(_ bits: UInt32, of notification: Reference<NotificationRecord>) -> Reference<Task>? {
    let waiter = notification.value.set(bits)
    context.scheduler.wakeListeners(notification.value.listeners, of: bits)
    return waiter
  }

  /// Waits for bits and takes all.
  ///
  /// - Parameters:
  ///   - deadline: nil: without limit.
  ///   - partner: a task that waits, and is woken now.
  @inline(never)
  package func wait(
    for notification: Reference<NotificationRecord>, deadline: UInt64?, waking partner: Reference<Task>? = nil
  ) throws(SystemError) -> Int32 {
    // Another thread may close the last handle meanwhile.
    retain(notification)
    defer { release(notification) }
    var partner = partner
    while true {
      let reason = context.scheduler.block(
        .waitingForNotification, on: reference(to: &notification.value.waiters), deadline: deadline, running: partner)
      partner = nil
      switch reason {
      case .cancelled: throw .cancelled
      case .timedOut: throw .timedOut
      case .woken, .handed, .inRegisters: break
      }
      if let bits = notification.value.take() { return Int32(bitPattern: bits) }
      guard notification.value.isAlive else { throw .peerGone }
    }
  }
}

extension HandleTarget {
  package static func notification(_ notification: Reference<NotificationRecord>) -> HandleTarget {
    HandleTarget(.notification, object: UInt32(notification.address))
  }
}
