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
import DeviceClaims
import Drivers
import Messages
import Objects
import Platform
import Primitives

/// Who has which line.
package struct InterruptClaims {
  struct Claim {
    let notification: Reference<NotificationRecord>
    let bits: UInt32
    var isMasked = false
  }

  fileprivate var claims = InlineArray<16, Claim?>(repeating: nil)
}

package struct DeviceInterrupts {
  package let context: Context

  package init(_ context: Context) { self.context = context }

  /// Makes handles of interrupt lines known; their first word is the line.
  package static func enter(into kinds: inout ObjectTable) {
    var operations = ObjectOperations()
    operations.isCopyable = false
    operations.close = { context, target, _ in DeviceInterrupts(context).release(target.object) }
    kinds.enter(.interrupt, operations)
  }

  /// The lines that the kernel does not have itself, or lends: without the timer, the second controller, COM2 and COM1.
  private static var free: UInt32 { 0xffe2 }
  /// The lines of the PCI bus.
  private static var level: UInt32 { 0x0e00 }

  private func isLevel(_ line: UInt32) -> Bool { Self.level &>> line & 1 != 0 }

  func isClaimed(_ line: UInt32) -> Bool { context.devices.lines.claims[Int(line)] != nil }

  /// Lets `line` set `bits` of a notification.
  package func claim(
    _ line: UInt32, _ notification: Reference<NotificationRecord>, _ bits: UInt32
  ) throws(SystemError) {
    guard line < 16 else { throw .badArgument }
    guard Self.free &>> line & 1 != 0, context.devices.lines.claims[Int(line)] == nil else { throw .busy }
    context.devices.lines.claims[Int(line)] = InterruptClaims.Claim(notification: notification, bits: bits)
    Notifications(context).retain(notification)
    do throws(IOAPICError) {
      try context.devices.interrupts.open(line: line, isLevel: isLevel(line))
    } catch {
      release(line)
      throw .unsupported
    }
    KeyboardLoan(context).settle()
    if !isLevel(line) { Notifications(context).signal(notification, bits) }
  }

  package func release(_ line: UInt32) {
    guard let claim = context.devices.lines.claims[Int(line)] else { return }
    context.devices.interrupts.mask(line: line)
    context.devices.lines.claims[Int(line)] = nil
    Notifications(context).release(claim.notification)
    KeyboardLoan(context).settle()
  }

  /// A device called.
  package func raised(_ line: UInt32) {
    guard let claim = context.devices.lines.claims[Int(line)] else {
      // It was on its way when its line was given up. Not acknowledged it would keep all others of its class away.
      return context.devices.interrupts.acknowledge(line: line)
    }
    if isLevel(line) || claim.notification.value.pending & claim.bits == claim.bits {
      context.devices.interrupts.mask(line: line)
      context.devices.lines.claims[Int(line)]?.isMasked = true
    }
    context.devices.interrupts.acknowledge(line: line)
    Notifications(context).signal(claim.notification, claim.bits)
  }

  /// The driver has seen to the device.
  package func acknowledge(_ line: UInt32) {
    guard let claim = context.devices.lines.claims[Int(line)], claim.isMasked else { return }
    context.devices.lines.claims[Int(line)]?.isMasked = false
    context.devices.interrupts.unmask(line: line)
    // It may have called meanwhile.
    if !isLevel(line) { Notifications(context).signal(claim.notification, claim.bits) }
  }
}
