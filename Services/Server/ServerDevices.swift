// Ports, interrupt lines and waiting for a service that is placed as a process. Services/Module has the same for modules.

import ABI
import Drivers
import Primitives
import SDK
import ServiceSupport

/// I/O ports that the service has claimed, by system call.
enum PlacedPorts: PortAccess, DeviceClaims {
  private struct Claim {
    let range: ClosedRange<UInt16>
    let ports: Ports
  }
  // A service answers one request at a time.
  nonisolated(unsafe) private static var claims: [Claim] = []

  /// Returns false where somebody else has them, or the right `devices` is missing.
  static func claim(_ range: ClosedRange<UInt16>) -> Bool {
    guard let ports = try? Ports(first: UInt32(range.lowerBound), count: UInt32(range.count)) else { return false }
    claims.append(Claim(range: range, ports: ports))
    return true
  }

  static func giveBack() {
    for claim in claims { claim.ports.handle.close() }
    claims = []
  }

  static func giveBack(_ range: ClosedRange<UInt16>) {
    for claim in claims where claim.range == range { claim.ports.handle.close() }
    claims.removeAll { $0.range == range }
  }

  static func sleep(milliseconds: UInt32) -> Bool {
    // A task that is to end does not come back from a system call.
    Thread.sleep(milliseconds: milliseconds)
    return true
  }

  /// Memory for the device behind a port that was claimed and has been reset: what was kept for it before is free.
  fileprivate static func buffer(for port: UInt16, size: Int) -> DeviceBuffer? {
    guard let ports = ports(port) else { return nil }
    try? DeviceBuffer.deviceIsSilent(ports)
    return try? DeviceBuffer(for: ports, length: UInt32(size))
  }

  /// Ports that were not claimed read as a bus with nothing on it does.
  private static func ports(_ port: UInt16) -> Ports? {
    for claim in claims where claim.range.contains(port) { return claim.ports }
    return nil
  }

  static func read8(_ port: UInt16) -> UInt8 { (try? ports(port)?.read8(UInt32(port))) ?? 0xff }
  static func read16(_ port: UInt16) -> UInt16 { (try? ports(port)?.read16(UInt32(port))) ?? 0xffff }
  static func read32(_ port: UInt16) -> UInt32 { (try? ports(port)?.read32(UInt32(port))) ?? 0xffff_ffff }
  static func write8(_ port: UInt16, _ value: UInt8) { try? ports(port)?.write(value, to: UInt32(port)) }
  static func write16(_ port: UInt16, _ value: UInt16) { try? ports(port)?.write(value, to: UInt32(port)) }
  static func write32(_ port: UInt16, _ value: UInt32) { try? ports(port)?.write(value, to: UInt32(port)) }
  static func read16(_ port: UInt16, into bytes: inout MutableSpan<UInt8>, _ range: Range<Int>) {
    try? ports(port)?.read16(UInt32(port), into: &bytes, range)
  }
  static func write16(_ port: UInt16, from bytes: Span<UInt8>) { try? ports(port)?.write16(bytes, to: UInt32(port)) }
}

/// An interrupt line, whose interrupts set its bit of the service's notification.
struct PlacedLine: DeviceLine {
  private let notification: Notification
  private let line: ClaimedLine
  private let bit: UInt32

  init?(_ number: UInt32) {
    guard let notification = PlacedEvents.take() else { return nil }
    bit = 1 << number
    guard let line = try? ClaimedLine(number, sets: bit, of: notification) else { return nil }
    self.notification = notification
    self.line = line
    PlacedEvents.lines |= bit
  }

  func close() {
    PlacedEvents.lines &= ~bit
    line.handle.close()
  }

  /// An interrupt that is lost costs time, not the request: the driver looks at the device after a while.
  mutating func wait() -> Bool {
    do throws(SystemError) {
      let bits = try notification.wait(nanoseconds: 10_000_000)
      // Those of other lines are for later.
      if bits & ~bit != 0 { try notification.signal(bits & ~bit) }
      return true
    } catch { return error == .timedOut }
  }
  mutating func acknowledge() { try? line.acknowledge() }
}

/// Memory that a device reaches by itself.
struct PlacedMemory: TransferMemory {
  private let buffer: DeviceBuffer

  init?(for port: UInt16, size: Int) {
    guard let buffer = PlacedPorts.buffer(for: port, size: size) else { return nil }
    self.buffer = buffer
  }

  var physicalAddress: UInt32 { buffer.physicalAddress }

  private func place(_ offset: Int, _ count: Int) -> UnsafeMutableRawPointer? {
    guard offset >= 0, count >= 0, offset + count <= Int(buffer.length) else { return nil }
    return unsafe UnsafeMutableRawPointer(bitPattern: UInt(buffer.address) + UInt(offset))
  }

  func write32(_ value: UInt32, at offset: Int) {
    unsafe place(offset, 4)?.storeBytes(of: value, as: UInt32.self)
  }

  func read(_ offset: Int, into bytes: inout MutableSpan<UInt8>) {
    guard let place = unsafe place(offset, bytes.count) else { return }
    unsafe bytes.withUnsafeMutableBytes { target in
      if let start = target.baseAddress { unsafe start.copyMemory(from: place, byteCount: target.count) }
    }
  }

  func write(_ offset: Int, from bytes: Span<UInt8>) {
    guard let place = unsafe place(offset, bytes.count) else { return }
    unsafe bytes.withUnsafeBytes { source in
      if let start = source.baseAddress { unsafe place.copyMemory(from: start, byteCount: source.count) }
    }
  }
}

/// Lines for people.
enum PlacedLog {
  static func write(_ describe: (inout ServiceLine) -> Void) {
    var line = ServiceLine()
    describe(&line)
    Console.write {
      for byte in line.bytes { $0.write(byte: byte) }
      $0.write("\n")
    }
  }
}

enum PlacedTime {
  /// Nanoseconds since boot.
  static var now: UInt64 { Clock.sinceBoot }
}
