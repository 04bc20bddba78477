// The high precision event timer, HPET (IA-PC HPET specification 1.0a; the section numbers below are its own): one
// counter, and comparators that can interrupt through pins of the I/O APIC.
//
// Invariants: it is used only after its capabilities were found credible; its legacy routing, which would take the
// places of the 8254 and of the real-time clock, stays off; only comparator 0 is used.

import Primitives

/// Why the timer cannot be used.
public enum HighPrecisionTimerError: Error, Equatable {
  /// The first register reads as `capabilities` and `period`, as it does where nothing answers.
  case absent(capabilities: UInt32, period: UInt32)

  /// Writes one sentence that says what is wrong.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .absent(let capabilities, let period):
      output.write("no high precision event timer answers: its first registers read ")
      output.write(hexadecimal: capabilities)
      output.write(" ")
      output.write(hexadecimal: period)
    }
  }
}

/// An HPET whose registers are mapped at `base`.
public struct HighPrecisionTimer<Memory: MemoryAccess> {
  /// The virtual address of the registers.
  public let base: UInt32
  /// The length of a tick in femtoseconds (10^-15 s).
  public private(set) var period: UInt32 = 0

  public init(base: UInt32) { self.base = base }

  /// A tick may last 100 ns at the most (2.3.4).
  public static var longestPeriod: UInt32 { 100_000_000 }
  /// Counters faster than 10 GHz are not believed.
  private static var shortestPeriod: UInt32 { 100_000 }

  // Registers (2.3), and the bits that are used of them.
  private enum Register {
    static var capabilities: UInt32 { 0x000 }
    static var period: UInt32 { 0x004 }
    static var configuration: UInt32 { 0x010 }
    static var counter: UInt32 { 0x0f0 }
    static var counterHigh: UInt32 { 0x0f4 }
    static var comparatorConfiguration: UInt32 { 0x100 }
    static var comparatorRoutes: UInt32 { 0x104 }
    static var comparator: UInt32 { 0x108 }
    static var comparatorHigh: UInt32 { 0x10c }
  }
  private static var enabled: UInt32 { 1 }
  private static var legacyRouting: UInt32 { 2 }
  // Of the comparator's configuration (2.3.8).
  private static var interrupts: UInt32 { 1 &<< 2 }
  private static var periodic: UInt32 { 1 &<< 3 }
  private static var canBePeriodic: UInt32 { 1 &<< 4 }
  private static var setsPeriod: UInt32 { 1 &<< 6 }
  private static var width32: UInt32 { 1 &<< 8 }
  private static var routeShift: UInt32 { 9 }

  private func read(_ register: UInt32) -> UInt32 { Memory.read32(base &+ register) }
  private func write(_ register: UInt32, _ value: UInt32) { Memory.write32(base &+ register, value) }

  /// Finds the timer and lets its counter run, with no comparator interrupting.
  public mutating func initialise() throws(HighPrecisionTimerError) {
    let capabilities = read(Register.capabilities)
    let period = read(Register.period)
    // Revision 0 must not be (2.3.4); a floating bus reads as ones.
    guard capabilities & 0xff != 0, capabilities != 0xffff_ffff, period >= Self.shortestPeriod,
      period <= Self.longestPeriod
    else { throw .absent(capabilities: capabilities, period: period) }
    self.period = period
    write(Register.comparatorConfiguration, 0)
    write(Register.configuration, Self.enabled)
  }

  /// The lower half of the counter, which runs over after 42 s at 100 MHz.
  public var count: UInt32 { read(Register.counter) }

  /// The pins of the I/O APIC that comparator 0 can interrupt through, one bit each; none where it cannot do so
  /// periodically.
  public var routes: UInt32 {
    read(Register.comparatorConfiguration) & Self.canBePeriodic != 0 ? read(Register.comparatorRoutes) : 0
  }

  /// The ticks in `microseconds`, at least 1.
  public func ticks(microseconds: UInt32) -> UInt32 {
    let ticks = UInt64(microseconds) &* 1_000_000_000 / UInt64(max(1, period))
    return UInt32(truncatingIfNeeded: min(max(1, ticks), 0xffff_ffff))
  }

  /// Lets comparator 0 interrupt through `pin` every `ticks`, by edges, beginning now. The counter begins anew.
  public func startPeriodic(pin: UInt32, ticks: UInt32) {
    write(Register.configuration, 0)
    write(Register.comparatorConfiguration, 0)
    write(Register.counter, 0)
    write(Register.counterHigh, 0)
    write(Register.comparatorConfiguration, setting(pin: pin) | Self.setsPeriod)
    // The first write sets when it fires first, the second how long it is from then on (2.3.9.2.2).
    write(Register.comparator, ticks)
    write(Register.comparatorHigh, 0)
    write(Register.comparator, ticks)
    write(Register.configuration, Self.enabled)
  }

  /// Whether comparator 0 and the counter are as `startPeriodic` left them.
  public func isPeriodic(pin: UInt32) -> Bool {
    let used = Self.interrupts | Self.periodic | 2 | 31 &<< Self.routeShift
    return read(Register.configuration) & (Self.enabled | Self.legacyRouting) == Self.enabled
      && read(Register.comparatorConfiguration) & used == setting(pin: pin) & used
  }

  private func setting(pin: UInt32) -> UInt32 {
    Self.interrupts | Self.periodic | Self.width32 | (pin & 31) &<< Self.routeShift
  }

  /// Keeps comparator 0 from interrupting; the counter goes on.
  public func stopPeriodic() { write(Register.comparatorConfiguration, 0) }
}
