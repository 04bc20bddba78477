// What each interrupt comes to.
//
// Invariant: every interrupt that the controller has handed out is acknowledged exactly once (Kernel/Devices/Interrupts.swift).

import Consoles
import Devices
import Objects
import Platform
import Primitives
import Scheduling

struct InterruptHandling {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// Handles the device interrupt `vector`. Returns false where it belongs to no device.
  ///
  /// - Parameter isOwnCode: a task's own code was interrupted, and not the kernel.
  func handle(_ vector: UInt32, isOwnCode: Bool) -> Bool {
    context.counters.interrupts &+= 1
    if isOwnCode { context.traps.watchdog.flags.interruptCame(to: context.scheduler.current) }
    let line = context.devices.interrupts.legacyLine(ofVector: vector) ?? vector &- InterruptVector.firstLine
    switch vector {
    case InterruptVector.timer:
      context.devices.interrupts.acknowledge()
      context.scheduler.timerExpired()
      Watchdog(context).noticeSilence()
    case InterruptVector.ticket:
      context.devices.interrupts.acknowledge()
      Watchdog(context).ticketCame(isOwnCode: isOwnCode)
    case _ where line == 1 && context.consoles.console.hasKeyboard:
      context.devices.interrupts.acknowledge(line: line)
      ConsoleInput(context).receiveKeyboard()
    case _ where line == 4:
      context.devices.interrupts.acknowledge(line: line)
      ConsoleInput(context).receiveSerial()
    case _ where line < 16: DeviceInterrupts(context).raised(line)
    case InterruptVector.spurious, 0x27, 0x2f:
      // Nothing was asked for: there is nothing to acknowledge (Intel SDM Vol. 3, 10.9; 8259A data sheet).
      break
    default: return false
    }
    return true
  }
}
