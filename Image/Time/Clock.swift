// Time: the processor's time-stamp counter, measured once against the 8254, gives nanoseconds since boot; the local
// interrupt controller's timer, measured likewise, wakes the kernel at a given moment.
//
// Invariants: time never goes back; conversions use 96-bit products, so they do not wrap in the machine's lifetime.

import Drivers
import Machine
import MachineSupport
import Primitives

struct Clock {
  /// The time stamp at boot.
  private(set) var origin: UInt64 = 0
  /// Nanoseconds per time stamp, times 2^24.
  private var nanosecondsPerStamp: UInt64 = 1 << 24
  /// Ticks of the controller's timer per nanosecond, times 2^24.
  private var ticksPerNanosecond: UInt64 = 1 << 20
  /// Seconds since 1970 when the machine booted; 0: it has no clock.
  private(set) var bootTime: UInt64 = 0

  /// The length of the calibration in ticks of the 8254 (1,193,182 a second): a quarter of a millisecond.
  private static var calibrationTicks: UInt16 { 298 }

  mutating func start() { origin = read_time_stamp() }

  mutating func readRealTime() {
    let device = RealTimeClock<MachinePorts>()
    do throws(RealTimeClockError) {
      bootTime = try device.read().secondsSince1970
    } catch {
      var output = KernelOutput()
      output.write("clock: ")
      error.describe(to: &output)
      output.write("\n")
    }
  }

  /// How often is measured at the most. A host that takes the processor away at the end of a measurement makes it too
  /// long: the shortest is right, and two that agree to a thousandth are enough.
  private static var calibrationRounds: Int { 8 }

  /// Measures the time-stamp counter and the controller's timer against the 8254.
  mutating func calibrate(_ controller: LocalInterruptController<MachineMemory>) {
    var shortest: (stamps: UInt64, ticks: UInt32)?
    for _ in 0..<Self.calibrationRounds {
      guard let round = Self.measure(controller) else { continue }
      if let best = shortest {
        let distance = max(best.stamps, round.stamps) - min(best.stamps, round.stamps)
        if round.stamps < best.stamps { shortest = round }
        if distance <= best.stamps >> 10 { break }
      } else {
        shortest = round
      }
    }
    guard let shortest else {
      var output = KernelOutput()
      output.write("clock: the 8254 does not count; assuming one time stamp a nanosecond\n")
      return
    }
    let nanoseconds = UInt64(Self.calibrationTicks) &* 1_000_000_000 / UInt64(IntervalTimer<MachinePorts>.frequency)
    nanosecondsPerStamp = (nanoseconds << 24) / shortest.stamps
    ticksPerNanosecond = max(1, (UInt64(shortest.ticks) << 24) / nanoseconds)
  }

  /// Counts time stamps and the controller's ticks while the 8254 counts down; nil where it does not.
  private static func measure(
    _ controller: LocalInterruptController<MachineMemory>
  ) -> (stamps: UInt64, ticks: UInt32)? {
    let timer = IntervalTimer<MachinePorts>()
    controller.startSilentCount(divider: .by1, count: 0xffff_ffff)
    timer.startCountdown(ticks: calibrationTicks)
    let start = read_time_stamp()
    let startCount = controller.timerCount
    let finished = timer.waitForCountdown(limit: 10_000_000)
    let stamps = read_time_stamp() &- start
    let ticks = startCount &- controller.timerCount
    controller.stopTimer()
    return finished && stamps > 0 && ticks > 0 ? (stamps, ticks) : nil
  }

  /// Nanoseconds since boot.
  var now: UInt64 { nanoseconds(stamps: read_time_stamp() &- origin) }

  func nanoseconds(stamps: UInt64) -> UInt64 { Clock.scale(stamps, by: nanosecondsPerStamp) }

  /// Timer ticks in `nanoseconds`, at least 1 and at most what the timer's 32 bits hold.
  func timerTicks(_ nanoseconds: UInt64) -> UInt32 {
    let ticks = Clock.scale(min(nanoseconds, 0xffff_ffff_ffff), by: ticksPerNanosecond)
    return ticks == 0 ? 1 : ticks > 0xffff_ffff ? 0xffff_ffff : UInt32(truncatingIfNeeded: ticks)
  }

  /// value * factor / 2^24 with a 96-bit product.
  private static func scale(_ value: UInt64, by factor: UInt64) -> UInt64 {
    let high = (value &>> 32) &* factor
    let low = (value & 0xffff_ffff) &* factor
    return (high &<< 8) &+ (low &>> 24)
  }
}
