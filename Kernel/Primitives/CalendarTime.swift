// Dates and times of the Gregorian calendar, and their distance from 1970.
//
// Invariant: a `CalendarTime` always names a day and second that exist, so the arithmetic on it cannot
// overflow; every field was checked when it was made.

/// A part of a date or time.
public enum CalendarField: Equatable, Sendable {
  case year, month, day, hour, minute, second

  public func write(to output: inout some TextOutput) {
    switch self {
    case .year: output.write("year")
    case .month: output.write("month")
    case .day: output.write("day")
    case .hour: output.write("hour")
    case .minute: output.write("minute")
    case .second: output.write("second")
    }
  }
}

/// A field of a date or time lies outside `lowest` ... `highest`.
public struct CalendarError: Error, Equatable {
  public let field: CalendarField
  public let value: UInt32
  public let lowest: UInt32
  public let highest: UInt32

  public init(field: CalendarField, value: UInt32, lowest: UInt32, highest: UInt32) {
    self.field = field
    self.value = value
    self.lowest = lowest
    self.highest = highest
  }

  /// Writes one sentence that says which field is wrong.
  public func describe(to output: inout some TextOutput) {
    output.write("the ")
    field.write(to: &output)
    output.write(" ")
    output.write(decimal: value)
    output.write(" is not in ")
    output.write(decimal: lowest)
    output.write(" to ")
    output.write(decimal: highest)
  }
}

/// A second of the Gregorian calendar from 1970 to 9999, without a time zone or leap seconds.
public struct CalendarTime: Equatable, Sendable {
  /// 1970 to 9999.
  public let year: UInt32
  /// 1 to 12.
  public let month: UInt32
  /// 1 to 31, as the month allows.
  public let day: UInt32
  /// 0 to 23.
  public let hour: UInt32
  /// 0 to 59.
  public let minute: UInt32
  /// 0 to 59.
  public let second: UInt32

  /// Checks every field, and throws the first that is out of range.
  public init(
    year: UInt32, month: UInt32, day: UInt32, hour: UInt32, minute: UInt32, second: UInt32
  ) throws(CalendarError) {
    try Self.check(.year, year, 1970, 9999)
    try Self.check(.month, month, 1, 12)
    try Self.check(.day, day, 1, Self.days(inMonth: month, ofYear: year))
    try Self.check(.hour, hour, 0, 23)
    try Self.check(.minute, minute, 0, 59)
    try Self.check(.second, second, 0, 59)
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  private static func check(
    _ field: CalendarField, _ value: UInt32, _ lowest: UInt32, _ highest: UInt32
  ) throws(CalendarError) {
    guard value >= lowest, value <= highest else {
      throw CalendarError(field: field, value: value, lowest: lowest, highest: highest)
    }
  }

  /// The seconds since 1970-01-01 00:00:00.
  public var secondsSince1970: UInt64 {
    var total = UInt64(daysSince1970)
    total = total &* 24 &+ UInt64(hour)
    total = total &* 60 &+ UInt64(minute)
    return total &* 60 &+ UInt64(second)
  }

  /// The first second after 9999, from 1970.
  public static var endOfSeconds: UInt64 { UInt64(days(before: 10_000)) &* secondsOfDay }
  private static var secondsOfDay: UInt64 { 86_400 }

  /// The time that many seconds after 1970-01-01 00:00:00; nil after the year 9999.
  public init?(secondsSince1970 seconds: UInt64) {
    guard seconds < Self.endOfSeconds else { return nil }
    let days = UInt32(truncatingIfNeeded: seconds / Self.secondsOfDay)
    let second = UInt32(truncatingIfNeeded: seconds % Self.secondsOfDay)
    // No year is longer than 366 days, so this is not too late, and at most 17 years too early.
    var year = 1970 &+ days / 366
    while Self.days(before: year &+ 1) <= days { year &+= 1 }
    var day = days &- Self.days(before: year)
    var month: UInt32 = 1
    while day >= Self.days(inMonth: month, ofYear: year) {
      day &-= Self.days(inMonth: month, ofYear: year)
      month &+= 1
    }
    self.year = year
    self.month = month
    self.day = day &+ 1
    hour = second / 3600
    minute = second / 60 % 60
    self.second = second % 60
  }

  /// Writes it as ISO 8601 does, with a space in the middle: `2026-01-31 23:59:58`.
  public func write(to output: inout some TextOutput) {
    output.write(decimal: year)
    Self.write("-", month, to: &output)
    Self.write("-", day, to: &output)
    Self.write(" ", hour, to: &output)
    Self.write(":", minute, to: &output)
    Self.write(":", second, to: &output)
  }

  /// A separator and two digits.
  private static func write(_ separator: StaticString, _ value: UInt32, to output: inout some TextOutput) {
    output.write(separator)
    output.write(decimal: value / 10)
    output.write(decimal: value % 10)
  }

  /// The days from 1970 to the first of `year`, which is 1970 or later.
  private static func days(before year: UInt32) -> UInt32 {
    let before = year &- 1
    // Leap days of all years before this one, less the 477 before 1970.
    let leapDays = before / 4 &- before / 100 &+ before / 400 &- 477
    return (year &- 1970) &* 365 &+ leapDays
  }

  /// At most 2,932,896 at the end of 9999, so 32 bits are plenty.
  private var daysSince1970: UInt32 {
    var days = Self.days(before: year)
    var passed: UInt32 = 1
    while passed < month {
      days &+= Self.days(inMonth: passed, ofYear: year)
      passed &+= 1
    }
    return days &+ day &- 1
  }

  private static func isLeap(_ year: UInt32) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func days(inMonth month: UInt32, ofYear year: UInt32) -> UInt32 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
