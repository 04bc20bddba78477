// Memory that nobody has used yet: what of it counts, when its records come, and that they are not written before.

import Primitives
import TestSupport
import Testing

@testable import Memory

@Suite struct UntouchedMemoryTests {
  /// What a chunk counts for: its frames but the two of its records.
  private let usable: UInt32 = 1022

  @Test func countsAsFreeWithoutRecords() throws {
    let fixture = try FrameFixture(frameCount: 0x4000, free: [0x10..<0x20], untouched: [1..<9, 12..<16])
    let frames = fixture.frames
    #expect(frames.value.freeFrames == 16 + 12 * usable)
    #expect(frames.value.freeFrames(in: .dma) == 16 + 3 * usable)
    #expect(frames.value.totalFrames == 16 + 12 * usable)
    #expect(frames.value.owner(of: FrameNumber(0x400)) == .free)
    #expect(frames.value.owner(of: FrameNumber(0x2400)) == .absent)
    #expect(frames.value.check() == nil)
    #expect(fixture.provided.isEmpty && fixture.isUnwritten(1..<16))
  }

  @Test func isTouchedWhenItsZoneHasNothingElse() throws {
    let fixture = try FrameFixture(frameCount: 0x4000, free: [0x1000..<0x1002], untouched: [1..<3, 5..<8])
    let frames = fixture.frames
    let total = frames.value.freeFrames
    // What was touched before is used first, then the zone's own untouched memory, then that of the zone below.
    #expect(fixture.take().map { $0.value / 1024 } == 4)
    #expect(fixture.take().map { $0.value / 1024 } == 4)
    #expect(fixture.provided.isEmpty)
    #expect(fixture.take() == FrameNumber(5 * 1024 + 8))
    #expect(fixture.provided == [10: FrameNumber(5 * 1024), 11: FrameNumber(5 * 1024 + 1)])
    #expect(frames.value.freeFrames == total - 3)
    #expect(frames.value.count(of: .metadata) == 2)
    #expect(frames.value.owner(of: FrameNumber(5 * 1024)) == .metadata)
    #expect(fixture.isUnwritten([1, 2, 6, 7]))
    #expect(frames.value.check() == nil)
    #expect(fixture.take(zone: .dma).map { $0.value / 1024 } == 1)
    for _ in 0..<(3 * usable - 1) { _ = fixture.take() }
    #expect(fixture.isUnwritten([2]))
    #expect(frames.value.freeFrames(in: .low) == 2 * usable - 1)
    #expect(frames.value.check() == nil)
    // All that was promised can be had, and no more.
    var left = 0
    while fixture.take() != nil { left += 1 }
    #expect(left == 2 * usable - 1)
    #expect(frames.value.freeFrames == 0)
    #expect(frames.value.count(of: .metadata) == 10)
    #expect(frames.value.check() == nil)
  }

  @Test func blocksOfAllSizesCanBeHad() throws {
    for order in 0...9 {
      let fixture = try FrameFixture(frameCount: 0x4000, free: [], untouched: [6..<7])
      let block = try #require(fixture.take(order: order))
      #expect(block.value % (1 << UInt32(order)) == 0 && block.value / 1024 == 6)
      #expect(fixture.frames.value.check() == nil)
      try fixture.frames.value.free(block, order: order)
      #expect(fixture.frames.value.freeFrames == usable)
    }
    // A chunk with its own records has no largest block; the next one takes two of its frames.
    let fixture = try FrameFixture(frameCount: 0x4000, free: [], untouched: [6..<9])
    let free = fixture.frames.value.freeFrames
    #expect(fixture.take(order: 10) == FrameNumber(7 * 1024))
    #expect(fixture.provided[14].map { $0.value / 1024 } == 6)
    #expect(fixture.frames.value.freeFrames == free - 1024)
    #expect(fixture.frames.value.check() == nil)
    #expect(fixture.take(order: 10) == FrameNumber(8 * 1024))
    #expect(fixture.take(order: 10) == nil)
    #expect(fixture.frames.value.freeFrames == free - 2048)
    #expect(fixture.frames.value.check() == nil)
  }

  @Test func wrongUsesAreRefused() throws {
    let fixture = try FrameFixture(frameCount: 0x2800, free: [0x2000..<0x2010], untouched: [5..<7])
    let frames = fixture.frames
    let inside = FrameNumber(5 * 1024 + 7)
    #expect(throws: FrameFault.notHandedOut(frame: inside, owner: .absent)) { try frames.value.release(inside) }
    #expect(throws: FrameFault.alreadyOwned(frame: FrameNumber(5 * 1024), owner: .free)) {
      try frames.value.addFree(first: FrameNumber(5 * 1024 - 3), count: 6)
    }
    #expect(throws: FrameFault.alreadyOwned(frame: inside, owner: .free)) {
      try frames.value.claim(first: inside, count: 1, owner: .bootArchive)
    }
    #expect(throws: FrameFault.alreadyOwned(frame: FrameNumber(6 * 1024), owner: .free)) {
      try frames.value.addUntouched(chunks: 6..<8)
    }
    #expect(throws: FrameFault.alreadyOwned(frame: FrameNumber(8 * 1024), owner: .free)) {
      try frames.value.addUntouched(chunks: 7..<9)
    }
    #expect(throws: FrameFault.outOfRange(frame: FrameNumber(0x2800), limit: 0x2800)) {
      try frames.value.addUntouched(chunks: 9..<11)
    }
    #expect(frames.value.freeFrames == 16 + 2 * usable)
    #expect(fixture.isUnwritten([5, 6]) && fixture.provided.isEmpty)
    #expect(frames.value.check() == nil)
  }

  /// More pieces than the allocator remembers get their records at once.
  @Test func aMapOfManyPiecesIsTouchedAtOnce() throws {
    let chunks = (0..<20).map { UInt32($0 * 2)..<UInt32($0 * 2 + 1) }
    let fixture = try FrameFixture(frameCount: 40 * 1024, free: [], untouched: chunks)
    #expect(fixture.provided.count == 2 * 4)
    #expect(fixture.frames.value.freeFrames == 20 * usable)
    #expect(fixture.frames.value.check() == nil)
    var count = 0
    while fixture.take() != nil { count += 1 }
    #expect(count == 20 * usable)
  }

  @Test func theCheckerSeesWritesToUntouchedRecords() throws {
    let fixture = try FrameFixture(frameCount: 0x2000, free: [], untouched: [5..<7])
    fixture.frames.value.records[6 * 1024 + 9].owner = .shared
    #expect(fixture.frames.value.check() == .brokenBlock(frame: FrameNumber(6 * 1024 + 9)))
  }

  @Test(arguments: [UInt64(21), 22, 23])
  func framesAreHandedOutOnceAndCountedRight(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let fixture = try FrameFixture(
      frameCount: 0x21000, free: [0x9..<0x9f, 0x1c00..<0x1c80], untouched: [1..<3, 4..<7, 126..<130],
      placement: Placement(seed: seed))
    let frames = fixture.frames
    let total = frames.value.freeFrames
    var held: [(frame: FrameNumber, order: Int)] = []
    var taken: Set<UInt32> = []
    for step in 0..<20_000 {
      if Int.random(in: 0..<10, using: &random) < ((step / 3000) % 2 == 0 ? 7 : 3) {
        let order = Bool.random(using: &random) ? 0 : Int.random(in: 0...10, using: &random)
        let zone = [FrameZone.any, .low, .dma].randomElement(using: &random)!
        guard let frame = frames.value.allocate(order: order, zone: zone, owner: .device) else { continue }
        for inside in frame.value..<(frame.value + 1 << UInt32(order)) {
          #expect(taken.insert(inside).inserted, "seed \(seed) step \(step)")
        }
        held.append((frame, order))
      } else if let index = held.indices.randomElement(using: &random) {
        let (frame, order) = held.remove(at: index)
        try frames.value.free(frame, order: order)
        for inside in frame.value..<(frame.value + 1 << UInt32(order)) { taken.remove(inside) }
      }
      #expect(frames.value.freeFrames == total - UInt32(taken.count), "seed \(seed) step \(step)")
      if step % 1000 == 0 {
        #expect(frames.value.check() == nil, "seed \(seed) step \(step)")
        #expect(taken.isDisjoint(with: fixture.provided.values.map(\.value)), "seed \(seed) step \(step)")
      }
    }
    for (frame, order) in held { try frames.value.free(frame, order: order) }
    #expect(frames.value.freeFrames == total)
    #expect(frames.value.check() == nil)
  }
}
