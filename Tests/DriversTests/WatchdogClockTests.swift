// What the watchdog runs on, on boards with and without each clock, and what becomes of a clock that a program stops.

import Drivers
import TestSupport
import Testing

@Suite struct WatchdogClockTests {
  /// A watchdog that was started on a board, and the board.
  private func started(
    intervalTimer: ClockHealth = .right, precisionTimer: ClockHealth = .right, routes: UInt32 = 4,
    dead: Set<UInt8> = []
  ) throws -> (WatchdogClock<BoardPorts, BoardRegisters>, Board) {
    let board = Board()
    board.intervalTimer = intervalTimer
    board.precisionTimer = precisionTimer
    board.routes = routes
    var watchdog = WatchdogClock<BoardPorts, BoardRegisters>()
    try board.run { _ in
      var routing = IOAPIC<BoardRegisters>(base: Board.routingBase)
      try routing.initialise()
      var timer: HighPrecisionTimer<BoardRegisters>? = HighPrecisionTimer(base: Board.precisionBase)
      do { try timer?.initialise() } catch { timer = nil }
      var tried: UInt8 = intervalTimer == .absent ? 1 : 0
      watchdog.start(routing: routing, intervalTimerPin: 2, precisionTimer: timer, destination: 0) {
        defer { tried += 1 }
        return !dead.contains(tried)
      }
    }
    return (watchdog, board)
  }

  private func sentence(_ watchdog: WatchdogClock<BoardPorts, BoardRegisters>) -> String {
    var text = TextCollector()
    watchdog.describe(to: &text)
    return text.text
  }

  @Test func bothClocks() throws {
    #expect(sentence(try started().0) == "runs on the 8254, pin 2 and the HPET, pin 2")
    // The lines of the ISA bus are not taken.
    #expect(sentence(try started(routes: 0x00ff_0104).0) == "runs on the 8254, pin 2 and the HPET, pin 23")
    #expect(sentence(try started(routes: 0x0000_0100).0) == "runs on the 8254, pin 2")
    #expect(sentence(try started(routes: 0xff00_0000).0) == "runs on the 8254, pin 2")
  }

  @Test func oneClockOrNone() throws {
    #expect(sentence(try started(intervalTimer: .absent).0) == "runs on the HPET, pin 2")
    #expect(sentence(try started(precisionTimer: .absent).0) == "runs on the 8254, pin 2")
    #expect(sentence(try started(dead: [0]).0) == "runs on the HPET, pin 2")
    #expect(sentence(try started(dead: [1]).0) == "runs on the 8254, pin 2")
    let (none, _) = try started(intervalTimer: .absent, precisionTimer: .absent)
    #expect(!none.isRunning)
    #expect(sentence(none).hasPrefix("no clock of this machine raises non-maskable interrupts"))
    #expect(!(try started(dead: [0, 1]).0.isRunning))
  }

  /// Each way in which a program can stop a clock is noticed, and undone.
  @Test func whatAProgramStops() throws {
    var (watchdog, board) = try started(routes: 0x0080_0004)
    board.run { board in
      #expect(watchdog.repair(.intervalTimer) == .none)
      #expect(watchdog.repair(.highPrecisionTimer) == .none)
      // The 8254 in one-shot mode.
      BoardPorts.write8(0x43, 0x30)
      #expect(watchdog.repair(.intervalTimer) == .armedAgain)
      #expect(board.channelMode == 0x34)
      #expect(watchdog.repair(.intervalTimer) == .none)
      // A pin masked, made an ordinary interrupt, sent to another processor.
      for (register, value) in [(UInt32(0x14), UInt32(0x1_0400)), (0x14, 0x30), (0x15, 0x0300_0000), (0x14, 0x8400)] {
        BoardRegisters.write32(Board.routingBase, register)
        BoardRegisters.write32(Board.routingBase + 0x10, value)
        #expect(watchdog.repair(.intervalTimer) == .armedAgain)
        #expect(board.routing[0x14] == 0x400)
        #expect(board.routing[0x15] == 0)
      }
      // The HPET: its counter, its comparator, its legacy routing, its pin.
      for (register, value) in [(UInt32(0x10), UInt32(0)), (0x100, 0), (0x10, 3), (0x100, 0x10c)] {
        BoardRegisters.write32(Board.precisionBase + register, value)
        #expect(watchdog.repair(.highPrecisionTimer) == .armedAgain)
        #expect(watchdog.repair(.highPrecisionTimer) == .none)
      }
    }
  }

  @Test func aClockThatCannotBeStartedAgain() throws {
    var (watchdog, board) = try started()
    board.run { board in
      board.intervalTimer = .absent
      #expect(watchdog.repair(.intervalTimer) == .lost)
      #expect(watchdog.repair(.intervalTimer) == .none)
      #expect(sentence(watchdog) == "runs on the HPET, pin 2")
      #expect(watchdog.isRunning)
    }
  }

  @Test func aPauseMasksThePins() throws {
    var (watchdog, board) = try started(routes: 0x0080_0004)
    board.run { board in
      watchdog.pause()
      #expect(watchdog.isPaused)
      #expect(board.routing[0x14] == 0x1_0400)
      #expect(board.routing[0x10 + 23 * 2] == 0x1_0400)
      // That is no mistake of anybody's.
      #expect(watchdog.repair(.intervalTimer) == .none)
      // What is repaired meanwhile stays silent.
      BoardPorts.write8(0x43, 0x30)
      #expect(watchdog.repair(.intervalTimer) == .armedAgain)
      #expect(watchdog.isPaused)
      #expect(board.routing[0x14] == 0x1_0400)
      watchdog.resume()
      #expect(board.routing[0x14] == 0x400)
      #expect(board.routing[0x10 + 23 * 2] == 0x400)
    }
  }
}
