// Time: the processor's time-stamp counter, measured once against the clocks of the board, gives nanoseconds since boot;
// the local interrupt controller's timer, measured likewise, wakes the kernel at a given moment.
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

  /// Measures the time-stamp counter and the controller's timer against the clocks of the board.
  mutating func calibrate(_ controller: LocalInterruptController<MachineMemory>, _ clocks: BoardClocks) {
    let verdict = ClockMeasuring<MachinePorts, MachineMemory, ProcessorStamps>(
      controller: controller, powerManagementTimer: clocks.powerManagementTimer,
      highPrecisionTimer: clocks.precisionTimer
    ).measure()
    if let measurement = verdict.measurement {
      nanosecondsPerStamp = (measurement.nanoseconds << 24) / measurement.stamps
      ticksPerNanosecond = max(1, (measurement.ticks << 24) / measurement.nanoseconds)
    }
    if verdict.isDoubtful {
      var output = KernelOutput()
      Self.write(verdict, to: &output)
    } else {
      var output = LogOutput()
      Self.write(verdict, to: &output)
    }
  }

  private static func write(_ verdict: ClockVerdict, to output: inout some TextOutput) {
    output.write("clock: ")
    verdict.describe(to: &output)
    output.write("\n")
  }

  /// Nanoseconds since boot.
  var now: UInt64 { nanoseconds(stamps: read_time_stamp() &- origin) }

  func nanoseconds(stamps: UInt64) -> UInt64 { Clock.scale(stamps, by: nanosecondsPerStamp) }

  /// Time stamps in `nanoseconds`, fewer than 2^40 of them.
  func stamps(nanoseconds: UInt64) -> UInt64 { (nanoseconds << 24) / nanosecondsPerStamp }

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

/// The time-stamp counter, for what measures it.
enum ProcessorStamps: StampSource {
  @inline(__always) static func stamp() -> UInt64 { read_time_stamp() }
}
