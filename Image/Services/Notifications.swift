// Notifications as the kernel keeps them: made, set, waited for, and ended with the process that made them.
//
// Invariant: the record stays while a handle, an interrupt line or a waiting task refers to it.

import ABI
import Messages
import Primitives
import Scheduling

// `Notification` alone would name a type of this module's clients too.
typealias NotificationRecord = Messages.Notification

enum Notifications {
  static func make(by process: Reference<Process>) throws(SystemError) -> Reference<NotificationRecord> {
    let pointer: UnsafeMutablePointer<NotificationRecord> = try KernelHeapMemory.allocate(tag: .service)
    pointer.initialize(to: NotificationRecord(maker: process.value.identity))
    return Reference(pointer)
  }

  static func retain(_ notification: Reference<NotificationRecord>) { notification.value.references &+= 1 }

  static func release(_ notification: Reference<NotificationRecord>) {
    notification.value.references &-= 1
    guard notification.value.references == 0 else { return }
    notification.unsafePointer.deinitialize(count: 1)
    KernelHeapMemory.free(notification.unsafePointer)
  }

  /// A process gives up its handle. With the maker's last life the notification ends for all.
  static func close(_ notification: Reference<NotificationRecord>, by process: Reference<Process>) {
    if process.value.hasEnded && notification.value.maker == process.value.identity && notification.value.isAlive {
      notification.value.end()
      kernel.scheduler.wakeAll(reference(to: &notification.value.waiters))
    }
    release(notification)
  }

  /// Sets bits; also from an interrupt.
  @inline(__always)
  static func signal(_ notification: Reference<NotificationRecord>, _ bits: UInt32) {
    if let waiter = notification.value.set(bits) { kernel.scheduler.wake(waiter) }
  }

  /// Waits for bits and takes all. `deadline` nil: without limit.
  @inline(never)
  static func wait(
    for notification: Reference<NotificationRecord>, deadline: UInt64?
  ) throws(SystemError) -> Int32 {
    // Another thread may close the last handle meanwhile.
    retain(notification)
    defer { release(notification) }
    while true {
      let reason = kernel.scheduler.block(
        .waitingForNotification, on: reference(to: &notification.value.waiters), deadline: deadline)
      switch reason {
      case .cancelled: throw .cancelled
      case .timedOut: throw .timedOut
      case .woken, .handed: break
      }
      if let bits = notification.value.take() { return Int32(bitPattern: bits) }
      guard notification.value.isAlive else { throw .peerGone }
    }
  }
}
