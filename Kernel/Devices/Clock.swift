// The clock on this machine: what it is measured against, and the time of day.

import ABI
import Consoles
import Drivers
import MachineSupport
import Platform
import Primitives
import Scheduling

extension Clock {
  /// Nanoseconds since boot.
  package var now: UInt64 { time(at: read_time_stamp()) }

  package mutating func start() { origin = read_time_stamp() }

  package mutating func readRealTime(_ context: Context) {
    let device = RealTimeClock<MachinePorts>()
    do throws(RealTimeClockError) {
      bootTime = try device.read().secondsSince1970
    } catch {
      var output = KernelOutput(context)
      output.write("clock: ")
      error.describe(to: &output)
      output.write("\n")
    }
  }

  /// Measures the time-stamp counter and the controller's timer against the clocks of the board.
  package mutating func calibrate(
    _ controller: LocalAPIC<MachineMemory>, _ clocks: BoardClocks, _ context: Context
  ) {
    let verdict = ClockMeasuring<MachinePorts, MachineMemory, ProcessorStamps>(
      controller: controller, powerManagementTimer: clocks.powerManagementTimer,
      highPrecisionTimer: clocks.precisionTimer
    ).measure()
    if let measurement = verdict.measurement {
      calibrate(nanoseconds: measurement.nanoseconds, stamps: measurement.stamps, ticks: measurement.ticks)
    }
    if verdict.isDoubtful {
      var output = KernelOutput(context)
      Self.write(verdict, to: &output)
    } else {
      var output = LogOutput(context)
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
