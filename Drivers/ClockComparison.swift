// Measuring the processor's own clocks, the time-stamp counter and the timer of the local APIC, against the clocks of the
// board, and judging what was measured.
//
// No clock of the board is trusted alone where there is another: an 8254 that is absent reads as if its countdown had
// ended at once, and one that a program stopped never ends. Two that agree are right.
//
// Invariants: no loop is without a bound; the arithmetic holds for every value that a register can give.

import Primitives

/// A clock that others are measured against, from the most exact one on: of the 8254 only the end of a countdown is seen,
/// and that late.
public enum ReferenceClock: UInt8, Equatable, Sendable {
  case highPrecisionTimer, powerManagementTimer, intervalTimer, realTimeClock

  public var name: StaticString {
    switch self {
    case .intervalTimer: "the 8254"
    case .powerManagementTimer: "the ACPI timer"
    case .highPrecisionTimer: "the HPET"
    case .realTimeClock: "the real-time clock"
    }
  }

  /// Two measurements of this clock that differ by at most one in 2^bits are the same: a quarter of a millisecond is 894
  /// ticks of the ACPI timer and 298 of the 8254, and may begin and end anywhere within one.
  var precisionBits: UInt64 {
    switch self {
    case .highPrecisionTimer, .realTimeClock: 10
    case .powerManagementTimer: 8
    case .intervalTimer: 6
    }
  }
}

/// What one clock gave: so many time stamps and ticks of the local timer in so many nanoseconds.
public struct ClockMeasurement: Equatable, Sendable {
  public let clock: ReferenceClock
  public let stamps: UInt64
  public let ticks: UInt64
  public let nanoseconds: UInt64

  public init(clock: ReferenceClock, stamps: UInt64, ticks: UInt64, nanoseconds: UInt64) {
    self.clock = clock
    self.stamps = stamps
    self.ticks = ticks
    self.nanoseconds = nanoseconds
  }

  /// Whether it can be true: both clocks moved, no processor has a hundred time stamps a nanosecond, and none has fewer
  /// than one in a thousand.
  public var isCredible: Bool {
    guard stamps > 0, ticks > 0, nanoseconds > 0, stamps < 1 &<< 44, ticks < 1 &<< 32, nanoseconds < 1 &<< 32 else {
      return false
    }
    return stamps <= nanoseconds &* 100 && nanoseconds <= stamps &* 1000
  }

  /// Time stamps a nanosecond, times 2^16: from credible measurements fewer than 2^23.
  private var rate: UInt64 { (stamps &<< 16) / nanoseconds }

  /// Of two measurements the one with fewer time stamps a nanosecond.
  func shorter(_ other: ClockMeasurement?) -> ClockMeasurement {
    guard let other, other.rate < rate else { return self }
    return other
  }

  /// Whether both rates differ by at most one in 2^`bits`.
  public func agrees(with other: ClockMeasurement, bits: UInt64) -> Bool {
    let (one, two) = (rate, other.rate)
    return max(one, two) &- min(one, two) <= max(one, two) &>> bits
  }
}

/// At most one measurement of each clock, all of them credible.
public struct ClockMeasurements: Equatable, Sendable {
  private var intervalTimer: ClockMeasurement?
  private var powerManagementTimer: ClockMeasurement?
  private var highPrecisionTimer: ClockMeasurement?
  private var realTimeClock: ClockMeasurement?

  public init() {}

  static var count: Int { 4 }

  /// That of the clock with this number.
  subscript(_ index: Int) -> ClockMeasurement? {
    switch index {
    case 0: highPrecisionTimer
    case 1: powerManagementTimer
    case 2: intervalTimer
    default: realTimeClock
    }
  }

  /// Takes a measurement, unless it cannot be true. Of two of one clock the shorter stays.
  public mutating func add(_ measurement: ClockMeasurement) {
    guard measurement.isCredible else { return }
    switch measurement.clock {
    case .intervalTimer: intervalTimer = measurement.shorter(intervalTimer)
    case .powerManagementTimer: powerManagementTimer = measurement.shorter(powerManagementTimer)
    case .highPrecisionTimer: highPrecisionTimer = measurement.shorter(highPrecisionTimer)
    case .realTimeClock: realTimeClock = measurement.shorter(realTimeClock)
    }
  }

  /// Takes those of another round. Returns whether they are what was known already, as exactly as each clock can tell.
  mutating func add(_ others: ClockMeasurements) -> Bool {
    var isSame = true
    for index in 0..<Self.count {
      guard let other = others[index] else { continue }
      let isKnown = self[index].map { $0.agrees(with: other, bits: other.clock.precisionBits) } ?? false
      isSame = isSame && isKnown
      add(other)
    }
    return isSame
  }

  /// A clock that does not agree with `measurement`.
  fileprivate func outlier(of measurement: ClockMeasurement, bits: UInt64) -> ReferenceClock? {
    for index in 0..<Self.count {
      if let other = self[index], !measurement.agrees(with: other, bits: bits) { return other.clock }
    }
    return nil
  }
}

/// What the measurements together say.
public enum ClockVerdict: Equatable, Sendable {
  /// At least two clocks agree; `outlier` is one that does not.
  case confirmed(ClockMeasurement, by: ReferenceClock, outlier: ReferenceClock?)
  /// There is only one clock.
  case unconfirmed(ClockMeasurement)
  /// All that there are contradict each other.
  case contradictory(ClockMeasurement, ReferenceClock)
  case none

  /// Clocks that differ by more than one in 32 do not agree: a host that takes the processor away in the middle makes a
  /// measurement a little wrong, a clock that is wrong is so by far.
  private static var tolerance: UInt64 { 5 }

  public init(_ measurements: ClockMeasurements) {
    var first: ClockMeasurement?
    var second: ClockMeasurement?
    for index in 0..<ClockMeasurements.count {
      guard let one = measurements[index] else { continue }
      if first == nil { first = one } else if second == nil { second = one }
      for other in index &+ 1..<ClockMeasurements.count {
        guard let two = measurements[other], one.agrees(with: two, bits: Self.tolerance) else { continue }
        self = .confirmed(one, by: two.clock, outlier: measurements.outlier(of: one, bits: Self.tolerance))
        return
      }
    }
    guard let first else {
      self = .none
      return
    }
    if let second { self = .contradictory(first, second.clock) } else { self = .unconfirmed(first) }
  }

  /// Whether a clock that none of the others is would help.
  public var needsArbiter: Bool {
    switch self {
    case .confirmed, .unconfirmed: false
    case .contradictory, .none: true
    }
  }

  /// What to go by.
  public var measurement: ClockMeasurement? {
    switch self {
    case .confirmed(let measurement, _, _), .unconfirmed(let measurement), .contradictory(let measurement, _):
      measurement
    case .none: nil
    }
  }

  /// Whether somebody should be told.
  public var isDoubtful: Bool {
    if case .confirmed(_, _, nil) = self { return false }
    return true
  }

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .confirmed(let measurement, let other, let outlier):
      Self.begin(measurement, to: &output)
      output.write(", which ")
      output.write(other.name)
      output.write(" confirms")
      if let outlier {
        output.write("; ")
        output.write(outlier.name)
        output.write(" is wrong")
      }
    case .unconfirmed(let measurement):
      Self.begin(measurement, to: &output)
      output.write("; there is no second clock to confirm it")
    case .contradictory(let measurement, let other):
      Self.begin(measurement, to: &output)
      output.write(", which ")
      output.write(other.name)
      output.write(" contradicts: times may be wrong")
    case .none:
      output.write("no clock of this machine runs; one time stamp is taken for a nanosecond, and times are wrong")
    }
  }

  private static func begin(_ measurement: ClockMeasurement, to output: inout some TextOutput) {
    output.write(decimal: measurement.stamps &* 1000 / measurement.nanoseconds)
    output.write(" time stamps a microsecond by ")
    output.write(measurement.clock.name)
  }
}
