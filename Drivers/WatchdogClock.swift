// What interrupts a task that has turned interrupts off: a clock of the board whose pin of the I/O APIC raises
// non-maskable interrupts. There may be two such clocks, and then both run, each to notice that the other one stands
// still.
//
// Invariants:
// - A clock counts as running only after one of its interrupts has come.
// - What keeps it running is read back: the clock's own mode, and its pin's entry. Whatever differs is set again.
// - `pause`, `resume` and `repair` touch the I/O APIC, whose registers are reached by two accesses: the caller sees to
//   it that they do not come between two of somebody else's.

import Primitives

/// A clock that can raise non-maskable interrupts.
public enum WatchdogSource: UInt8, Equatable, Sendable {
  case intervalTimer, highPrecisionTimer

  public var name: StaticString {
    switch self {
    case .intervalTimer: "the 8254"
    case .highPrecisionTimer: "the HPET"
    }
  }
}

public struct WatchdogClock<Ports: PortAccess, Memory: MemoryAccess> {
  /// A source that was found to work: its pin, and whether it still does.
  private struct Line: Equatable {
    let pin: UInt32
    var isArmed = false
  }

  private var routing = IOAPIC<Memory>(base: 0)
  private var precisionTimer = HighPrecisionTimer<Memory>(base: 0)
  private var destination: UInt8 = 0
  private var intervalLine: Line?
  private var precisionLine: Line?
  /// Whether the clocks are kept from interrupting, because the processor idles.
  public private(set) var isPaused = false

  public init() {}

  /// How often a clock interrupts, a second; and the second clock, which is there to notice that the first one stopped.
  public static var frequency: UInt32 { 25 }
  private static var secondFrequency: UInt32 { 5 }
  private static var divisor: UInt16 { IntervalTimer<Ports>.divisor(forFrequency: frequency) }
  /// For the proof that it works a clock interrupts every 20 microseconds.
  private static var trialMicroseconds: UInt32 { 20 }
  private static var trialDivisor: UInt16 { 24 }

  /// Whether anything watches.
  public var isRunning: Bool { isArmed(.intervalTimer) || isArmed(.highPrecisionTimer) }

  public func isArmed(_ source: WatchdogSource) -> Bool { line(source)?.isArmed ?? false }

  private func line(_ source: WatchdogSource) -> Line? {
    switch source {
    case .intervalTimer: intervalLine
    case .highPrecisionTimer: precisionLine
    }
  }

  private mutating func setArmed(_ isArmed: Bool, _ source: WatchdogSource) {
    switch source {
    case .intervalTimer: intervalLine?.isArmed = isArmed
    case .highPrecisionTimer: precisionLine?.isArmed = isArmed
    }
  }

  /// Tries every clock that the machine may have, and lets those run that work.
  ///
  /// - Parameters:
  ///   - routing: the I/O APIC, which is initialised.
  ///   - intervalTimerPin: the pin that the 8254 is wired to.
  ///   - precisionTimer: the HPET, which is initialised; nil: there is none.
  ///   - destination: the number of the processor's local APIC.
  ///   - hasInterrupted: waits for a non-maskable interrupt, and says whether one came.
  public mutating func start(
    routing: IOAPIC<Memory>, intervalTimerPin: UInt32,
    precisionTimer: HighPrecisionTimer<Memory>?, destination: UInt8, hasInterrupted: () -> Bool
  ) {
    self.routing = routing
    self.destination = destination
    intervalLine = intervalTimerPin < routing.pinCount ? Line(pin: intervalTimerPin) : nil
    if let precisionTimer {
      self.precisionTimer = precisionTimer
      precisionLine = Self.choosePin(precisionTimer.routes, intervalTimerPin, routing.pinCount).map { Line(pin: $0) }
    }
    let isIntervalTimerAlive = trial(.intervalTimer, hasInterrupted)
    let isPrecisionTimerAlive = trial(.highPrecisionTimer, hasInterrupted)
    if isIntervalTimerAlive { arm(.intervalTimer) } else { intervalLine = nil }
    if isPrecisionTimerAlive { arm(.highPrecisionTimer) } else { precisionLine = nil }
  }

  /// The lower 16 pins belong to the lines of the ISA bus, the interval timer's excepted.
  private static func choosePin(_ routes: UInt32, _ intervalTimerPin: UInt32, _ pinCount: UInt32) -> UInt32? {
    var pin = min(pinCount, 32)
    while pin > 16 {
      pin &-= 1
      if routes & 1 &<< pin != 0 { return pin }
    }
    return intervalTimerPin < pinCount && routes & 1 &<< intervalTimerPin != 0 ? intervalTimerPin : nil
  }

  /// Whether a clock interrupts. Afterwards it is silent.
  private mutating func trial(_ source: WatchdogSource, _ hasInterrupted: () -> Bool) -> Bool {
    guard let line = line(source) else { return false }
    switch source {
    case .intervalTimer:
      let timer = IntervalTimer<Ports>()
      timer.startPeriodic(divisor: Self.trialDivisor)
      // One that is absent reads as ones: there is nothing to wait for.
      guard timer.isPeriodic else { return false }
    case .highPrecisionTimer:
      precisionTimer.startPeriodic(
        pin: line.pin, ticks: precisionTimer.ticks(microseconds: Self.trialMicroseconds))
    }
    open(line.pin)
    let isAlive = hasInterrupted()
    close(line.pin)
    switch source {
    case .intervalTimer: IntervalTimer<Ports>().stopPeriodic()
    case .highPrecisionTimer: precisionTimer.stopPeriodic()
    }
    return isAlive
  }

  private mutating func arm(_ source: WatchdogSource) {
    guard let line = line(source) else { return }
    switch source {
    case .intervalTimer: IntervalTimer<Ports>().startPeriodic(divisor: Self.divisor)
    case .highPrecisionTimer:
      let frequency = isArmed(.intervalTimer) ? Self.secondFrequency : Self.frequency
      precisionTimer.startPeriodic(pin: line.pin, ticks: precisionTimer.ticks(microseconds: 1_000_000 / frequency))
    }
    open(line.pin)
    setArmed(true, source)
  }

  private func open(_ pin: UInt32) {
    do throws(IOAPICError) {
      try routing.program(pin: pin, delivery: .nonMaskable, destination: destination)
    } catch {}
  }

  private func close(_ pin: UInt32) {
    do throws(IOAPICError) { try routing.mask(pin: pin) } catch {}
  }

  /// Keeps the clocks silent, so that an idle processor sleeps on.
  public mutating func pause() {
    isPaused = true
    if let intervalLine { close(intervalLine.pin) }
    if let precisionLine, precisionLine.pin != intervalLine?.pin { close(precisionLine.pin) }
  }

  public mutating func resume() {
    isPaused = false
    if let intervalLine { reopen(intervalLine.pin) }
    if let precisionLine, precisionLine.pin != intervalLine?.pin { reopen(precisionLine.pin) }
  }

  private func reopen(_ pin: UInt32) {
    do throws(IOAPICError) { try routing.unmask(pin: pin) } catch {}
  }

  /// Whether a clock is as it was armed. No count of the 8254 is above its divisor; after it was set, the old one may
  /// still be read for a moment.
  private func isAsArmed(_ source: WatchdogSource, isOld: Bool) -> Bool {
    guard let line = line(source) else { return false }
    let isCounting: Bool
    switch source {
    case .intervalTimer:
      let timer = IntervalTimer<Ports>()
      isCounting = timer.isPeriodic && (!isOld || timer.latchedCount() <= Self.divisor)
    case .highPrecisionTimer: isCounting = precisionTimer.isPeriodic(pin: line.pin)
    }
    return isCounting && (isPaused || routing.isNonMaskable(pin: line.pin, destination: destination))
  }

  /// What became of a clock that was not as it was armed.
  public enum Repair: Equatable, Sendable {
    case none
    case armedAgain
    /// It does not take what is written to it: it is given up.
    case lost
  }

  /// Looks after one clock.
  public mutating func repair(_ source: WatchdogSource) -> Repair {
    guard isArmed(source), !isAsArmed(source, isOld: true) else { return .none }
    let wasPaused = isPaused
    arm(source)
    isPaused = false
    let isWhole = isAsArmed(source, isOld: false)
    if wasPaused { pause() }
    if isWhole { return .armedAgain }
    setArmed(false, source)
    // The other one is the first now.
    if source == .intervalTimer, isArmed(.highPrecisionTimer) { arm(.highPrecisionTimer) }
    return .lost
  }

  /// Arms again what is armed, also where it reads back as it should: no interrupt has come for too long.
  public mutating func restart() {
    if isArmed(.intervalTimer) { arm(.intervalTimer) }
    if isArmed(.highPrecisionTimer) { arm(.highPrecisionTimer) }
  }

  /// Writes what the watchdog runs on, or that it does not run.
  public func describe(to output: inout some TextOutput) {
    guard isRunning else {
      output.write(
        "no clock of this machine raises non-maskable interrupts, so that a task in Ring 0, or a module, that ")
      output.write("turns interrupts off and loops is not ended")
      return
    }
    output.write("runs on ")
    var isFirst = true
    for source in 0..<2 {
      guard let source = WatchdogSource(rawValue: UInt8(source)), let line = line(source), line.isArmed else {
        continue
      }
      if !isFirst { output.write(" and ") }
      isFirst = false
      output.write(source.name)
      output.write(", pin ")
      output.write(decimal: line.pin)
    }
  }
}
