// A small key-value store: the service whose state must survive a move.
//
// Keys and values are byte strings. Invariant: entries are sorted by key, so that finding one takes the logarithm of
// their number.

import ServiceSupport

struct Store: Service {
  static var name: StaticString { "store" }

  private var entries: [(key: [UInt8], value: [UInt8])] = []
  private var counters: [UInt32] = []

  /// The most entries, and the longest value in bytes.
  private static var entryLimit: Int { 4096 }

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
      entries.remove(at: found)
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
    let place = place(of: key)
    if let found = place.found {
      entries[found].value = value
      request.reply[0] = 1
    } else if entries.count < Store.entryLimit {
      entries.insert((key, value), at: place.position)
    } else {
      request.reply[0] = 2
    }
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
    if let found = place.found {
      entries[found].value = value
      request.reply[0] = 1
    } else if entries.count < Store.entryLimit {
      entries.insert((key, value), at: place.position)
    } else {
      request.reply[0] = 2
    }
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
    var newEntries: [(key: [UInt8], value: [UInt8])] = []
    for _ in 0..<count {
      guard let key = state.text(), let value = state.text() else { return false }
      newEntries.append((key, value))
    }
    guard state.isAtEnd else { return false }
    counters = newCounters
    entries = newEntries
    return true
  }
}

typealias PlacedService = Store
