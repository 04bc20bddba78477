// Fakes for the drivers' seams. They record every access, so that a test can assert the exact trace, and
// answer reads from a script or from a model of the device.

import Drivers
import Testing

/// One access to a port or register.
enum Access: Equatable, CustomStringConvertible {
  case read(UInt32)
  case write(UInt32, UInt32)

  var description: String {
    switch self {
    case .read(let address): "in \(hexadecimal(address))"
    case .write(let address, let value): "out \(hexadecimal(address)) \(hexadecimal(value))"
    }
  }
}

func hexadecimal(_ value: UInt32) -> String { String(value, radix: 16) }

/// What a test's ports or registers do. The seams are static, so the recorder in force is a task-local
/// value: tests may run at the same time.
final class Recorder: @unchecked Sendable {
  @TaskLocal static var current = Recorder()

  /// Every access in order. Reads and writes of more than `traceLimit` accesses are not kept.
  private(set) var trace: [Access] = []
  private(set) var accessCount = 0
  /// Answers a read that the queue has nothing for.
  var onRead: (UInt32) -> UInt32 = { _ in 0 }
  var onWrite: (UInt32, UInt32) -> Void = { _, _ in }
  /// Answers to the next reads of an address, first to last.
  var answers: [UInt32: [UInt32]] = [:]

  static let traceLimit = 10_000

  func read(_ address: UInt32) -> UInt32 {
    note(.read(address))
    if var queue = answers[address], !queue.isEmpty {
      let answer = queue.removeFirst()
      answers[address] = queue
      return answer
    }
    return onRead(address)
  }

  func write(_ address: UInt32, _ value: UInt32) {
    note(.write(address, value))
    onWrite(address, value)
  }

  private func note(_ access: Access) {
    accessCount += 1
    if trace.count < Self.traceLimit { trace.append(access) }
  }

  /// The trace as text, and an empty trace for what follows.
  func takeTrace() -> [String] {
    defer { trace = [] }
    return trace.map(\.description)
  }

  /// The values written to `address`, in order.
  func writes(to address: UInt32) -> [UInt32] {
    trace.compactMap { if case .write(address, let value) = $0 { value } else { nil } }
  }

  /// Runs `body` with this recorder behind the seams.
  func run<Result>(_ body: (Recorder) throws -> Result) rethrows -> Result {
    try Recorder.$current.withValue(self) { try body(self) }
  }
}

/// Ports behind the recorder in force.
enum FakePorts: PortAccess {
  static func read8(_ port: UInt16) -> UInt8 {
    UInt8(truncatingIfNeeded: Recorder.current.read(UInt32(port)))
  }
  static func write8(_ port: UInt16, _ value: UInt8) { Recorder.current.write(UInt32(port), UInt32(value)) }
  static func read16(_ port: UInt16) -> UInt16 {
    UInt16(truncatingIfNeeded: Recorder.current.read(UInt32(port)))
  }
  static func write16(_ port: UInt16, _ value: UInt16) { Recorder.current.write(UInt32(port), UInt32(value)) }
  static func read32(_ port: UInt16) -> UInt32 { Recorder.current.read(UInt32(port)) }
  static func write32(_ port: UInt16, _ value: UInt32) { Recorder.current.write(UInt32(port), value) }
}

/// Memory-mapped registers behind the recorder in force.
enum FakeRegisters: MemoryAccess {
  static func read32(_ address: UInt32) -> UInt32 { Recorder.current.read(address) }
  static func write32(_ address: UInt32, _ value: UInt32) { Recorder.current.write(address, value) }
}

/// A ring that a test's expectations may look at: they copy what they name, and a ring is not copyable.
final class SharedRing {
  var bytes = ByteRing()
  var count: Int { bytes.count }
  var room: Int { bytes.room }
  var droppedCount: UInt32 { bytes.droppedCount }
  @discardableResult func push(_ byte: UInt8) -> Bool { bytes.push(byte) }
  func pop() -> UInt8? { bytes.pop() }
  /// What waits, as text, and an empty ring.
  func takeText() -> String {
    var taken: [UInt8] = []
    while let byte = pop() { taken.append(byte) }
    return String(decoding: taken, as: UTF8.self)
  }
}
