// The devices of a machine for tests: the local interrupt controller with its timer, the I/O controller, serial ports. Nothing else
// answers: what the kernel looks for beside them is absent, as on many a machine.

import Foundation

/// The local interrupt controller (Intel SDM Vol. 3, 10.4 to 10.8), of which the kernel uses the timer and interrupts to itself.
public final class LocalController {
  /// Time stamps in a tick of the timer, for a clock that nothing was measured against.
  public static var stampsPerTick: UInt64 { 16 }

  private var registers: [UInt32: UInt32] = [:]
  private var requested: Set<UInt8> = []
  private var inService: [UInt8] = []
  /// The time stamp at which the timer interrupts; nil: it is silent.
  public var timerMoment: UInt64?
  /// The stamps in a tick.
  public var tick = stampsPerTick

  public init() {}

  func read(_ register: UInt32) -> UInt32 {
    switch register {
    case 0x020: return 0
    case 0x030: return 0x5_0014
    case 0x100..<0x180: return bits(of: inService, register)
    case 0x200..<0x280: return bits(of: Array(requested), register)
    case 0x390:
      guard let moment = timerMoment else { return 0 }
      let now = HostedMachine.current.stamp
      return moment > now ? UInt32(truncatingIfNeeded: (moment - now) / tick) : 0
    default: return registers[register] ?? 0
    }
  }

  private func bits(of vectors: [UInt8], _ register: UInt32) -> UInt32 {
    let first = (register & 0x7f) * 2
    return vectors.reduce(0) { UInt32($1) >= first && UInt32($1) < first + 32 ? $0 | 1 << (UInt32($1) - first) : $0 }
  }

  func write(_ register: UInt32, _ value: UInt32) {
    registers[register] = value
    switch register {
    case 0x0b0: if !inService.isEmpty { inService.removeLast() }
    case 0x300: if value >> 18 & 3 == 1 { requested.insert(UInt8(truncatingIfNeeded: value)) }
    case 0x380:
      let now = HostedMachine.current.stamp
      timerMoment = value == 0 ? nil : now + UInt64(value) * tick
    default: break
    }
  }

  func update(_ stamp: UInt64) {
    guard let moment = timerMoment, moment <= stamp else { return }
    timerMoment = nil
    let entry = registers[0x320] ?? 0x1_0000
    if entry & 0x1_0000 == 0 { requested.insert(UInt8(truncatingIfNeeded: entry)) }
  }

  /// Requests an interrupt, as a device does.
  public func request(_ vector: UInt8) { requested.insert(vector) }

  /// Whether there is a request that is more urgent than all that is in service.
  var hasRequest: Bool { requested.contains { $0 >> 4 > (inService.last ?? 0) >> 4 } }

  func takeRequest() -> UInt8? {
    guard hasRequest, let vector = requested.max() else { return nil }
    requested.remove(vector)
    inService.append(vector)
    return vector
  }
}

/// The I/O controller (82093AA): registers that are kept.
public final class RoutingController {
  private var index: UInt32 = 0
  private var registers: [UInt32: UInt32] = [:]

  func read(_ offset: UInt32) -> UInt32 {
    if offset == 0 { return index }
    return index == 1 ? 0x17_0011 : registers[index] ?? (index >= 0x10 && index & 1 == 0 ? 0x1_0000 : 0)
  }

  func write(_ offset: UInt32, _ value: UInt32) { if offset == 0 { index = value } else { registers[index] = value } }

  /// The vector that a pin's line calls by; nil while it is masked.
  public func vector(ofPin pin: UInt32) -> UInt8? {
    let entry = registers[0x10 + pin * 2] ?? 0x1_0000
    return entry & 0x1_0000 == 0 ? UInt8(truncatingIfNeeded: entry) : nil
  }
}

/// A serial port that sends at once (16550).
public final class SerialDevice {
  public private(set) var sent: [UInt8] = []
  private var received: [UInt8] = []
  private var registers = [UInt8](repeating: 0, count: 8)

  public var text: String { String(decoding: sent, as: UTF8.self) }

  /// What somebody types.
  public func type(_ bytes: [UInt8]) { received += bytes }

  private var isLoopback: Bool { registers[4] & 0x10 != 0 }
  private var hasDivisor: Bool { registers[3] & 0x80 != 0 }

  func read(_ register: Int) -> UInt8 {
    switch register {
    case 0 where !hasDivisor: received.isEmpty ? 0 : received.removeFirst()
    case 2: 1
    case 5: 0x60 | (received.isEmpty ? 0 : 1)
    case 6: isLoopback ? (registers[4] & 3) << 4 | (registers[4] & 0xc) << 4 : 0xb0
    default: registers[register]
    }
  }

  func write(_ register: Int, _ value: UInt8) {
    if register == 0 && !hasDivisor {
      if isLoopback { received.append(value) } else { sent.append(value) }
    } else {
      registers[register] = value
    }
  }
}

extension HostedMachine {
  /// How long an access to a port takes, in stamps.
  private static var portTime: UInt64 { 1000 }

  private func serialPort(_ port: UInt16) -> (SerialDevice, Int)? {
    switch port {
    case 0x3f8..<0x400: (serial, Int(port & 7))
    case 0x2f8..<0x300: (hostSerial, Int(port & 7))
    default: nil
    }
  }

  func readPort(_ port: UInt16) -> UInt32 {
    stamp += Self.portTime
    if let (device, register) = serialPort(port) { return UInt32(device.read(register)) }
    return .max
  }

  func writePort(_ port: UInt16, _ value: UInt32) {
    if let (device, register) = serialPort(port) {
      return device.write(register, UInt8(truncatingIfNeeded: value))
    }
    stamp += Self.portTime
    // QEMU's isa-debug-exit.
    if port == 0xf4 { finish(.stopped(value)) }
  }

  /// Registers in memory, at the addresses where the kernel maps them.
  private func isDevice(_ address: UInt32) -> Bool { address >= 0xffe0_0000 && address < 0xffe0_2000 }

  func read32(_ address: UInt32) -> UInt32 {
    if isDevice(address) {
      return address & 0x1000 == 0 ? local.read(address & 0xfff) : routing.read(address & 0xfff)
    }
    return UnsafePointer<UInt32>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee
  }

  func write32(_ address: UInt32, _ value: UInt32) {
    if isDevice(address) {
      return address & 0x1000 == 0 ? local.write(address & 0xfff, value) : routing.write(address & 0xfff, value)
    }
    UnsafeMutablePointer<UInt32>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee = value
  }
}
