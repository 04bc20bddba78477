import Drivers
import Testing

@Suite struct IntervalTimerTests {
  private let timer = IntervalTimer<FakePorts>()

  @Test(arguments: [
    (UInt32(0), UInt16(0)), (1, 0), (18, 0), (19, 62_799), (100, 11_932), (1000, 1193), (1_193_182, 2),
    (600_000, 2), (.max, 2),
  ])
  func divisorIsTheNearest(hertz: UInt32, expected: UInt16) {
    #expect(IntervalTimer<FakePorts>.divisor(forFrequency: hertz) == expected)
  }

  @Test func periodicModeWritesLowThenHigh() {
    Recorder().run { recorder in
      timer.startPeriodic(divisor: 11_932)
      timer.startPeriodic(divisor: 0)
      timer.startPeriodic(divisor: 1)
      timer.stopPeriodic()
      #expect(
        recorder.takeTrace() == [
          "out 43 34", "out 40 9c", "out 40 2e", "out 43 34", "out 40 0", "out 40 0", "out 43 34", "out 40 2",
          "out 40 0", "out 43 30",
        ])
    }
  }

  @Test func theCountIsLatchedAndReadInHalves() {
    Recorder().run { recorder in
      recorder.answers = [0x40: [0x34, 0x12]]
      #expect(timer.latchedCount() == 0x1234)
      #expect(recorder.takeTrace() == ["out 43 0", "in 40", "in 40"])
    }
  }

  @Test func aCountdownKeepsTheSpeakerSilent() {
    Recorder().run { recorder in
      recorder.answers = [0x61: [0xff]]
      timer.startCountdown(ticks: 0xabcd)
      #expect(
        recorder.takeTrace() == ["in 61", "out 61 c", "out 43 b0", "out 42 cd", "out 42 ab", "out 61 d"])
    }
  }

  @Test func theReadBackCommandTellsTheMode() {
    Recorder().run { recorder in
      // Mode 2 with the output high and low, mode 0, a half-loaded mode 2, and nothing there.
      recorder.answers = [0x40: [0xb4, 0x34, 0x30, 0x24, 0xff]]
      #expect(
        [timer.isPeriodic, timer.isPeriodic, timer.isPeriodic, timer.isPeriodic, timer.isPeriodic] == [
          true, true, false, false, false,
        ])
      #expect(recorder.takeTrace().prefix(2) == ["out 43 e2", "in 40"])
    }
  }
}
