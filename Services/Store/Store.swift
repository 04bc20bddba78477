// A small key-value store: the service whose state must survive a move.
//
// Keys and values are byte strings. Invariants:
// - Entries are sorted by key, so that finding one takes the logarithm of their number.
// - What a client wrote last is its own, and nobody changes it who has not the right `tasks`, also when the client has ended. No
//   client owns more than a quarter of what there can be. Entries outlive their clients; where there is no room for a living client's, those of clients that have ended give way.

import ABI
import ServiceSupport

struct Store: Service {
  static var name: StaticString { "store" }

  private struct Entry {
    var key: [UInt8]
    var value: [UInt8]
    /// The process that wrote it last.
    var owner: UInt32
    var size: Int { key.count + value.count }
  }

  private var entries: [Entry] = []
  private var counters: [UInt32] = []
  /// How many bytes of keys and values there are.
  private var bytes = 0

  /// The most entries, and the most bytes of keys and values.
  static var entryLimit: Int { 4096 }
  static var byteLimit: Int { 1 << 20 }
  /// The same for one client.
  static var entryShare: Int { entryLimit / 4 }
  static var byteShare: Int { byteLimit / 4 }

  mutating func handle(_ request: inout Request) {
    switch StoreOperation(rawValue: request.operation) {
    case .count: request.reply[0] = UInt32(entries.count)
    case .increment: increment(&request)
    case .get:
      guard let found = place(of: key(of: request)).found else { return }
      request.reply[0] = 1
      request.write(entries[found].value)
    case .set: set(&request)
    case .remove:
      guard let found = place(of: key(of: request)).found else { return }
      guard mayChange(entries[found], request) else {
        request.reply[0] = storeRefusal
        return
      }
      bytes -= entries.remove(at: found).size
      request.reply[0] = 1
    case .add: add(&request)
    case nil: request.reply[0] = unknownOperation
    }
  }

  private func key(of request: Request) -> [UInt8] {
    var key = request.copiedData
    key.removeLast(max(0, key.count - request.number(0)))
    return key
  }

  private mutating func set(_ request: inout Request) {
    let key = key(of: request)
    let value = Array(request.copiedData[key.count...])
    request.reply[0] = write(Entry(key: key, value: value, owner: request.sender), request)
  }

  /// Puts an entry into its place. Returns what the reply says.
  private mutating func write(_ entry: Entry, _ request: Request) -> UInt32 {
    let before = place(of: entry.key).found.map { entries[$0] }
    if let before, !mayChange(before, request) { return storeRefusal }
    guard isInShare(entry, insteadOf: before) else { return 3 }
    if !isRoom(for: entry, insteadOf: before) { removeWhatIsLeft(of: request, except: entry.key) }
    guard isRoom(for: entry, insteadOf: before) else { return 2 }
    bytes += entry.size - (before?.size ?? 0)
    let place = place(of: entry.key)
    guard let found = place.found else {
      entries.insert(entry, at: place.position)
      return 0
    }
    entries[found] = entry
    return 1
  }

  private func mayChange(_ entry: Entry, _ request: Request) -> Bool {
    entry.owner == request.sender || request.senderRights.contains(.tasks)
  }

  private func isRoom(for entry: Entry, insteadOf before: Entry?) -> Bool {
    entries.count + (before == nil ? 1 : 0) <= Self.entryLimit
      && bytes + entry.size - (before?.size ?? 0) <= Self.byteLimit
  }

  /// Whether a client stays within its share with an entry. What it owns already may become smaller in any case.
  private func isInShare(_ entry: Entry, insteadOf before: Entry?) -> Bool {
    if let before, before.owner == entry.owner, entry.size <= before.size { return true }
    var count = 1
    var size = entry.size
    for other in entries where other.owner == entry.owner {
      count += 1
      size += other.size
    }
    if let before, before.owner == entry.owner {
      count -= 1
      size -= before.size
    }
    return count <= Self.entryShare && size <= Self.byteShare
  }

  private mutating func removeWhatIsLeft(of request: Request, except key: [UInt8]) {
    var kept: [Entry] = []
    var known: (owner: UInt32, isAlive: Bool)?
    for entry in entries {
      let isAlive = known.map { $0.owner == entry.owner ? $0.isAlive : nil } ?? nil
      let lives = isAlive ?? request.isAlive(entry.owner)
      known = (entry.owner, lives)
      if lives || Self.compare(entry.key, key) == 0 { kept.append(entry) } else { bytes -= entry.size }
    }
    entries = kept
  }

  private mutating func add(_ request: inout Request) {
    let key = key(of: request)
    let place = place(of: key)
    var number: UInt32 = 0
    if let found = place.found, entries[found].value.count == 4 {
      for index in 0..<4 { number |= UInt32(entries[found].value[index]) << UInt32(index * 8) }
    }
    number &+= request.words[1]
    var value: [UInt8] = []
    for index in 0..<4 as Range<UInt32> { value.append(UInt8(truncatingIfNeeded: number >> (index * 8))) }
    request.reply[0] = write(Entry(key: key, value: value, owner: request.sender), request)
    request.reply[1] = number
  }

  private mutating func increment(_ request: inout Request) {
    let index = request.number(0)
    guard index < 64 else { return }
    while counters.count <= index { counters.append(0) }
    counters[index] &+= 1
    request.reply[0] = counters[index]
  }

  /// Where a key is, or where it belongs.
  private func place(of key: [UInt8]) -> (found: Int?, position: Int) {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      let order = Store.compare(entries[middle].key, key)
      if order == 0 { return (middle, middle) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (nil, low)
  }

  private static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
    for index in 0..<min(left.count, right.count) where left[index] != right[index] {
      return left[index] < right[index] ? -1 : 1
    }
    return left.count - right.count
  }

  // MARK: Moving

  func save(to state: inout StateWriter) {
    state.write(UInt32(counters.count))
    for counter in counters { state.write(counter) }
    state.write(UInt32(entries.count))
    for entry in entries {
      state.write(entry.key)
      state.write(entry.value)
      state.write(entry.owner)
    }
  }

  mutating func restore(from state: inout StateReader) -> Bool {
    var newCounters: [UInt32] = []
    guard let counterCount = state.number() else { return false }
    for _ in 0..<min(counterCount, 65) {
      guard let counter = state.number() else { return false }
      newCounters.append(counter)
    }
    guard let count = state.number(), Int(count) <= Store.entryLimit else { return false }
    var newEntries: [Entry] = []
    var newBytes = 0
    for _ in 0..<count {
      guard let key = state.text(), let value = state.text(), let owner = state.number() else { return false }
      newEntries.append(Entry(key: key, value: value, owner: owner))
      newBytes += key.count + value.count
    }
    guard state.isAtEnd, newBytes <= Self.byteLimit else { return false }
    counters = newCounters
    entries = newEntries
    bytes = newBytes
    return true
  }
}

typealias PlacedService = Store
