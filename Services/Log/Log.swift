// The service that keeps the last lines that others told it.
//
// Invariants: records are numbered in the order in which they came, from 0; at most `byteLimit` bytes and `recordLimit` records
// are kept. Where one has to go for a new one, it is the oldest of the client that has the most there: who writes much pushes
// out its own lines first.

import ServiceSupport

struct RecordLog: Service {
  static var name: StaticString { "log" }

  static var recordLimit: Int { 256 }
  static var byteLimit: Int { 16384 }
  static var recordSizeLimit: Int { 1024 }
  /// What a record counts for beside its bytes: so a client with many short ones is no less of a load.
  private static var recordCost: Int { byteLimit / recordLimit }

  private struct Record {
    var number: UInt32
    /// The process that wrote it.
    var owner: UInt32
    var bytes: [UInt8]
  }

  /// How much of the log is one client's.
  private struct Share {
    var owner: UInt32
    var cost: Int
  }

  /// By number.
  private var records: [Record] = []
  /// Of all whose records are there.
  private var shares: [Share] = []
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
      append(Record(number: next, owner: request.sender, bytes: record))
    case .read: read(&request)
    case .status:
      request.reply[0] = records.first?.number ?? next
      request.reply[1] = next
      request.reply[2] = UInt32(bytes)
    case nil: request.reply[0] = unknownOperation
    }
  }

  private mutating func append(_ record: Record) {
    count(record, 1)
    records.append(record)
    while records.count > Self.recordLimit || bytes > Self.byteLimit { dropOne() }
    next = record.number &+ 1
  }

  /// Counts a record in or out.
  private mutating func count(_ record: Record, _ sign: Int) {
    bytes += sign * record.bytes.count
    let cost = sign * (record.bytes.count + Self.recordCost)
    guard let index = shares.firstIndex(where: { $0.owner == record.owner }) else {
      shares.append(Share(owner: record.owner, cost: cost))
      return
    }
    shares[index].cost += cost
    if shares[index].cost == 0 { shares.remove(at: index) }
  }

  private mutating func dropOne() {
    var largest = 0
    for share in shares { largest = max(largest, share.cost) }
    // Of equals the one whose record is the oldest.
    let index = records.firstIndex { record in
      shares.contains { $0.owner == record.owner && $0.cost == largest }
    }
    if let index { count(records.remove(at: index), -1) }
  }

  private func read(_ request: inout Request) {
    // Numbers go round; what is older than all counts as the oldest.
    let wanted = request.words[0]
    let found = records.first { $0.number &- wanted <= 0x7fff_ffff }
    guard let found else { return }
    guard found.bytes.count <= request.capacity else {
      request.reply[0] = 2
      return
    }
    request.reply[0] = 1
    request.reply[1] = found.number
    request.write(found.bytes)
  }

  // MARK: Moving

  func save(to state: inout StateWriter) {
    state.write(next)
    state.write(UInt32(records.count))
    for record in records {
      state.write(record.number)
      state.write(record.owner)
      state.write(record.bytes)
    }
  }

  mutating func restore(from state: inout StateReader) -> Bool {
    guard let next = state.number(), let count = state.number(), count <= UInt32(Self.recordLimit) else {
      return false
    }
    var restored = RecordLog()
    for _ in 0..<count {
      guard let number = state.number(), let owner = state.number(), let bytes = state.text(),
        bytes.count <= Self.recordSizeLimit
      else { return false }
      restored.append(Record(number: number, owner: owner, bytes: bytes))
    }
    guard state.isAtEnd else { return false }
    restored.next = next
    self = restored
    return true
  }
}

typealias PlacedService = RecordLog
