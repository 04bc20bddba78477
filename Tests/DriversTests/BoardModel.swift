// A board with all its clocks, for what measures them and for the watchdog: time goes on by a little with every access,
// and each clock shows what it would then show. Every clock can be absent, stand still, or run at a wrong rate.

import Drivers
import Testing

/// How a clock behaves.
enum ClockHealth: Equatable, CaseIterable, Sendable {
  case right, absent, stopped, fast, slow

  /// Its rate in hundredths of the right one; nil: it does not count.
  var rate: UInt64? {
    switch self {
    case .right: 100
    case .fast: 150
    case .slow: 60
    case .absent, .stopped: nil
    }
  }
}

final class Board: @unchecked Sendable {
  @TaskLocal static var current = Board()

  var intervalTimer = ClockHealth.right
  var powerTimer = ClockHealth.right
  var precisionTimer = ClockHealth.right
  var realTimeClock = ClockHealth.right
  /// Time stamps and ticks of the local timer a microsecond.
  var stampsPerMicrosecond: UInt64 = 2_400
  var ticksPerMicrosecond: UInt64 = 66
  /// How long an access takes.
  var accessTime: UInt64 = 900
  /// Nanoseconds since the board began.
  var now: UInt64 = 123_456_789
  private(set) var accessCount = 0

  private var countdownStart: UInt64?
  private var index: UInt8 = 0
  private var localStart: UInt64 = 0
  private var localCount: UInt32 = 0
  /// What was written to registers that are read back.
  private(set) var registers: [UInt32: UInt32] = [:]
  private var routingIndex: UInt32 = 0
  private(set) var routing: [UInt32: UInt32] = [1: 0x0017_0020]
  var channelMode: UInt8 = 0x30

  static let local: UInt32 = 0x1000
  static let routingBase: UInt32 = 0x2000
  static let precisionBase: UInt32 = 0x3000
  static let power: UInt16 = 0x608
  /// Femtoseconds of a tick, and the pins that the comparator reaches.
  static let period: UInt32 = 10_000_000
  var routes: UInt32 = 0x0000_0004

  private func goOn() {
    now += accessTime
    accessCount += 1
  }

  private func count(_ health: ClockHealth, perMicrosecond rate: UInt64) -> UInt64 {
    health.rate.map { now * rate / 1000 * $0 / 100 } ?? 77
  }

  func readPort(_ port: UInt16) -> UInt32 {
    goOn()
    switch port {
    case 0x40 where intervalTimer == .absent: return 0xff
    case 0x40: return UInt32(channelMode)
    case 0x61:
      if intervalTimer == .absent { return 0xff }
      guard let start = countdownStart, let rate = intervalTimer.rate else { return 0 }
      return now - start >= 249_752 * 100 / rate ? 0x20 : 0
    case Self.power:
      if powerTimer == .absent { return 0xffff_ffff }
      guard let rate = powerTimer.rate else { return 0x0012_3456 }
      return UInt32(truncatingIfNeeded: now * 3_579_545 / 1_000_000_000 * rate / 100) & 0xff_ffff
    case 0x71 where index == 0x0a:
      if realTimeClock == .absent { return 0xff }
      guard let rate = realTimeClock.rate else { return 0x26 }
      return now * rate / 100 % 1_000_000_000 >= 998_000_000 ? 0xa6 : 0x26
    default: return 0xff
    }
  }

  func writePort(_ port: UInt16, _ value: UInt32) {
    goOn()
    switch port {
    case 0x61: countdownStart = value & 1 != 0 ? now : nil
    case 0x43 where value & 0xf0 == 0x30: channelMode = UInt8(value)
    case 0x70: index = UInt8(value)
    default: break
    }
  }

  func readRegister(_ address: UInt32) -> UInt32 {
    goOn()
    switch address {
    case Self.local + 0x390:
      return localCount &- UInt32(truncatingIfNeeded: (now - localStart) * ticksPerMicrosecond / 1000)
    case Self.routingBase + 0x10: return routing[routingIndex] ?? 0
    case Self.precisionBase: return precisionTimer == .absent ? 0xffff_ffff : 0x8086_a201
    case Self.precisionBase + 4: return precisionTimer == .absent ? 0xffff_ffff : Self.period
    case Self.precisionBase + 0xf0: return UInt32(truncatingIfNeeded: count(precisionTimer, perMicrosecond: 100))
    case Self.precisionBase + 0x100: return (registers[address] ?? 0) & ~(1 << 6) | 1 << 4
    case Self.precisionBase + 0x104: return routes
    default: return registers[address] ?? 0
    }
  }

  func writeRegister(_ address: UInt32, _ value: UInt32) {
    goOn()
    switch address {
    case Self.local + 0x380:
      localStart = now
      localCount = value
    case Self.routingBase: routingIndex = value
    case Self.routingBase + 0x10: routing[routingIndex] = value
    default: registers[address] = value
    }
  }

  func run<Result>(_ body: (Board) throws -> Result) rethrows -> Result {
    try Board.$current.withValue(self) { try body(self) }
  }
}

enum BoardPorts: PortAccess {
  static func read8(_ port: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: Board.current.readPort(port)) }
  static func write8(_ port: UInt16, _ value: UInt8) { Board.current.writePort(port, UInt32(value)) }
  static func read16(_ port: UInt16) -> UInt16 { UInt16(truncatingIfNeeded: Board.current.readPort(port)) }
  static func write16(_ port: UInt16, _ value: UInt16) { Board.current.writePort(port, UInt32(value)) }
  static func read32(_ port: UInt16) -> UInt32 { Board.current.readPort(port) }
  static func write32(_ port: UInt16, _ value: UInt32) { Board.current.writePort(port, value) }
}

enum BoardRegisters: MemoryAccess {
  static func read32(_ address: UInt32) -> UInt32 { Board.current.readRegister(address) }
  static func write32(_ address: UInt32, _ value: UInt32) { Board.current.writeRegister(address, value) }
}

enum BoardStamps: StampSource {
  static func stamp() -> UInt64 { Board.current.now * Board.current.stampsPerMicrosecond / 1000 }
}
