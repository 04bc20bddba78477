// Measuring with all clocks of the board at the same time (ClockComparison.swift judges what comes of it).
//
// Invariants: a clock that answers nothing, stands still or ends before it can gives no measurement; every loop ends
// after a number of looks, whatever the devices do.

import Primitives

/// The processor's time-stamp counter.
public protocol StampSource {
  static func stamp() -> UInt64
}

/// The clocks that a machine has, and the timer that is measured with the time-stamp counter.
public struct ClockMeasuring<Ports: PortAccess, Memory: MemoryAccess, Stamps: StampSource> {
  private let controller: LocalAPIC<Memory>
  private let powerManagementTimer: PowerManagementTimer<Ports>?
  private let highPrecisionTimer: HighPrecisionTimer<Memory>?

  public init(
    controller: LocalAPIC<Memory>, powerManagementTimer: PowerManagementTimer<Ports>?,
    highPrecisionTimer: HighPrecisionTimer<Memory>?
  ) {
    self.controller = controller
    self.powerManagementTimer = powerManagementTimer
    self.highPrecisionTimer = highPrecisionTimer
  }

  /// How long a measurement takes, in ticks of the 8254: a quarter of a millisecond.
  private static var intervalTicks: UInt16 { 298 }
  private static var interval: UInt64 {
    UInt64(intervalTicks) &* 1_000_000_000 / UInt64(IntervalTimer<Ports>.frequency)
  }
  /// How often is looked at the most, where no clock ends: for 30 ms at least, at a third of a microsecond a port.
  private static var lookLimit: UInt32 { 100_000 }
  /// The same for an update of the real-time clock, which comes once a second.
  private static var updateLookLimit: UInt32 { 4_000_000 }
  /// How often is measured at the most. A host that takes the processor away in the middle makes a measurement wrong.
  private static var roundLimit: Int { 8 }

  /// Where the time-stamp counter and the timer were when a measurement began.
  private struct Start {
    let stamp: UInt64
    let ticks: UInt32
  }

  private func start() -> Start { Start(stamp: Stamps.stamp(), ticks: controller.timerCount) }

  private func measurement(
    _ clock: ReferenceClock, since start: Start, nanoseconds: UInt64
  ) -> ClockMeasurement {
    let stamps = Stamps.stamp() &- start.stamp
    return ClockMeasurement(
      clock: clock, stamps: stamps, ticks: UInt64(start.ticks &- controller.timerCount), nanoseconds: nanoseconds)
  }

  /// Measures until two rounds agree as exactly as the clocks can, and asks the real-time clock, which takes one to two
  /// seconds, where the others leave it open.
  public func measure() -> ClockVerdict {
    var measurements = ClockMeasurements()
    for _ in 0..<Self.roundLimit {
      if measurements.add(round()) { break }
    }
    let verdict = ClockVerdict(measurements)
    guard verdict.needsArbiter, let second = measureSecond() else { return verdict }
    measurements.add(second)
    return ClockVerdict(measurements)
  }

  /// One round with all clocks but the real-time clock.
  func round() -> ClockMeasurements {
    var measurements = ClockMeasurements()
    controller.startSilentCount(divider: .by1, count: 0xffff_ffff)
    defer { controller.stopTimer() }
    let intervalTimer = IntervalTimer<Ports>()
    intervalTimer.startCountdown(ticks: Self.intervalTicks)
    let intervalStart = start()
    // One that is absent reads as if it had ended before it could.
    var waitsForInterval = !intervalTimer.isCountdownFinished
    let powerStartCount = powerManagementTimer?.count ?? 0
    let powerStart = start()
    var waitsForPower = powerManagementTimer != nil
    let precisionStartCount = highPrecisionTimer?.count ?? 0
    let precisionStart = start()
    var waitsForPrecision = highPrecisionTimer != nil

    var limit = Self.lookLimit
    var looks: UInt32 = 0
    while looks < limit, waitsForInterval || waitsForPower || waitsForPrecision {
      looks &+= 1
      var hasEnded = false
      if waitsForInterval, intervalTimer.isCountdownFinished {
        measurements.add(measurement(.intervalTimer, since: intervalStart, nanoseconds: Self.interval))
        waitsForInterval = false
        hasEnded = true
      }
      if waitsForPower, let timer = powerManagementTimer {
        let ticks = UInt64(timer.distance(from: powerStartCount))
        let nanoseconds = ticks &* 1_000_000_000 / UInt64(PowerManagementTimer<Ports>.frequency)
        if nanoseconds >= Self.interval {
          measurements.add(measurement(.powerManagementTimer, since: powerStart, nanoseconds: nanoseconds))
          waitsForPower = false
          hasEnded = true
        }
      }
      if waitsForPrecision, let timer = highPrecisionTimer {
        let nanoseconds = UInt64(timer.count &- precisionStartCount) &* UInt64(timer.period) / 1_000_000
        if nanoseconds >= Self.interval {
          measurements.add(measurement(.highPrecisionTimer, since: precisionStart, nanoseconds: nanoseconds))
          waitsForPrecision = false
          hasEnded = true
        }
      }
      // What has not ended long after another one stands still.
      if hasEnded { limit = min(limit, looks &* 8 &+ 1000) }
    }
    return measurements
  }

  /// From one update of the real-time clock to the next.
  private func measureSecond() -> ClockMeasurement? {
    let clock = RealTimeClock<Ports>()
    controller.startSilentCount(divider: .by1, count: 0xffff_ffff)
    defer { controller.stopTimer() }
    guard waitForUpdate(clock) else { return nil }
    let start = start()
    guard waitForUpdate(clock) else { return nil }
    return measurement(.realTimeClock, since: start, nanoseconds: 1_000_000_000)
  }

  /// Waits for the beginning of an update; false where none comes.
  private func waitForUpdate(_ clock: RealTimeClock<Ports>) -> Bool {
    var wasUpdating = true
    for _ in 0..<Self.updateLookLimit {
      guard let isUpdating = clock.isUpdating else { return false }
      if isUpdating && !wasUpdating { return true }
      wasUpdating = isUpdating
    }
    return false
  }
}
