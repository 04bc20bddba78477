// What one manager leaves for the next, wherever its writing ends.

import ABI
import SDK
import TestSupport
import Testing

@testable import Management

@Suite struct ServiceJournalTests {
  private func record(_ number: Int, state: Int = 0) -> ServiceRecord {
    var record = ServiceRecord(name: Array("service\(number)".utf8))
    record.rights = Rights(rawValue: UInt32(number) & 63)
    record.placement = [.server, .ring0Server, .linked][number % 3]
    record.server = Server(placement: record.placement, task: 7)
    record.restarts = UInt32(number)
    record.keptState = [UInt8](repeating: UInt8(number), count: state)
    return record
  }

  private func book(_ records: [ServiceRecord]) -> ServiceBook {
    var book = ServiceBook()
    for record in records {
      _ = book.claim(record.name)
      book.change(record.name) { $0 = record }
      book.giveUp(record.name)
    }
    return book
  }

  private func isSame(_ left: ServiceRecord, _ right: ServiceRecord) -> Bool {
    left.name == right.name && left.rights == right.rights && left.placement == right.placement
      && left.restarts == right.restarts && left.keptState == right.keptState
  }

  private func withMemory(_ body: (UnsafeMutableRawPointer, JournalMemory) -> Void) {
    let start = UnsafeMutableRawPointer.allocate(byteCount: JournalMemory.length, alignment: 16)
    defer { start.deallocate() }
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: JournalMemory.length)
    unsafe body(start, JournalMemory(start: start))
  }

  @Test func whatIsMeantToRunComesBack() throws {
    let records = (0..<20).map { record($0, state: $0 * 3) }
    let bytes = ServiceJournal.bytes(of: book(records), limit: 8000)
    let read = try #require(ServiceJournal.records(in: bytes))
    #expect(read.count == 20)
    for (left, right) in zip(read, records) {
      #expect(isSame(left, right))
      #expect(left.server != nil && left.due == nil && !left.isClaimed)
    }
  }

  /// What only a command works on is not meant to run yet; one that waits is.
  @Test func onlyWhatIsMeantToRunIsThere() throws {
    var waiting = record(1)
    waiting.server = nil
    waiting.due = 5
    var book = book([record(0), waiting])
    _ = book.claim(Array("new".utf8))
    let read = try #require(ServiceJournal.records(in: ServiceJournal.bytes(of: book, limit: 8000)))
    #expect(read.map { String(decoding: $0.name, as: UTF8.self) } == ["service0", "service1"])
    #expect(read.map { $0.server == nil } == [false, true])
  }

  @Test func statesThatFindNoRoomAreLeftOut() throws {
    let records = [record(1, state: 200), record(2, state: 5000), record(3, state: 300)]
    let bytes = ServiceJournal.bytes(of: book(records), limit: 1000)
    let read = try #require(ServiceJournal.records(in: bytes))
    #expect(bytes.count <= 1000 && read.map { $0.keptState.count } == [200, 0, 300])
  }

  /// No bytes make the next manager fail, or believe in a service that has no name.
  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func anyBytesAreRead(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = ServiceJournal.bytes(of: book((0..<5).map { record($0, state: 4) }), limit: 8000)
    for _ in 0..<200 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      changed.removeLast(Int.random(in: 0...3, using: &random))
      for record in ServiceJournal.records(in: changed) ?? [] {
        #expect((1..<32).contains(record.name.count) && record.rights.isSubset(of: .all))
      }
    }
    bytes.removeAll()
    #expect(ServiceJournal.records(in: bytes) == nil)
  }

  // MARK: The memory

  @Test func theLastThatWasWrittenIsRead() {
    withMemory { _, memory in
      #expect(memory.read() == nil)
      for number in 1...9 as ClosedRange<UInt8> {
        memory.write([UInt8](repeating: number, count: Int(number) * 400))
        #expect(memory.read() == [UInt8](repeating: number, count: Int(number) * 400))
      }
      memory.write([UInt8](repeating: 1, count: JournalMemory.limit + 1))
      #expect(memory.read() == [UInt8](repeating: 9, count: 3600))
      memory.write([])
      #expect(memory.read() == [])
    }
  }

  /// Whichever words of what is written last have come to the memory: what is read is whole, this or the one before.
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func anEndInTheMiddleLeavesOneThatIsWhole(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    withMemory { start, memory in
      let older = (0..<400).map { _ in UInt8.random(in: 0...255, using: &random) }
      let newer = (0..<500).map { _ in UInt8.random(in: 0...255, using: &random) }
      for _ in 0..<Int.random(in: 0...1, using: &random) { memory.write([1, 2, 3]) }
      memory.write(older)
      let before = [UInt8](UnsafeRawBufferPointer(start: start, count: JournalMemory.length))
      memory.write(newer)
      let after = [UInt8](UnsafeRawBufferPointer(start: start, count: JournalMemory.length))
      for index in before.indices where before[index] != after[index] {
        let byte = Bool.random(using: &random) ? before[index] : after[index]
        unsafe (start + index).storeBytes(of: byte, as: UInt8.self)
      }
      let read = memory.read()
      #expect(read == older || read == newer)
    }
  }
}
