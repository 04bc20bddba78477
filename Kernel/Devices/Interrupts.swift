// Interrupts from devices: the local interrupt controller with its timer, and the I/O controller that routes the
// keyboard, the serial port and, as non-maskable interrupts, the watchdog's clocks. Where there is no I/O controller the
// two 8259s bring the lines, through the local controller's first pin.
//
// Invariant: every interrupt that the controller has handed out is acknowledged exactly once, also when the
// processor could not deliver it (DoubleFault.swift).

import ABI
import Consoles
import Drivers
import Firmware
import Platform
import Primitives
import VirtualMemory

/// The vectors of device interrupts.
package enum InterruptVector {
  package static var timer: UInt32 { UInt32(Processor.timerVector) }
  /// The watchdog's tickets (Watchdog.swift), less urgent than every device. Of the 8259s it would be line 2, where the
  /// second one hangs, which never calls.
  package static var ticket: UInt32 { 0x22 }
  package static var spurious: UInt32 { 0xff }
  /// Line 0; the others follow.
  package static var firstLine: UInt32 { 0x30 }
}

package struct Interrupts {
  private let context: Context
  package private(set) var local = LocalAPIC<MachineMemory>(base: Processor.controller)
  private var routing = IOAPIC<MachineMemory>(base: KernelLayout.ioapic)
  private var legacy = PIC8259<MachinePorts>()
  /// Whether the 8259s bring the lines.
  private var usesLegacy = false
  package var watchdog = WatchdogClock<MachinePorts, MachineMemory>()

  /// A test waits for what comes of a non-maskable interrupt in the middle of a double fault (KernelTests.swift).
  package var interruptsNextDoubleFault = false

  init(_ context: Context) { self.context = context }

  /// Silences the old controllers and turns the new ones on.
  package mutating func start() {
    legacy.initialise()
    legacy.maskAll()
    enable()
    do throws(IOAPICError) {
      try routing.initialise()
      let target = local.identifier
      try routing.program(pin: 1, delivery: .fixed(vector: UInt8(InterruptVector.firstLine + 1)), destination: target)
      try routing.program(pin: 4, delivery: .fixed(vector: UInt8(InterruptVector.firstLine + 4)), destination: target)
    } catch {
      var output = KernelOutput(context)
      output.write("interrupts: ")
      error.describe(to: &output)
      output.write("; the 8259 controllers take its place\n")
      usesLegacy = true
      local.configure(.zero, as: .external)
      legacy.unmask(.keyboard)
      legacy.unmask(.firstSerial)
    }
  }

  /// Lets the watchdog run on what works.
  package mutating func startWatchdog(on clocks: BoardClocks, intervalTimerPin: UInt32, hasInterrupted: () -> Bool) {
    watchdog.start(
      routing: routing, intervalTimerPin: intervalTimerPin, precisionTimer: clocks.precisionTimer,
      destination: local.identifier, hasInterrupted: hasInterrupted)
  }

  /// Lets a device's line interrupt.
  mutating func open(line: UInt32, isLevel: Bool) throws(IOAPICError) {
    if usesLegacy { return unmask(line: line) }
    try routing.program(
      pin: line, delivery: .fixed(vector: UInt8(InterruptVector.firstLine &+ line)),
      trigger: isLevel ? .levelActiveLow : .edgeActiveHigh, destination: local.identifier)
  }

  mutating func mask(line: UInt32) {
    if usesLegacy, let line = Self.legacyLine(line) { return legacy.mask(line) }
    do throws(IOAPICError) { try routing.mask(pin: line) } catch {}
  }

  mutating func unmask(line: UInt32) {
    if usesLegacy, let line = Self.legacyLine(line) { return legacy.unmask(line) }
    do throws(IOAPICError) { try routing.unmask(pin: line) } catch {}
  }

  private static func legacyLine(_ line: UInt32) -> InterruptLine? { InterruptLine(UInt8(truncatingIfNeeded: line)) }

  /// Whether the local controller is switched on.
  package var isEnabled: Bool { local.isEnabled(spuriousVector: UInt8(InterruptVector.spurious)) }

  /// Switches the local controller on, which then does not know what its timer was set for.
  package func enable() {
    local.enable(spuriousVector: UInt8(InterruptVector.spurious))
    if usesLegacy { local.configure(.zero, as: .external) }
  }

  /// Requests a ticket of the watchdog's, and waits until it waits.
  package func requestTicket() {
    local.requestSelf(vector: UInt8(InterruptVector.ticket))
    for _ in 0..<1000 where !isTicketWaiting {}
  }

  /// Raises a non-maskable interrupt on this processor.
  package func requestNonMaskable() { local.requestNonMaskable() }

  package var isTicketWaiting: Bool { local.isRequested(vector: UInt8(InterruptVector.ticket)) }

  /// The interrupt of the local controller's own timer is seen to.
  package func acknowledge() { local.endOfInterrupt() }

  /// The interrupt of a device's line is seen to.
  package func acknowledge(line: UInt32) {
    if usesLegacy, let line = Self.legacyLine(line) { return legacy.endOfInterrupt(line) }
    local.endOfInterrupt()
  }

  /// The vector of an interrupt that the processor took and that nobody has acknowledged.
  package func inServiceVector() -> UInt8? {
    if let vector = local.inServiceVector() { return vector }
    guard usesLegacy, let line = legacy.inServiceLine() else { return nil }
    return PIC8259<MachinePorts>.vector(of: line)
  }

  /// The line that an 8259 called for; nil for other vectors, and for a call that went away.
  package mutating func legacyLine(ofVector vector: UInt32) -> UInt32? {
    guard usesLegacy, vector < 256,
      let line = PIC8259<MachinePorts>.line(ofVector: UInt8(vector)),
      legacy.arrival(of: line) == .genuine
    else { return nil }
    return UInt32(line.number)
  }

  func stopTimer() { local.stopTimer() }
}
