import Drivers
import Primitives
import TestSupport
import Testing

/// The clock's registers by number; the index port selects one.
private final class ClockModel {
  /// 2026-11-25 13:41:59, in binary-coded decimal and 24 hours.
  var registers: [UInt32: UInt32] = [
    0: 0x59, 2: 0x41, 4: 0x13, 7: 0x25, 8: 0x11, 9: 0x26, 0x0a: 0x26, 0x0b: 0x02, 0x32: 0x20,
  ]
  /// Called before each read of a register.
  var beforeRead: (UInt32) -> Void = { _ in }

  func attach(to recorder: Recorder) {
    var index: UInt32 = 0
    recorder.onWrite = { address, value in if address == 0x70 { index = value } }
    recorder.onRead = { [self] _ in
      beforeRead(index)
      return registers[index] ?? 0xff
    }
  }
}

@Suite struct RealTimeClockTests {
  private let clock = RealTimeClock<FakePorts>()

  private func read(_ changes: [UInt32: UInt32] = [:]) throws -> CalendarTime {
    try Recorder().run { recorder in
      let model = ClockModel()
      model.registers.merge(changes) { $1 }
      model.attach(to: recorder)
      return try clock.read()
    }
  }

  private func time(
    _ year: UInt32, _ month: UInt32, _ day: UInt32, _ hour: UInt32, _ minute: UInt32, _ second: UInt32
  ) throws -> CalendarTime {
    try CalendarTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
  }

  private func text(_ error: RealTimeClockError) -> String {
    var output = TextCollector()
    error.describe(to: &output)
    return output.text
  }

  @Test func aReadingIsThisTrace() throws {
    try Recorder().run { recorder in
      ClockModel().attach(to: recorder)
      let expected = try time(2026, 11, 25, 13, 41, 59)
      #expect(try clock.read() == expected)
      let once: [UInt32] = [0x0a, 0, 2, 4, 7, 8, 9, 0x32]
      #expect(recorder.writes(to: 0x70) == [0x0b] + once + once)
      #expect(recorder.writes(to: 0x71).isEmpty)
    }
  }

  @Test func everyFormatGivesTheSameTime() throws {
    let expected = try time(2026, 11, 25, 13, 41, 59)
    let binary: [UInt32: UInt32] = [0: 59, 2: 41, 4: 13, 7: 25, 8: 11, 9: 26, 0x0b: 0x06, 0x32: 20]
    #expect(try read(binary) == expected)
    #expect(try read(binary.merging([4: 0x81, 0x0b: 0x04]) { $1 }) == expected)
    #expect(try read([4: 0x81, 0x0b: 0x00]) == expected)
  }

  @Test(arguments: [(UInt32(0x12), UInt32(0)), (0x01, 1), (0x11, 11), (0x92, 12), (0x81, 13), (0x91, 23)])
  func twelveHourClocksStartAtTwelve(value: UInt32, hour: UInt32) throws {
    #expect(try read([4: value, 0x0b: 0]).hour == hour)
  }

  @Test(arguments: [
    (UInt32(0x20), UInt32(2026)), (0x19, 1970), (0x21, 2126), (0x00, 2026), (0xff, 2026), (0x1a, 2026),
  ])
  func aCenturyThatCannotBeIsTheTwentieth(value: UInt32, year: UInt32) throws {
    #expect(try read([0x32: value, 9: year == 1970 ? 0x70 : 0x26]).year == year)
  }

  @Test func anUpdateBetweenTwoRegistersIsReadAgain() throws {
    try Recorder().run { recorder in
      let model = ClockModel()
      var reads = 0
      // The second reading sees the minute before, and the hour after, the clock moved on.
      model.beforeRead = { index in
        if index == 4 { reads += 1 }
        if index == 4 && reads == 2 {
          model.registers.merge([0: 0x00, 2: 0x00, 4: 0x14]) { $1 }
        }
      }
      model.registers.merge([2: 0x59]) { $1 }
      model.attach(to: recorder)
      let expected = try time(2026, 11, 25, 14, 0, 0)
      #expect(try clock.read() == expected)
    }
  }

  @Test func anUpdateInProgressIsWaitedFor() throws {
    try Recorder().run { recorder in
      let model = ClockModel()
      var polls = 0
      model.registers[0x0a] = 0xa6
      model.beforeRead = { index in
        guard index == 0x0a else { return }
        polls += 1
        if polls == 500 { model.registers[0x0a] = 0x26 }
      }
      model.attach(to: recorder)
      let expected = try time(2026, 11, 25, 13, 41, 59)
      #expect(try clock.read() == expected)
      #expect(polls == 501)
    }
  }

  @Test func aClockThatUpdatesForEverIsReported() {
    #expect(throws: RealTimeClockError.updateNeverEnds) { try read([0x0a: 0xa6]) }
    #expect(text(.updateNeverEnds) == "real-time clock: its update never ends")
  }

  @Test func aClockThatNeverShowsTheSameTwiceIsReported() {
    Recorder().run { recorder in
      let model = ClockModel()
      model.beforeRead = { index in
        if index == 0 { model.registers[0] = model.registers[0]! ^ 1 }
      }
      model.attach(to: recorder)
      #expect(throws: RealTimeClockError.unstable) { try clock.read() }
      #expect(recorder.accessCount < 200)
    }
    #expect(text(.unstable) == "real-time clock: no two readings agree")
  }

  @Test func anAbsentClockIsReported() {
    Recorder().run { recorder in
      recorder.onRead = { _ in 0xff }
      #expect(throws: RealTimeClockError.absent) { try clock.read() }
    }
    #expect(text(.absent) == "real-time clock: absent")
  }

  @Test(arguments: [
    (UInt32(0), UInt32(0x5a), RealTimeClockError.notDecimal(field: .second, value: 0x5a)),
    (2, 0xa0, .notDecimal(field: .minute, value: 0xa0)),
    (9, 0xff, .notDecimal(field: .year, value: 0xff)),
    (0, 0x60, .outOfRange(CalendarError(field: .second, value: 60, lowest: 0, highest: 59))),
    (2, 0x99, .outOfRange(CalendarError(field: .minute, value: 99, lowest: 0, highest: 59))),
    (4, 0x24, .outOfRange(CalendarError(field: .hour, value: 24, lowest: 0, highest: 23))),
    (7, 0x00, .outOfRange(CalendarError(field: .day, value: 0, lowest: 1, highest: 30))),
    (7, 0x31, .outOfRange(CalendarError(field: .day, value: 31, lowest: 1, highest: 30))),
    (8, 0x13, .outOfRange(CalendarError(field: .month, value: 13, lowest: 1, highest: 12))),
    (8, 0x00, .outOfRange(CalendarError(field: .month, value: 0, lowest: 1, highest: 12))),
  ])
  func badFieldsAreNamed(register: UInt32, value: UInt32, error: RealTimeClockError) {
    #expect(throws: error) { try read([register: value]) }
  }

  @Test func moreBadFieldsAreNamed() {
    let hour = RealTimeClockError.outOfRange(CalendarError(field: .hour, value: 13, lowest: 1, highest: 12))
    #expect(throws: hour) { try read([4: 0x13, 0x0b: 0]) }
    #expect(text(hour) == "real-time clock: the hour 13 is not in 1 to 12")
    let year = RealTimeClockError.outOfRange(CalendarError(field: .year, value: 200, lowest: 0, highest: 99))
    #expect(throws: year) { try read([9: 200, 4: 13, 0x0b: 6]) }
    let before = RealTimeClockError.outOfRange(
      CalendarError(field: .year, value: 1969, lowest: 1970, highest: 9999))
    #expect(throws: before) { try read([9: 0x69, 0x32: 0x19]) }
    let digits = RealTimeClockError.notDecimal(field: .day, value: 0x3c)
    #expect(text(digits) == "real-time clock: the day 0x3c is not binary-coded decimal")
  }

  @Test(arguments: 1...3)
  func randomRegistersGiveATimeOrAnErrorAndEnd(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<500 {
      Recorder().run { recorder in
        let model = ClockModel()
        for register in Array(model.registers.keys) {
          model.registers[register] = UInt32.random(in: 0...255, using: &generator)
        }
        model.registers[0x0a] = 0x26
        model.attach(to: recorder)
        if let time = try? clock.read() {
          #expect((1970...2199).contains(time.year))
          #expect(time.secondsSince1970 < 7_258_118_400)
        }
        #expect(recorder.accessCount == 34)
      }
    }
  }
}

@Suite struct CalendarTimeTests {
  @Test(arguments: [
    (UInt32(1970), UInt32(1), UInt32(1), UInt64(0)), (1970, 12, 31, 31_449_600), (1972, 2, 29, 68_169_600),
    (2000, 2, 29, 951_782_400), (2000, 3, 1, 951_868_800), (2026, 1, 1, 1_767_225_600),
    (2038, 1, 19, 2_147_472_000), (2100, 3, 1, 4_107_542_400), (2106, 2, 7, 4_294_944_000),
    (9999, 12, 31, 253_402_214_400),
  ])
  func knownDaysHaveTheirSeconds(year: UInt32, month: UInt32, day: UInt32, seconds: UInt64) throws {
    let start = try CalendarTime(year: year, month: month, day: day, hour: 0, minute: 0, second: 0)
    #expect(start.secondsSince1970 == seconds)
    let end = try CalendarTime(year: year, month: month, day: day, hour: 23, minute: 59, second: 59)
    #expect(end.secondsSince1970 == seconds + 86_399)
  }

  @Test func daysFollowEachOtherFrom1970To2400() throws {
    var expected: UInt64 = 0
    for year: UInt32 in 1970...2400 {
      for month: UInt32 in 1...12 {
        for day: UInt32 in 1...31 {
          guard
            let time = try? CalendarTime(year: year, month: month, day: day, hour: 0, minute: 0, second: 0)
          else { continue }
          #expect(time.secondsSince1970 == expected)
          expected += 86_400
        }
      }
    }
    #expect(expected == 13_601_088_000)
  }

  @Test func everyDayIsFoundAgainByItsSeconds() throws {
    for second in stride(from: 0, to: CalendarTime.endOfSeconds, by: 86_399) {
      let time = try #require(CalendarTime(secondsSince1970: second))
      let checked = try CalendarTime(
        year: time.year, month: time.month, day: time.day, hour: time.hour, minute: time.minute, second: time.second)
      guard checked.secondsSince1970 == second else {
        Issue.record("second \(second) became \(time)")
        return
      }
    }
    #expect(CalendarTime(secondsSince1970: CalendarTime.endOfSeconds - 1)?.year == 9999)
    #expect(CalendarTime(secondsSince1970: CalendarTime.endOfSeconds) == nil)
    #expect(CalendarTime(secondsSince1970: .max) == nil)
  }

  @Test func itIsWrittenAsTheStandardSays() throws {
    var text = TextCollector()
    try CalendarTime(year: 2026, month: 1, day: 31, hour: 3, minute: 59, second: 8).write(to: &text)
    #expect(text.text == "2026-01-31 03:59:08")
  }

  @Test(arguments: [(UInt32(2023), UInt32(29)), (2100, 29), (2024, 30), (2000, 30)])
  func februaryHasItsLength(year: UInt32, day: UInt32) {
    let error = CalendarError(field: .day, value: day, lowest: 1, highest: day - 1)
    #expect(throws: error) {
      try CalendarTime(year: year, month: 2, day: day, hour: 0, minute: 0, second: 0)
    }
  }

  @Test(arguments: [UInt32(0), 1969, 10_000, .max])
  func yearsOutsideTheRangeAreRefused(year: UInt32) {
    #expect(throws: CalendarError(field: .year, value: year, lowest: 1970, highest: 9999)) {
      try CalendarTime(year: year, month: 1, day: 1, hour: 0, minute: 0, second: 0)
    }
  }
}
