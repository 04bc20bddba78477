// What one client may take of a service: its share, which leaves room for others, also after a move; and what ended clients leave.

import ABI
import ServiceSupport
import TestSupport
import Testing

@testable import LogService
@testable import StoreService

@Suite(.serialized) struct ShareTests {
  private func key(_ client: UInt32, _ number: Int) -> [UInt8] { Array("\(client) \(number)".utf8) }

  private func set(
    _ store: Asked<Store>, _ client: UInt32, _ number: Int, size: Int = 0
  ) -> UInt32 {
    let key = key(client, number)
    let value = [UInt8](repeating: 7, count: size)
    return store.ask(StoreOperation.set.rawValue, [UInt32(key.count)], key + value, by: client).words[0]
  }

  private func moved<Placed: Service>(_ host: Asked<Placed>) -> Asked<Placed> {
    let successor = Asked<Placed>()
    #expect(successor.restore(host.savedState()))
    return successor
  }

  // MARK: Store

  @Test(arguments: [false, true])
  func aClientOfTheStoreHasItsShareOfEntries(isMoved: Bool) {
    endedProcesses = []
    var store = Asked<Store>()
    for number in 0..<Store.entryShare { #expect(set(store, 1, number) == 0) }
    if isMoved { store = moved(store) }
    #expect(set(store, 1, Store.entryShare) == 3)
    // What it has it may change, and others have their own.
    #expect(set(store, 1, 5) == 1)
    for number in 0..<Store.entryShare { #expect(set(store, 2, number) == 0) }
    // One entry less is one more.
    let key = key(1, 0)
    #expect(store.ask(StoreOperation.remove.rawValue, [UInt32(key.count)], key, by: 1).words[0] == 1)
    #expect(set(store, 1, Store.entryShare) == 0)
  }

  @Test(arguments: [false, true])
  func aClientOfTheStoreHasItsShareOfBytes(isMoved: Bool) {
    endedProcesses = []
    var store = Asked<Store>()
    var count = 0
    while set(store, 1, count, size: 4096) == 0 { count += 1 }
    #expect(count == Store.byteShare / 4100)
    if isMoved { store = moved(store) }
    #expect(set(store, 1, count, size: 4096) == 3 && set(store, 1, 0, size: 65536) == 3)
    #expect(set(store, 1, 0, size: 10) == 1 && set(store, 1, count, size: 4000) == 0)
    #expect(set(store, 2, 0, size: 4096) == 0)
  }

  /// What somebody wrote nobody else changes, also when that one has ended; whose right is `tasks` may.
  @Test(arguments: [false, true])
  func entriesOfOthersStayAsTheyAre(isMoved: Bool) {
    endedProcesses = []
    var store = Asked<Store>()
    #expect(set(store, 1, 0, size: 4) == 0)
    if isMoved { store = moved(store) }
    let key = key(1, 0)
    let count = UInt32(key.count)
    func refused(_ rights: Rights) -> [Bool] {
      let data = key + [9, 9, 9, 9]
      return [
        store.ask(StoreOperation.set.rawValue, [count], data, by: 2, with: rights).words[0] == storeRefusal,
        store.ask(StoreOperation.add.rawValue, [count, 1], key, by: 2, with: rights).words[0] == storeRefusal,
        store.ask(StoreOperation.remove.rawValue, [count], key, by: 2, with: rights).words[0] == storeRefusal,
      ]
    }
    for ended in [[], [1]] as [Set<UInt32>] {
      endedProcesses = ended
      #expect(refused(Rights.all.subtracting(.tasks)) == [true, true, true])
      #expect(store.ask(StoreOperation.get.rawValue, [count], key, by: 2).bytes == [7, 7, 7, 7])
    }
    // Its own it changes, and the right to others' lets it through.
    #expect(store.ask(StoreOperation.add.rawValue, [count, 1], key, by: 1).words[0] == 1)
    #expect(refused(.tasks) == [false, false, false])
    #expect(store.ask(StoreOperation.count.rawValue).words[0] == 0)
  }

  /// Clients that come, take their share and end cannot keep those out that live.
  @Test func whatEndedClientsLeftInTheStoreGivesWay() {
    endedProcesses = []
    let store = Asked<Store>()
    for client in 1...4 as ClosedRange<UInt32> {
      for number in 0..<Store.entryShare { #expect(set(store, client, number) == 0) }
    }
    #expect(set(store, 5, 0) == 2)
    endedProcesses = [2, 4]
    // It stays as long as there is room for all.
    #expect(store.ask(StoreOperation.get.rawValue, [3], key(2, 0)).words[0] == 1)
    #expect(set(store, 5, 0) == 0)
    #expect(store.ask(StoreOperation.count.rawValue).words[0] == UInt32(2 * Store.entryShare + 1))
    #expect(store.ask(StoreOperation.get.rawValue, [3], key(2, 0)).words[0] == 0)
    #expect(store.ask(StoreOperation.get.rawValue, [3], key(1, 0)).words[0] == 1)
  }

  /// Whatever clients do, nobody has more than its share, and the bytes are counted right: the state of a store that miscounts is
  /// refused or lets somebody have more. And nobody without the right to others' things changes them.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func noHistoryOfTheStoreGivesMoreThanAShare(seed: UInt64) {
    endedProcesses = []
    var random = SeededGenerator(seed: seed)
    let store = Asked<Store>()
    var entries: [[UInt8]: (owner: UInt32, size: Int)] = [:]
    for _ in 0..<600 {
      let client = UInt32.random(in: 1...3, using: &random)
      let key = key(UInt32.random(in: 1...3, using: &random), Int.random(in: 0..<20, using: &random))
      let size = Int.random(in: 0...40_000, using: &random)
      let rights: Rights = Bool.random(using: &random) ? .tasks : Rights.all.subtracting(.tasks)
      let isOthers = entries[key].map { $0.owner != client && !rights.contains(.tasks) } ?? false
      if Int.random(in: 0..<4, using: &random) == 0 {
        let answer = store.ask(StoreOperation.remove.rawValue, [UInt32(key.count)], key, by: client, with: rights)
        #expect(answer.words[0] == (isOthers ? storeRefusal : entries[key] == nil ? 0 : 1))
        if !isOthers { entries[key] = nil }
        continue
      }
      let owned = entries.filter { $0.value.owner == client && $0.key != key }.reduce(0) { $0 + $1.value.size }
      let isSmaller = entries[key].map { $0.owner == client && key.count + size <= $0.size } ?? false
      let answer = store.ask(
        StoreOperation.set.rawValue, [UInt32(key.count)], key + [UInt8](repeating: 1, count: size), by: client,
        with: rights)
      guard !isOthers else {
        #expect(answer.words[0] == storeRefusal)
        continue
      }
      let fits = owned + key.count + size <= Store.byteShare || isSmaller
      #expect(answer.words[0] == (fits ? (entries[key] == nil ? 0 : 1) : 3))
      if fits { entries[key] = (client, key.count + size) }
    }
  }

  // MARK: Log

  private func append(_ log: Asked<RecordLog>, _ client: UInt32, _ size: Int) -> UInt32 {
    log.ask(LogOperation.append.rawValue, [], [UInt8](repeating: UInt8(client), count: size), by: client).words[1]
  }

  /// Who floods the log loses its own lines.
  @Test(arguments: [0, 60, 1024], [false, true])
  func aFloodPushesOutItself(size: Int, isMoved: Bool) {
    var log = Asked<RecordLog>()
    for number in 0..<10 as Range<UInt32> { #expect(append(log, 1, 100) == number) }
    for _ in 0..<2000 { _ = append(log, 2, size) }
    if isMoved { log = moved(log) }
    for number in 0..<10 as Range<UInt32> {
      let answer = log.ask(LogOperation.read.rawValue, [number])
      #expect(answer.words[1] == number && answer.bytes == [UInt8](repeating: 1, count: 100))
    }
    // What was dropped reads as the oldest that is there after it.
    let next = log.ask(LogOperation.read.rawValue, [10])
    #expect(next.words[0] == 1 && next.words[1] > 10 && next.bytes.count == size)
    let status = log.ask(LogOperation.status.rawValue)
    #expect(status.words[0] == 0 && status.words[1] == 2010 && status.words[2] <= 16384)
    #expect(append(log, 1, 3) == 2010)
  }
}
