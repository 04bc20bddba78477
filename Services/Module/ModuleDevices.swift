// Ports, interrupt lines and waiting for a service that is placed as a linked module. Services/Server has the same for
// processes.

import Drivers
import ModuleSupport
import Primitives
import ServiceSupport

/// I/O ports that the module has claimed, by the instructions themselves.
enum PlacedPorts: PortAccess, DeviceClaims {
  // A service answers one request at a time.
  nonisolated(unsafe) private static var claims: [ClosedRange<UInt16>] = []

  /// Returns false where somebody else has them.
  static func claim(_ range: ClosedRange<UInt16>) -> Bool {
    guard PortClaim.take(range) == 0 else { return false }
    claims.append(range)
    return true
  }

  static func giveBack() {
    for range in claims { PortClaim.give(back: range) }
    claims = []
  }

  static func giveBack(_ range: ClosedRange<UInt16>) {
    guard claims.contains(range) else { return }
    PortClaim.give(back: range)
    claims.removeAll { $0 == range }
  }

  static func sleep(milliseconds: UInt32) -> Bool { Clock.sleep(milliseconds: milliseconds) }

  static func read8(_ port: UInt16) -> UInt8 { ModulePorts.read8(port) }
  static func read16(_ port: UInt16) -> UInt16 { ModulePorts.read16(port) }
  static func read32(_ port: UInt16) -> UInt32 { ModulePorts.read32(port) }
  static func write8(_ port: UInt16, _ value: UInt8) { ModulePorts.write8(port, value) }
  static func write16(_ port: UInt16, _ value: UInt16) { ModulePorts.write16(port, value) }
  static func write32(_ port: UInt16, _ value: UInt32) { ModulePorts.write32(port, value) }
}

/// An interrupt line that the module has.
struct PlacedLine: DeviceLine {
  private let number: UInt32

  init?(_ number: UInt32) {
    guard Line.claim(number) == 0 else { return nil }
    self.number = number
  }

  func close() { Line.release(number) }
  /// An interrupt that is lost costs time, not the request: the driver looks at the device after a while.
  mutating func wait() -> Bool { Line.wait(nanoseconds: 10_000_000) }
  mutating func acknowledge() { Line.acknowledge(number) }
}

/// How the service answers what it has kept.
enum PlacedAnswers: KeptAnswers {
  static func send(_ words: InlineArray<6, UInt32>, _ bytes: [UInt8], to request: KeptRequest) -> Bool {
    Kept.answer(request.number, words, bytes)
  }
}

/// Modules get no memory that a device reaches by itself: they move its data word by word.
struct PlacedMemory: TransferMemory {
  init?(for port: UInt16, size: Int) { return nil }
  var physicalAddress: UInt32 { 0 }
  func write32(_ value: UInt32, at offset: Int) {}
  func read(_ offset: Int, into bytes: inout MutableSpan<UInt8>) {}
  func write(_ offset: Int, from bytes: Span<UInt8>) {}
}

/// Lines for people.
enum PlacedLog {
  static func write(_ describe: (inout ServiceLine) -> Void) {
    var line = ServiceLine()
    describe(&line)
    Log.write { for byte in line.bytes { $0.write(byte: byte) } }
  }
}

enum PlacedTime {
  /// Nanoseconds since boot.
  static var now: UInt64 { Clock.now }
}
