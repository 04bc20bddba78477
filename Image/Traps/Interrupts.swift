// Interrupts from devices: the local interrupt controller with its timer, and the I/O controller that routes the
// keyboard, the serial port and, as a non-maskable interrupt, the watchdog's clock. Where there is no I/O controller the two
// 8259s bring the lines, through the local controller's first pin.
//
// Invariant: every interrupt that the controller has handed out is acknowledged exactly once, also when the
// processor could not deliver it (DoubleFault.swift).

import Drivers
import Machine
import MachineSupport
import Primitives

/// The memory-mapped registers of devices, at the virtual addresses where KernelMemory maps them.
enum MachineMemory: MemoryAccess {
  @inline(__always) static func read32(_ address: UInt32) -> UInt32 { memory_read32(address) }
  @inline(__always) static func write32(_ address: UInt32, _ value: UInt32) { memory_write32(address, value) }
}

/// The vectors of device interrupts.
enum InterruptVector {
  static var timer: UInt32 { 0x30 }
  static var spurious: UInt32 { 0xff }
  /// Line 0; the others follow.
  static var firstLine: UInt32 { 0x30 }
}

struct Interrupts {
  private(set) var local = LocalInterruptController<MachineMemory>(base: KernelLayout.localController)
  private var routing = InputOutputInterruptController<MachineMemory>(base: KernelLayout.routingController)
  private var legacy = LegacyInterruptController<MachinePorts>()
  /// Whether the 8259s bring the lines.
  private var usesLegacy = false
  private(set) var hasWatchdog = false
  /// Whether the watchdog's clock is kept from interrupting, because the processor idles.
  private(set) var isWatchdogPaused = false

  /// How often the watchdog looks, a second.
  static var watchdogFrequency: UInt32 { 25 }

  /// Silences the old controllers and turns the new ones on.
  mutating func start() {
    legacy.initialise()
    legacy.maskAll()
    local.enable(spuriousVector: UInt8(InterruptVector.spurious))
    do throws(InputOutputInterruptControllerError) {
      try routing.initialise()
      let target = local.identifier
      try routing.program(pin: 1, delivery: .fixed(vector: UInt8(InterruptVector.firstLine + 1)), destination: target)
      try routing.program(pin: 4, delivery: .fixed(vector: UInt8(InterruptVector.firstLine + 4)), destination: target)
      IntervalTimer<MachinePorts>().startPeriodic(
        divisor: IntervalTimer<MachinePorts>.divisor(forFrequency: Interrupts.watchdogFrequency))
      try routing.program(
        pin: InputOutputInterruptController<MachineMemory>.timerPin, delivery: .nonMaskable,
        destination: target)
      hasWatchdog = true
    } catch {
      var output = KernelOutput()
      output.write("interrupts: ")
      error.describe(to: &output)
      output.write("; the 8259 controllers take its place, without a watchdog\n")
      usesLegacy = true
      local.configure(.zero, as: .external)
      legacy.unmask(.keyboard)
      legacy.unmask(.firstSerial)
    }
  }

  /// Keeps the watchdog's clock silent, so that an idle processor sleeps on.
  mutating func pauseWatchdog() {
    do throws(InputOutputInterruptControllerError) {
      try routing.mask(pin: InputOutputInterruptController<MachineMemory>.timerPin)
      isWatchdogPaused = true
    } catch {}
  }

  mutating func resumeWatchdog() {
    isWatchdogPaused = false
    do throws(InputOutputInterruptControllerError) {
      try routing.unmask(pin: InputOutputInterruptController<MachineMemory>.timerPin)
    } catch {}
  }

  /// Lets a device's line interrupt.
  mutating func open(line: UInt32, isLevel: Bool) throws(InputOutputInterruptControllerError) {
    if usesLegacy { return unmask(line: line) }
    try routing.program(
      pin: line, delivery: .fixed(vector: UInt8(InterruptVector.firstLine &+ line)),
      trigger: isLevel ? .levelActiveLow : .edgeActiveHigh, destination: local.identifier)
  }

  mutating func mask(line: UInt32) {
    if usesLegacy, let line = Self.legacyLine(line) { return legacy.mask(line) }
    do throws(InputOutputInterruptControllerError) { try routing.mask(pin: line) } catch {}
  }

  mutating func unmask(line: UInt32) {
    if usesLegacy, let line = Self.legacyLine(line) { return legacy.unmask(line) }
    do throws(InputOutputInterruptControllerError) { try routing.unmask(pin: line) } catch {}
  }

  private static func legacyLine(_ line: UInt32) -> InterruptLine? { InterruptLine(UInt8(truncatingIfNeeded: line)) }

  /// The interrupt of the local controller's own timer is seen to.
  func acknowledge() { local.endOfInterrupt() }

  /// The interrupt of a device's line is seen to.
  func acknowledge(line: UInt32) {
    if usesLegacy, let line = Self.legacyLine(line) { return legacy.endOfInterrupt(line) }
    local.endOfInterrupt()
  }

  /// The vector of an interrupt that the processor took and that nobody has acknowledged.
  func inServiceVector() -> UInt8? {
    if let vector = local.inServiceVector() { return vector }
    guard usesLegacy, let line = legacy.inServiceLine() else { return nil }
    return LegacyInterruptController<MachinePorts>.vector(of: line)
  }

  /// The line that an 8259 called for; nil for other vectors, and for a call that went away.
  private mutating func legacyLine(ofVector vector: UInt32) -> UInt32? {
    guard usesLegacy, vector < 256,
      let line = LegacyInterruptController<MachinePorts>.line(ofVector: UInt8(vector)),
      legacy.arrival(of: line) == .genuine
    else { return nil }
    return UInt32(line.number)
  }

  /// Sets the timer to interrupt once after `ticks`.
  func setTimer(ticks: UInt32) {
    local.startOneShot(vector: UInt8(InterruptVector.timer), divider: .by1, count: ticks)
  }

  func stopTimer() { local.stopTimer() }

  /// Handles the device interrupt `vector`. Returns false where it belongs to no device.
  static func handle(_ vector: UInt32) -> Bool {
    kernel.counters.interrupts &+= 1
    let line = kernel.interrupts.legacyLine(ofVector: vector) ?? vector &- InterruptVector.firstLine
    switch vector {
    case InterruptVector.timer:
      kernel.interrupts.acknowledge()
      Scheduler.timerExpired()
    case _ where line == 1 && kernel.console.hasKeyboard:
      kernel.interrupts.acknowledge(line: line)
      kernel.console.receiveKeyboard()
      Scheduler.wakeAll(reference(to: &kernel.console.readers))
    case _ where line == 4:
      kernel.interrupts.acknowledge(line: line)
      kernel.console.receiveSerial()
      Scheduler.wakeAll(reference(to: &kernel.console.readers))
    case _ where line < 16: DeviceInterrupts.raised(line)
    case InterruptVector.spurious, 0x27, 0x2f:
      // Nothing was asked for: there is nothing to acknowledge (Intel SDM Vol. 3, 10.9; 8259A data sheet).
      break
    default: return false
    }
    return true
  }
}
