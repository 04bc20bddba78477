// The clock on this machine: what it is measured against, and the time of day.

import Drivers
import Machine
import MachineSupport
import Platform
import Primitives
import Scheduling

extension Clock {
  /// Nanoseconds since boot.
  var now: UInt64 { time(at: read_time_stamp()) }

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
      calibrate(nanoseconds: measurement.nanoseconds, stamps: measurement.stamps, ticks: measurement.ticks)
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
}

/// The time-stamp counter, for what measures it.
enum ProcessorStamps: StampSource {
  @inline(__always) static func stamp() -> UInt64 { read_time_stamp() }
}
