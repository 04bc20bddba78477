// The cache of blocks against an array: what is read is what was written last, and what reaches the disk does so by rank.

import TestSupport
import Testing

@testable import FileSystems

@Suite struct BlockCacheTests {
  @Test(arguments: 1...4 as ClosedRange<UInt64>) func randomUse(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let disk = DiskContents([UInt8](repeating: 0, count: 200 * 1024))
    var cache = BlockCache(device: MemoryDisk(disk), blockSize: 1024, blockCount: 200, capacity: 24)
    var model = [UInt32](repeating: 0, count: 200)
    for step in 0..<20_000 as Range<UInt32> {
      let block = UInt32.random(in: 0..<200, using: &generator)
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<4:
        let found = try cache.word(block, 100)
        #expect(found == model[Int(block)])
      case 4..<7:
        let rank = [WriteRank.anyTime, .nodes, .names].randomElement(using: &generator) ?? .nodes
        try cache.setWord(block, 100, step, rank)
        model[Int(block)] = step
      case 7: cache.readAhead(from: block, count: 8)
      case 8:
        let slot = try cache.loadZeros(block)
        cache.change(slot, .anyTime) { $0.setWord(100, step) }
        model[Int(block)] = step
      default: if step % 50 == 0 { try cache.writeInOrder() }
      }
      let counted = cache.slots.count { $0.rank != .unchanged }
      #expect(cache.changedCount == counted)
    }
    try cache.writeInOrder()
    #expect(cache.changedCount == 0)
    for block in 0..<200 {
      let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(disk.bytes[block * 1024 + 100 + $1]) << UInt32(8 * $1) }
      #expect(word == model[block])
    }
    #expect(throws: FileFailure.damaged) { try cache.load(200) }
    #expect(throws: FileFailure.damaged) { try cache.load(.max) }
  }

  @Test func oneRankAfterTheOther() throws {
    let disk = DiskContents([UInt8](repeating: 0, count: 64 * 1024))
    var cache = BlockCache(device: MemoryDisk(disk), blockSize: 1024, blockCount: 64, capacity: 64)
    let ranks: [(UInt32, WriteRank)] = [
      (5, .names), (9, .anyTime), (8, .anyTime), (3, .nodes), (7, .anyTime), (4, .names), (20, .anyTime), (9, .names),
    ]
    for (block, rank) in ranks { try cache.setWord(block, 0, 1, rank) }
    disk.isRecording = true
    try cache.writeInOrder()
    let events = disk.events.map { event in
      switch event {
      case .write(let sector, let bytes): "\(sector / 2)+\(bytes.count / 1024)"
      case .flush: "flush"
      }
    }
    #expect(events == ["7+3", "20+1", "flush", "3+1", "flush", "4+2", "flush"])
  }

  @Test func aBlockThatIsThereIsNotReadAgain() throws {
    let disk = DiskContents([UInt8](repeating: 0, count: 64 * 1024))
    var cache = BlockCache(device: MemoryDisk(disk), blockSize: 1024, blockCount: 64, capacity: 16)
    for _ in 0..<100 { for block in 0..<16 as Range<UInt32> { _ = try cache.word(block, 0) } }
    #expect(disk.reads == 16)
    // The one that was not used for longest makes room.
    _ = try cache.word(0, 0)
    _ = try cache.word(40, 0)
    _ = try cache.word(0, 0)
    #expect(disk.reads == 17)
    _ = try cache.word(1, 0)
    #expect(disk.reads == 18)
  }
}
