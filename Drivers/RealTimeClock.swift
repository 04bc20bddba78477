// The battery-backed clock: an MC146818 (Motorola MC146818A data sheet) behind the index port 0x70 and
// the data port 0x71.
//
// Invariants: a time is returned only if two readings in a row agree and every field is valid; no wait is
// without a bound; the index port's top bit, which would keep non-maskable interrupts off, stays clear.

import Primitives

/// Why the clock gives no time.
public enum RealTimeClockError: Error, Equatable {
  /// Every register reads as ones: no clock is there.
  case absent
  /// The clock says for longer than any update takes that it is updating.
  case updateNeverEnds
  /// No two readings in a row agreed.
  case unstable
  /// A field is not two decimal digits although the clock counts in binary-coded decimal.
  case notDecimal(field: CalendarField, value: UInt8)
  /// A field is out of range.
  case outOfRange(CalendarError)

  /// Writes one sentence that says what is wrong.
  public func describe(to output: inout some TextOutput) {
    output.write("real-time clock: ")
    switch self {
    case .absent: output.write("absent")
    case .updateNeverEnds: output.write("its update never ends")
    case .unstable: output.write("no two readings agree")
    case .notDecimal(let field, let value):
      output.write("the ")
      field.write(to: &output)
      output.write(" ")
      output.write(hexadecimal: UInt32(value), digits: 2)
      output.write(" is not binary-coded decimal")
    case .outOfRange(let error): error.describe(to: &output)
    }
  }
}

/// The CMOS real-time clock of a PC.
public struct RealTimeClock<Ports: PortAccess> {
  public init() {}

  /// What the driver reads and writes.
  public static var ports: ClosedRange<UInt16> { indexPort...dataPort }
  private static var indexPort: UInt16 { 0x70 }
  private static var dataPort: UInt16 { 0x71 }

  // Register numbers (data sheet, "Address Map"); the century's place is the IBM AT's.
  private static var secondRegister: UInt8 { 0x00 }
  private static var minuteRegister: UInt8 { 0x02 }
  private static var hourRegister: UInt8 { 0x04 }
  private static var dayRegister: UInt8 { 0x07 }
  private static var monthRegister: UInt8 { 0x08 }
  private static var yearRegister: UInt8 { 0x09 }
  private static var statusARegister: UInt8 { 0x0a }
  private static var statusBRegister: UInt8 { 0x0b }
  private static var centuryRegister: UInt8 { 0x32 }

  private static var updateInProgress: UInt8 { 0x80 }
  private static var countsInBinary: UInt8 { 0x04 }
  private static var counts24Hours: UInt8 { 0x02 }
  private static var afternoon: UInt8 { 0x80 }

  /// An update takes up to 2,228 microseconds and two port accesses about two.
  private static var spinLimit: Int { 10_000 }
  /// A reading lasts well under a second, so two of three in a row agree on any working clock.
  private static var readingLimit: Int { 8 }

  /// The registers as they were read.
  private struct Reading: Equatable {
    var second: UInt8
    var minute: UInt8
    var hour: UInt8
    var day: UInt8
    var month: UInt8
    var year: UInt8
    var century: UInt8
  }

  /// The date and time that the clock shows; the firmware says nothing of its time zone.
  public func read() throws(RealTimeClockError) -> CalendarTime {
    let format = register(Self.statusBRegister)
    let reading = try stableReading()
    guard format != 0xff || reading.second != 0xff || reading.year != 0xff else { throw .absent }
    return try decode(reading, format)
  }

  /// Whether it is updating its registers, as it does once a second; nil where there is no clock.
  public var isUpdating: Bool? {
    let status = register(Self.statusARegister)
    // A clock's divider never reads as ones: nothing drives the bus.
    return status == 0xff ? nil : status & Self.updateInProgress != 0
  }

  private func register(_ number: UInt8) -> UInt8 {
    Ports.write8(Self.indexPort, number)
    return Ports.read8(Self.dataPort)
  }

  private func stableReading() throws(RealTimeClockError) -> Reading {
    var last = try reading()
    for _ in 0..<Self.readingLimit {
      let next = try reading()
      if next == last { return next }
      last = next
    }
    throw .unstable
  }

  /// Reads all registers after an update. The next update may still fall between two of them, which is
  /// why the caller wants two readings that agree.
  private func reading() throws(RealTimeClockError) -> Reading {
    try waitForUpdate()
    return Reading(
      second: register(Self.secondRegister), minute: register(Self.minuteRegister),
      hour: register(Self.hourRegister), day: register(Self.dayRegister),
      month: register(Self.monthRegister), year: register(Self.yearRegister),
      century: register(Self.centuryRegister))
  }

  private func waitForUpdate() throws(RealTimeClockError) {
    for _ in 0..<Self.spinLimit {
      guard let isUpdating else { throw .absent }
      if !isUpdating { return }
    }
    throw .updateNeverEnds
  }

  private func decode(_ reading: Reading, _ format: UInt8) throws(RealTimeClockError) -> CalendarTime {
    let isBinary = format & Self.countsInBinary != 0
    let year = try number(reading.year, .year, isBinary)
    guard year <= 99 else {
      throw .outOfRange(CalendarError(field: .year, value: year, lowest: 0, highest: 99))
    }
    let hour = try self.hour(reading.hour, isBinary, is24Hours: format & Self.counts24Hours != 0)
    let month = try number(reading.month, .month, isBinary)
    let day = try number(reading.day, .day, isBinary)
    let minute = try number(reading.minute, .minute, isBinary)
    let second = try number(reading.second, .second, isBinary)
    do throws(CalendarError) {
      return try CalendarTime(
        year: century(reading.century, isBinary) &* 100 &+ year, month: month, day: day, hour: hour,
        minute: minute, second: second)
    } catch {
      throw .outOfRange(error)
    }
  }

  /// The century; not every board keeps it at this place, so anything but 19 to 21 stands for 20.
  private func century(_ value: UInt8, _ isBinary: Bool) -> UInt32 {
    let century = isBinary ? UInt32(value) : UInt32(value &>> 4) &* 10 &+ UInt32(value & 15)
    return century >= 19 && century <= 21 ? century : 20
  }

  /// The hour from 0 to 23. In the 12-hour format the top bit tells the afternoon, and 12 comes first.
  private func hour(_ value: UInt8, _ isBinary: Bool, is24Hours: Bool) throws(RealTimeClockError) -> UInt32 {
    if is24Hours { return try number(value, .hour, isBinary) }
    let hour = try number(value & ~Self.afternoon, .hour, isBinary)
    guard hour >= 1, hour <= 12 else {
      throw .outOfRange(CalendarError(field: .hour, value: hour, lowest: 1, highest: 12))
    }
    return hour % 12 &+ (value & Self.afternoon == 0 ? 0 : 12)
  }

  private func number(
    _ value: UInt8, _ field: CalendarField, _ isBinary: Bool
  ) throws(RealTimeClockError) -> UInt32 {
    if isBinary { return UInt32(value) }
    let (tens, ones) = (value &>> 4, value & 15)
    guard tens <= 9, ones <= 9 else { throw .notDecimal(field: field, value: value) }
    return UInt32(tens &* 10 &+ ones)
  }
}
