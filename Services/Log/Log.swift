// The service that keeps the last lines that others told it.
//
// Invariant: records are numbered from 0 without gaps; the ring holds the newest of them, at most `byteLimit` bytes and
// `recordLimit` records.

import ServiceSupport

struct RecordLog: Service {
  static var name: StaticString { "log" }

  static var recordLimit: Int { 256 }
  static var byteLimit: Int { 16384 }
  static var recordSizeLimit: Int { 1024 }

  private var records: [[UInt8]] = []
  /// The place in `records` of the oldest; the others follow, round the end.
  private var first = 0
  private var count = 0
  private var bytes = 0
  private var next: UInt32 = 0

  mutating func handle(_ request: inout Request) {
    switch LogOperation(rawValue: request.operation) {
    case .append:
      let record = request.copiedData
      guard record.count <= Self.recordSizeLimit else {
        request.reply[0] = 2
        return
      }
      request.reply[0] = 1
      request.reply[1] = next
      append(record)
    case .read: read(&request)
    case .status:
      request.reply[0] = next &- UInt32(count)
      request.reply[1] = next
      request.reply[2] = UInt32(bytes)
    case nil: request.reply[0] = unknownOperation
    }
  }

  private mutating func append(_ record: [UInt8]) {
    while count > 0, count == Self.recordLimit || bytes + record.count > Self.byteLimit {
      bytes -= records[first].count
      records[first] = []
      first = (first + 1) % Self.recordLimit
      count -= 1
    }
    let place = (first + count) % Self.recordLimit
    while records.count <= place { records.append([]) }
    records[place] = record
    count += 1
    bytes += record.count
    next &+= 1
  }

  private func read(_ request: inout Request) {
    let oldest = next &- UInt32(count)
    // How far behind the oldest record the wanted one is; what was dropped counts as the oldest.
    var distance = request.words[0] &- oldest
    if distance > 0x7fff_ffff { distance = 0 }
    guard distance < UInt32(count) else { return }
    let record = records[(first + Int(distance)) % Self.recordLimit]
    guard record.count <= request.capacity else {
      request.reply[0] = 2
      return
    }
    request.reply[0] = 1
    request.reply[1] = oldest &+ distance
    request.write(record)
  }

  // MARK: Moving

  func save(to state: inout StateWriter) {
    state.write(next)
    state.write(UInt32(count))
    for index in 0..<count { state.write(records[(first + index) % Self.recordLimit]) }
  }

  mutating func restore(from state: inout StateReader) -> Bool {
    guard let next = state.number(), let count = state.number(), count <= UInt32(Self.recordLimit) else {
      return false
    }
    var restored = RecordLog()
    restored.next = next &- count
    for _ in 0..<count {
      guard let record = state.text(), record.count <= Self.recordSizeLimit else { return false }
      restored.append(record)
    }
    guard state.isAtEnd else { return false }
    self = restored
    return true
  }
}

typealias PlacedService = RecordLog
