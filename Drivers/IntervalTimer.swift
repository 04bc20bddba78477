// The interval timer: an 8254 (Intel 8254 data sheet, order number 231164) with channel 0 on interrupt
// line 0 and channel 2 on the speaker gate (port 0x61).
//
// Invariants: no wait is without a bound; the speaker stays silent. Channel 0 counts down by one at
// 1,193,182 Hz and reloads at one, so a latched count lies in 1 ... divisor.

/// The 8254 programmable interval timer (PIT) of a PC.
public struct IntervalTimer<Ports: PortAccess> {
  public init() {}

  /// The rate at which every channel counts, in hertz.
  public static var frequency: UInt32 { 1_193_182 }

  private static var channel0: UInt16 { 0x40 }
  private static var channel2: UInt16 { 0x42 }
  private static var control: UInt16 { 0x43 }
  /// The system control port: bit 0 is the gate of channel 2, bit 1 the speaker, bits 2 and 3 belong to
  /// others, bit 5 is the output of channel 2; the upper four only read.
  private static var systemControl: UInt16 { 0x61 }

  /// The divisor nearest to `hertz` interrupts a second. A rate that the timer cannot reach gives the
  /// nearest it can: 0, which the timer takes as 65,536 (18.2 Hz), or 2, the smallest of mode 2.
  public static func divisor(forFrequency hertz: UInt32) -> UInt16 {
    guard hertz > 18 else { return 0 }
    let (rounded, overflow) = frequency.addingReportingOverflow(hertz / 2)
    guard !overflow else { return 2 }
    // From 19 Hz on the divisor is at most 62,799.
    return UInt16(truncatingIfNeeded: max(2, rounded / hertz))
  }

  /// Lets channel 0 interrupt every `divisor` counts (mode 2, rate generator); 0 stands for 65,536.
  /// Mode 2 does not take 1, which counts as 2 here.
  public func startPeriodic(divisor: UInt16) {
    // Channel 0, low byte then high byte, mode 2, binary.
    Ports.write8(Self.control, 0x34)
    writeCount(Self.channel0, divisor == 1 ? 2 : divisor)
  }

  /// Stops channel 0: mode 0 waits for a count that never comes, with its output low.
  public func stopPeriodic() { Ports.write8(Self.control, 0x30) }

  /// Whether channel 0 is in the mode that `startPeriodic` sets: the read-back command gives it (data sheet, "Read-Back
  /// Command"). A channel that is not there reads as ones.
  public var isPeriodic: Bool {
    // The status of channel 0 alone: bit 7 is its output, bit 6 a count not yet loaded, the rest the control word's.
    Ports.write8(Self.control, 0xe2)
    return Ports.read8(Self.channel0) & 0x3f == 0x34
  }

  /// The counts left before channel 0 fires again, held by the latch command while the two halves are
  /// read. Interrupts must be off: another read between the halves would swap them.
  public func latchedCount() -> UInt16 {
    Ports.write8(Self.control, 0x00)
    let low = Ports.read8(Self.channel0)
    let high = Ports.read8(Self.channel0)
    return UInt16(high) &<< 8 | UInt16(low)
  }

  /// Starts a single countdown of `ticks` counts on channel 2, for measuring another clock against it;
  /// 0 stands for 65,536. `isCountdownFinished` tells when it is over.
  public func startCountdown(ticks: UInt16) {
    // Speaker off and gate low, so that the count does not run before it is complete.
    let others = Ports.read8(Self.systemControl) & 0x0c
    Ports.write8(Self.systemControl, others)
    // Channel 2, low byte then high byte, mode 0 (output rises at the end), binary.
    Ports.write8(Self.control, 0xb0)
    writeCount(Self.channel2, ticks)
    Ports.write8(Self.systemControl, others | 0x01)
  }

  /// Whether the countdown on channel 2 has ended: its output is high.
  public var isCountdownFinished: Bool { Ports.read8(Self.systemControl) & 0x20 != 0 }

  private func writeCount(_ channel: UInt16, _ count: UInt16) {
    Ports.write8(channel, UInt8(truncatingIfNeeded: count))
    Ports.write8(channel, UInt8(truncatingIfNeeded: count &>> 8))
  }
}
