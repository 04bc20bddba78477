// Interrupt lines that processes have claimed: an interrupt sets bits of a notification.
//
// Invariants:
// - A line has one owner, whose handle it is; with the handle it is masked and free again.
// - A level-triggered line is masked from an interrupt to its acknowledgement: until the driver has seen to the device
//   the line would only call again.
// - An edge that comes while the line is masked is lost to the controller (82093AA, 3.2.4). So an edge-triggered line is
//   masked only when interrupts come faster than they are taken, and acknowledging sets the bits once more.
// - For the same reason claiming an edge-triggered line sets the bits: a device that the driver before left calling, or the
//   firmware, keeps its line up and raises no edge until it has been seen to.

import ABI
import Drivers
import Messages
import Primitives

/// Who has which line.
struct InterruptClaims {
  struct Claim {
    let notification: Reference<NotificationRecord>
    let bits: UInt32
    var isMasked = false
  }

  fileprivate var claims = InlineArray<16, Claim?>(repeating: nil)
}

enum DeviceInterrupts {
  /// The lines that the kernel does not have itself, or lends: without the timer, the second controller, COM2 and COM1.
  private static var free: UInt32 { 0xffe2 }
  /// The lines of the PCI bus.
  private static var level: UInt32 { 0x0e00 }

  private static func isLevel(_ line: UInt32) -> Bool { level &>> line & 1 != 0 }

  static func isClaimed(_ line: UInt32) -> Bool { kernel.lines.claims[Int(line)] != nil }

  /// Lets `line` set `bits` of a notification.
  static func claim(
    _ line: UInt32, _ notification: Reference<NotificationRecord>, _ bits: UInt32
  ) throws(SystemError) {
    guard line < 16 else { throw .badArgument }
    guard free &>> line & 1 != 0, kernel.lines.claims[Int(line)] == nil else { throw .busy }
    kernel.lines.claims[Int(line)] = InterruptClaims.Claim(notification: notification, bits: bits)
    Notifications.retain(notification)
    do throws(InputOutputInterruptControllerError) {
      try kernel.interrupts.open(line: line, isLevel: isLevel(line))
    } catch {
      release(line)
      throw .unsupported
    }
    KeyboardLoan.settle()
    if !isLevel(line) { Notifications.signal(notification, bits) }
  }

  static func release(_ line: UInt32) {
    guard let claim = kernel.lines.claims[Int(line)] else { return }
    kernel.interrupts.mask(line: line)
    kernel.lines.claims[Int(line)] = nil
    Notifications.release(claim.notification)
    KeyboardLoan.settle()
  }

  /// A device called.
  static func raised(_ line: UInt32) {
    guard let claim = kernel.lines.claims[Int(line)] else {
      // It was on its way when its line was given up. Not acknowledged it would keep all others of its class away.
      return kernel.interrupts.acknowledge(line: line)
    }
    if isLevel(line) || claim.notification.value.pending & claim.bits == claim.bits {
      kernel.interrupts.mask(line: line)
      kernel.lines.claims[Int(line)]?.isMasked = true
    }
    kernel.interrupts.acknowledge(line: line)
    Notifications.signal(claim.notification, claim.bits)
  }

  /// The driver has seen to the device.
  static func acknowledge(_ line: UInt32) {
    guard let claim = kernel.lines.claims[Int(line)], claim.isMasked else { return }
    kernel.lines.claims[Int(line)]?.isMasked = false
    kernel.interrupts.unmask(line: line)
    // It may have called meanwhile.
    if !isLevel(line) { Notifications.signal(claim.notification, claim.bits) }
  }
}
