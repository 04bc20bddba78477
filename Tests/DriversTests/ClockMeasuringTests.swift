// What is measured on boards whose clocks are right, absent, stopped or wrong, and what is said of it.

import Drivers
import TestSupport
import Testing

@Suite struct ClockMeasuringTests {
  private func measure(_ board: Board) -> ClockVerdict {
    board.run { board in
      var precisionTimer: HighPrecisionTimer<BoardRegisters>? = HighPrecisionTimer(base: Board.precisionBase)
      do { try precisionTimer?.initialise() } catch { precisionTimer = nil }
      return ClockMeasuring<BoardPorts, BoardRegisters, BoardStamps>(
        controller: LocalAPIC(base: Board.local),
        powerManagementTimer: board.powerTimer == .absent
          ? nil : PowerManagementTimer(port: Board.power, isWide: false), highPrecisionTimer: precisionTimer
      ).measure()
    }
  }

  private func sentence(_ verdict: ClockVerdict) -> String {
    var text = TextCollector()
    verdict.describe(to: &text)
    return text.text
  }

  /// Whether the rates are those of the board, to a hundred and fiftieth; by the 8254 to a fortieth.
  private func isRight(_ verdict: ClockVerdict, on board: Board) -> Bool {
    guard let measurement = verdict.measurement else { return false }
    let stamps = measurement.stamps * 1_000_000 / measurement.nanoseconds
    let ticks = measurement.ticks * 1_000_000 / measurement.nanoseconds
    func isNear(_ value: UInt64, _ right: UInt64) -> Bool {
      max(value, right) - min(value, right) <= right / (measurement.clock == .intervalTimer ? 40 : 150)
    }
    return isNear(stamps, board.stampsPerMicrosecond * 1000) && isNear(ticks, board.ticksPerMicrosecond * 1000)
  }

  @Test(arguments: [(UInt64(1000), UInt64(1000)), (2_400, 66), (50, 33), (5_000, 100)])
  func allClocksAgree(stamps: UInt64, ticks: UInt64) {
    let board = Board()
    board.stampsPerMicrosecond = stamps
    board.ticksPerMicrosecond = ticks
    let verdict = measure(board)
    #expect(isRight(verdict, on: board))
    #expect(!verdict.isDoubtful)
    #expect(sentence(verdict).hasSuffix(" time stamps a microsecond by the HPET, which the ACPI timer confirms"))
  }

  /// Two rounds are enough wherever in its tick each clock is found, so a boot takes the same time on every board.
  @Test(arguments: [UInt64(40), 170, 333, 900])
  func twoRoundsAreEnough(accessTime: UInt64) {
    for phase in UInt64(0)..<300 {
      let board = Board()
      board.accessTime = accessTime
      board.now += phase * 37
      let start = board.now
      #expect(!measure(board).isDoubtful)
      let rounds = (board.now - start) / 249_752
      #expect(rounds == 2, "phase \(phase * 37): \(rounds) rounds")
    }
  }

  /// Every board that has two right clocks keeps right time, whatever the third one does; a board says so where it
  /// cannot.
  @Test(arguments: ClockHealth.allCases, ClockHealth.allCases)
  func everyBoard(interval: ClockHealth, power: ClockHealth) {
    for precision in ClockHealth.allCases {
      for second in [ClockHealth.right, .absent] {
        let board = Board()
        board.intervalTimer = interval
        board.powerTimer = power
        board.precisionTimer = precision
        board.realTimeClock = second
        let verdict = measure(board)
        let clocks = [interval, power, precision]
        let running = clocks.filter { $0.rate != nil }
        if clocks.count(where: { $0 == .right }) >= 2 {
          #expect(isRight(verdict, on: board), "\(clocks) \(second): \(verdict)")
        } else if running.isEmpty {
          #expect(second.rate == nil ? verdict == .none : verdict.measurement?.clock == .realTimeClock)
          #expect(verdict.isDoubtful)
        } else if running.count == 1 {
          guard case .unconfirmed = verdict else {
            Issue.record("\(clocks) \(second): \(verdict)")
            continue
          }
        } else if Set(running.map { $0.rate ?? 0 }).count == running.count, second == .right, clocks.contains(.right) {
          // They contradict each other, and the real-time clock decides.
          #expect(isRight(verdict, on: board), "\(clocks) \(second): \(verdict)")
          #expect(verdict.isDoubtful)
        }
      }
    }
  }

  @Test func theSentences() {
    let board = Board()
    board.intervalTimer = .absent
    #expect(sentence(measure(board)).hasSuffix(" time stamps a microsecond by the HPET, which the ACPI timer confirms"))
    board.precisionTimer = .fast
    board.intervalTimer = .right
    #expect(
      sentence(measure(board)).hasSuffix("by the ACPI timer, which the 8254 confirms; the HPET is wrong"))
    board.powerTimer = .absent
    board.precisionTimer = .absent
    #expect(sentence(measure(board)).hasSuffix("by the 8254; there is no second clock to confirm it"))
    board.intervalTimer = .stopped
    board.realTimeClock = .stopped
    #expect(sentence(measure(board)).contains("no clock of this machine runs"))
    #expect(
      sentence(
        .contradictory(
          ClockMeasurement(clock: .intervalTimer, stamps: 10, ticks: 1, nanoseconds: 1000), .highPrecisionTimer))
        == "10 time stamps a microsecond by the 8254, which the HPET contradicts: times may be wrong")
  }

  @Test func aMeasurementThatCannotBeTrue() {
    for (stamps, ticks, nanoseconds) in [
      (0, 1, 1), (1, 0, 1), (1, 1, 0), (.max, 1, 1000), (1 << 43, 1, 1 << 31), (1, 1, 1001), (1, .max, 1),
      (1000, 1, .max),
    ] as [(UInt64, UInt64, UInt64)] {
      let measurement = ClockMeasurement(
        clock: .intervalTimer, stamps: stamps, ticks: ticks, nanoseconds: nanoseconds)
      #expect(!measurement.isCredible, "\(measurement)")
    }
  }

  @Test func theAcpiTimerRunsOver() {
    Recorder().run { recorder in
      recorder.answers = [0x608: [0xff00_0010, 0xffff_fff0]]
      let narrow = PowerManagementTimer<FakePorts>(port: 0x608, isWide: false)
      #expect(narrow.distance(from: 0xff_fff0) == 0x20)
      let wide = PowerManagementTimer<FakePorts>(port: 0x608, isWide: true)
      #expect(wide.distance(from: 0xf) == 0xffff_ffe1)
    }
  }

  @Test(arguments: [
    (UInt32(0xffff_ffff), UInt32(0xffff_ffff)), (0, 10_000_000), (0x8086_a201, 0), (0x8086_a201, 100_000_001),
    (0x8086_a200, 10_000_000), (0x8086_a201, 99_999),
  ])
  func noPrecisionTimer(capabilities: UInt32, period: UInt32) {
    Recorder().run { recorder in
      recorder.onRead = { $0 == 0 ? capabilities : period }
      var timer = HighPrecisionTimer<FakeRegisters>(base: 0)
      #expect(throws: HighPrecisionTimerError.absent(capabilities: capabilities, period: period)) {
        try timer.initialise()
      }
      #expect(recorder.takeTrace() == ["in 0", "in 4"])
    }
  }
}
