// Time: what the processor's time-stamp counter and the timer's ticks are in nanoseconds.
//
// Invariants: time never goes back; conversions use 96-bit products, so they do not wrap in the machine's lifetime.

public struct Clock: Sendable {
  /// The time stamp at boot.
  public var origin: UInt64 = 0
  /// Nanoseconds per time stamp, times 2^24.
  private var nanosecondsPerStamp: UInt64 = 1 << 24
  /// Ticks of the timer per nanosecond, times 2^24.
  private var ticksPerNanosecond: UInt64 = 1 << 20
  /// Seconds since 1970 when the machine booted; 0: it has no clock.
  public var bootTime: UInt64 = 0

  public init() {}

  /// Takes over how many time stamps and ticks came in a number of nanoseconds, none of them 0.
  public mutating func calibrate(nanoseconds: UInt64, stamps: UInt64, ticks: UInt64) {
    nanosecondsPerStamp = (nanoseconds << 24) / stamps
    ticksPerNanosecond = max(1, (ticks << 24) / nanoseconds)
  }

  /// Nanoseconds since boot at a time stamp.
  public func time(at stamp: UInt64) -> UInt64 { nanoseconds(stamps: stamp &- origin) }

  public func nanoseconds(stamps: UInt64) -> UInt64 { Clock.scale(stamps, by: nanosecondsPerStamp) }

  /// Time stamps in `nanoseconds`, fewer than 2^40 of them.
  public func stamps(nanoseconds: UInt64) -> UInt64 { (nanoseconds << 24) / nanosecondsPerStamp }

  /// Timer ticks in `nanoseconds`, at least 1 and at most what the timer's 32 bits hold.
  public func timerTicks(_ nanoseconds: UInt64) -> UInt32 {
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
