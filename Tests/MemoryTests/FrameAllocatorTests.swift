// The frame allocator against a plain table of frames, its refusals, and its checker against damage.

import Primitives
import TestSupport
import Testing

@testable import Memory

/// Frames as a plain table: what the allocator must agree with.
private struct FrameModel {
  struct Block {
    var frame: UInt32
    var order: Int
    var owner: FrameOwner
    var references: UInt16
  }
  var isFree: [Bool]
  var blocks: [Block] = []
  init(frameCount: UInt32, free: [Range<UInt32>]) {
    isFree = Array(repeating: false, count: Int(frameCount))
    for range in free { for frame in range { isFree[Int(frame)] = true } }
  }
  var freeCount: Int { isFree.count { $0 } }

  /// Whether an aligned run of free frames below `end` exists.
  func canAllocate(order: Int, below end: UInt32) -> Bool {
    let size = 1 << order
    return stride(from: 0, through: min(isFree.count, Int(end)) - size, by: size).contains { start in
      isFree[start..<(start + size)].allSatisfy { $0 }
    }
  }
}

@Suite struct FrameAllocatorTests {
  static let owners: [FrameOwner] = [.pageTable, .kernelHeap, .kernelStack, .processMemory, .shared, .device]

  @Test(arguments: [UInt64(11), 12])
  func agreesWithAModel(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    // A map with holes, unaligned ends, and the borders of the zones inside.
    let ranges: [Range<UInt32>] = [
      1..<0x9f, 0x101..<0x333, 0xffd..<0x1405, 0x1fff0..<0x20011, 0x20400..<0x20800,
    ]
    let count: UInt32 = 0x20801
    let fixture = try FrameFixture(frameCount: count, free: ranges)
    let frames = fixture.frames
    var model = FrameModel(frameCount: count, free: ranges)
    var expectedFree = model.freeCount
    let total = expectedFree
    #expect(frames.value.totalFrames == UInt32(total))
    for step in 0..<100_000 {
      // Waves: long stretches of taking, then of giving back.
      let takes = Int.random(in: 0..<10, using: &random) < ((step / 4000) % 2 == 0 ? 6 : 4)
      if takes {
        let order = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0...10, using: &random) : 0
        let zone = [FrameZone.any, .any, .any, .low, .dma].randomElement(using: &random)!
        let owner = Self.owners.randomElement(using: &random)!
        guard let frame = frames.value.allocate(order: order, zone: zone, owner: owner) else {
          if expectedFree >= 1 << order && step % 50 == 0 {
            #expect(!model.canAllocate(order: order, below: zone.end), "seed \(seed) step \(step)")
          }
          continue
        }
        let range = Int(frame.value)..<(Int(frame.value) + 1 << order)
        guard range.upperBound <= model.isFree.count, model.isFree[range].allSatisfy({ $0 }),
          frame.value & ((1 << order) - 1) == 0, range.upperBound <= Int(zone.end)
        else {
          Issue.record("seed \(seed) step \(step): \(frame) of order \(order) was not free")
          return
        }
        for inside in range { model.isFree[inside] = false }
        model.blocks.append(.init(frame: frame.value, order: order, owner: owner, references: 1))
        expectedFree -= 1 << order
      } else if !model.blocks.isEmpty {
        let index = Int.random(in: 0..<model.blocks.count, using: &random)
        let block = model.blocks[index]
        let frame = FrameNumber(block.frame)
        switch Int.random(in: 0..<8, using: &random) {
        case 0 where block.references < 5:
          try frames.value.retain(frame)
          model.blocks[index].references += 1
          continue
        case 1:
          let owner = Self.owners.randomElement(using: &random)!
          try frames.value.changeOwner(of: frame, to: owner)
          model.blocks[index].owner = owner
          continue
        case 2 where block.references == 1:
          try frames.value.free(frame, order: block.order)
          model.blocks[index].references = 0
        default:
          let left = try frames.value.release(frame)
          model.blocks[index].references -= 1
          #expect(left == model.blocks[index].references)
        }
        if model.blocks[index].references == 0 {
          for inside in 0..<(1 << block.order) { model.isFree[Int(block.frame) + inside] = true }
          model.blocks.swapAt(index, model.blocks.count - 1)
          model.blocks.removeLast()
          expectedFree += 1 << block.order
        }
      }
      if step % 5000 == 0 {
        #expect(frames.value.check() == nil, "seed \(seed) step \(step)")
        for owner in Self.owners {
          let expected = model.blocks.filter { $0.owner == owner }.reduce(0) { $0 + 1 << $1.order }
          #expect(frames.value.count(of: owner) == UInt32(expected), "seed \(seed) step \(step)")
        }
      }
      if frames.value.freeFrames != UInt32(expectedFree) {
        Issue.record("seed \(seed) step \(step): \(frames.value.freeFrames) free, not \(expectedFree)")
        return
      }
    }
    for block in model.blocks {
      for _ in 0..<block.references { try frames.value.release(FrameNumber(block.frame)) }
    }
    #expect(frames.value.freeFrames == UInt32(total))
    #expect(frames.value.check() == nil)
  }

  @Test func reachesFramesAboveFourGibibytes() throws {
    // 6 GiB: the last 2 GiB lie above the 4-GiB border, frame 0x100000.
    let fixture = try FrameFixture(frameCount: 0x180000, free: [0x100..<0xc0000, 0x100000..<0x180000])
    let frame = try #require(fixture.take(order: 10, owner: .processMemory))
    #expect(frame.value >= 0x20000)
    var highest: UInt64 = 0
    while let frame = fixture.frames.value.allocate(order: 10, owner: .processMemory) {
      highest = max(highest, frame.address.value)
    }
    #expect(highest >= 0x1_0000_0000)
    #expect(fixture.frames.value.check() == nil)
  }

  @Test func usesScarceZonesLast() throws {
    let fixture = try FrameFixture(frameCount: 0x20010, free: [0xff0..<0x1010, 0x20000..<0x20010])
    let frames = fixture.frames
    var taken: [UInt32] = []
    while let frame = frames.value.allocate(owner: .processMemory) { taken.append(frame.value) }
    #expect(taken.count == 48)
    #expect(taken[..<16].allSatisfy { $0 >= 0x20000 })
    #expect(taken[16..<32].allSatisfy { $0 >= 0x1000 && $0 < 0x1010 })
    #expect(taken[32...].allSatisfy { $0 < 0x1000 })
    try frames.value.free(FrameNumber(0xff0))
    try frames.value.free(FrameNumber(0x20000))
    #expect(fixture.take(zone: .dma, owner: .device)?.value == 0xff0)
    #expect(fixture.take(zone: .low, owner: .device) == nil)
    #expect(frames.value.freeFrames(in: .low) == 0)
    #expect(frames.value.freeFrames(in: .any) == 1)
  }

  @Test func refusesWrongUses() throws {
    let fixture = try FrameFixture(frameCount: 0x400, free: [0x100..<0x200])
    let frames = fixture.frames
    try frames.value.claim(first: FrameNumber(0x200), count: 4, owner: .reserved)
    let frame = try #require(fixture.take(order: 3, owner: .kernelHeap))
    let inside = FrameNumber(frame.value + 1)
    #expect(throws: FrameFault.outOfRange(frame: FrameNumber(0x400), limit: 0x400)) {
      try frames.value.free(FrameNumber(0x400))
    }
    #expect(throws: FrameFault.insideBlock(frame: inside)) { try frames.value.release(inside) }
    #expect(throws: FrameFault.wrongOrder(frame: frame, given: 0, actual: 3)) { try frames.value.free(frame) }
    #expect(throws: FrameFault.notHandedOut(frame: FrameNumber(0x50), owner: .absent)) {
      try frames.value.release(FrameNumber(0x50))
    }
    #expect(throws: FrameFault.notHandedOut(frame: FrameNumber(0x200), owner: .reserved)) {
      try frames.value.release(FrameNumber(0x200))
    }
    try frames.value.retain(frame)
    #expect(throws: FrameFault.stillShared(frame: frame, references: 2)) {
      try frames.value.free(frame, order: 3)
    }
    try frames.value.release(frame)
    try frames.value.free(frame, order: 3)
    #expect(throws: FrameFault.alreadyFree(frame: frame)) { try frames.value.free(frame, order: 3) }
    #expect(throws: FrameFault.alreadyOwned(frame: FrameNumber(0x100), owner: .free)) {
      try frames.value.addFree(first: FrameNumber(0xf0), count: 0x20)
    }
    #expect(throws: FrameFault.outOfRange(frame: FrameNumber(0xffff_fff0), limit: 0x400)) {
      try frames.value.addFree(first: FrameNumber(0xffff_fff0), count: 0x20)
    }
    #expect(fixture.take(order: 11, owner: .device) == nil)
    #expect(fixture.take(order: -1, owner: .device) == nil)
    #expect(frames.value.freeFrames == 0x100)
    #expect(frames.value.check() == nil)
  }

  @Test func countsHoldersUpToTheLimit() throws {
    let fixture = try FrameFixture(frameCount: 16, free: [0..<16])
    let frame = try #require(fixture.take(owner: .shared))
    for _ in 1..<65535 { try fixture.frames.value.retain(frame) }
    #expect(throws: FrameFault.tooManyReferences(frame: frame)) { try fixture.frames.value.retain(frame) }
    #expect(fixture.frames.value.references(of: frame) == 65535)
  }

  @Test func claimedFramesCanBeGivenBack() throws {
    let fixture = try FrameFixture(frameCount: 64, free: [])
    let frames = fixture.frames
    try frames.value.claim(first: FrameNumber(8), count: 24, owner: .bootArchive)
    #expect(frames.value.count(of: .bootArchive) == 24)
    for frame in 8..<32 as Range<UInt32> { try frames.value.free(FrameNumber(frame)) }
    #expect(frames.value.freeFrames == 24)
    #expect(fixture.take(order: 4, owner: .kernelHeap)?.value == 16)
    #expect(frames.value.check() == nil)
  }

  @Test(arguments: [UInt64(15), 16])
  func runsTakeNoMoreThanTheyNeed(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let fixture = try FrameFixture(frameCount: 4096, free: [3..<4001])
    let frames = fixture.frames
    var runs: [(first: FrameNumber, count: UInt32)] = []
    var taken: UInt32 = 0
    for step in 0..<20_000 {
      if Bool.random(using: &random) {
        let count = UInt32.random(in: 1...UInt32.random(in: 1...300, using: &random), using: &random)
        guard let first = frames.value.allocateRun(count: count, owner: .device) else { continue }
        runs.append((first, count))
        taken += count
      } else if let index = runs.indices.randomElement(using: &random) {
        let run = runs.remove(at: index)
        if Bool.random(using: &random) {
          try frames.value.freeRun(run.first, count: run.count)
        } else {
          for offset in 0..<run.count { try frames.value.free(FrameNumber(run.first.value + offset)) }
        }
        taken -= run.count
      }
      #expect(frames.value.count(of: .device) == taken, "seed \(seed) step \(step)")
      if step % 1000 == 0 {
        #expect(frames.value.check() == nil, "seed \(seed) step \(step)")
        let covered = runs.flatMap { $0.first.value..<($0.first.value + $0.count) }
        #expect(Set(covered).count == Int(taken), "seed \(seed) step \(step)")
      }
    }
    for run in runs { try frames.value.freeRun(run.first, count: run.count) }
    #expect(frames.value.freeFrames == 3998)
    #expect(frames.value.check() == nil)
  }

  @Test func refusesWrongRuns() throws {
    let fixture = try FrameFixture(frameCount: 2048, free: [0..<2048])
    let frames = fixture.frames
    let none = frames.value.allocateRun(count: 0, owner: .device)
    #expect(none == nil)
    let tooMany = frames.value.allocateRun(count: 1025, owner: .device)
    #expect(tooMany == nil)
    let all = frames.value.allocateRun(count: 1024, owner: .device)
    let first = try #require(all)
    try frames.value.retain(FrameNumber(first.value + 7))
    #expect(throws: FrameFault.stillShared(frame: FrameNumber(first.value + 7), references: 2)) {
      try frames.value.freeRun(first, count: 1024)
    }
    #expect(throws: FrameFault.alreadyFree(frame: FrameNumber(first.value ^ 1024))) {
      try frames.value.freeRun(FrameNumber(first.value ^ 1024), count: 1)
    }
    #expect(throws: FrameFault.outOfRange(frame: first, limit: 2048)) {
      try frames.value.freeRun(first, count: UInt32.max)
    }
    #expect(frames.value.freeFrames == 1024)
    try frames.value.release(FrameNumber(first.value + 7))
    try frames.value.freeRun(first, count: 1024)
    #expect(frames.value.freeFrames == 2048)
    #expect(frames.value.check() == nil)
  }

  @Test func failsTheChosenAllocationOnce() throws {
    let fixture = try FrameFixture(frameCount: 64, free: [0..<64])
    let frames = fixture.frames
    frames.value.allocationsUntilFailure = 3
    let results = (0..<5).map { _ in frames.value.allocate(owner: .kernelHeap) != nil }
    #expect(results == [true, true, false, true, true])
    frames.value.allocationsUntilFailure = 1
    #expect(fixture.take(order: 2, owner: .kernelHeap) == nil)
    #expect(fixture.take(order: 2, owner: .kernelHeap) != nil)
    #expect(frames.value.check() == nil)
  }

  @Test func leasesGiveBackWhatTheyHold() throws {
    let fixture = try FrameFixture(frameCount: 64, free: [0..<64])
    let frames = fixture.frames
    do {
      guard let lease = FrameLease(order: 2, owner: .kernelStack, from: frames) else {
        Issue.record("no frames")
        return
      }
      #expect(lease.frame.value % 4 == 0)
      #expect(frames.value.freeFrames == 60)
    }
    #expect(frames.value.freeFrames == 64)
    let kept: FrameNumber
    do {
      guard let lease = FrameLease(owner: .kernelStack, from: frames) else {
        Issue.record("no frame")
        return
      }
      kept = lease.relinquish()
    }
    #expect(frames.value.freeFrames == 63)
    do {
      let lease = FrameLease(kept, from: frames)
      #expect(lease.frame == kept)
      try frames.value.free(kept)
    }
    #expect(frames.value.check() == .recordedFault(.alreadyFree(frame: kept)))
  }

  @Test func aRecordTakesEightBytes() {
    #expect(MemoryLayout<FrameRecord>.stride == 8)
    var record = FrameRecord()
    record.owner = .processMemory
    record.references = 0xffff
    record.order = 10
    #expect(record.references == 0xffff && record.owner == .processMemory && record.order == 10)
    record.owner = .free
    record.next = FrameRecord.none
    record.previous = 0x12_3456
    record.order = FrameRecord.cached
    #expect(record.next == FrameRecord.none && record.previous == 0x12_3456)
    #expect(record.references == 0 && record.owner == .free && record.order == FrameRecord.cached)
  }

  @Test func holdersOfAnOwnerAreCounted() throws {
    let fixture = try FrameFixture(frameCount: 64, free: [0..<64])
    let first = try #require(fixture.take(owner: .shared))
    _ = try #require(fixture.take(owner: .shared))
    _ = try #require(fixture.take(owner: .processMemory))
    try fixture.frames.value.retain(first)
    #expect(fixture.frames.value.holders(of: .shared) == 3)
    #expect(fixture.frames.value.holders(of: .processMemory) == 1)
    #expect(fixture.frames.value.holders(of: .device) == 0)
  }

  @Test func theCheckerSeesDamage() throws {
    func damaged(_ damage: (Reference<FrameAllocator>) -> Void) throws -> FrameViolation? {
      let fixture = try FrameFixture(frameCount: 64, free: [0..<64])
      #expect(fixture.take(order: 2, owner: .kernelHeap)?.value == 0)
      damage(fixture.frames)
      return fixture.frames.value.check()
    }
    #expect(try damaged { _ in } == nil)
    #expect(
      try damaged { $0.value.records[4].previous = 9 }
        == .brokenList(zone: 0, order: 2, frame: FrameNumber(4)))
    #expect(
      try damaged { $0.value.records[8].next = 8 } == .brokenList(zone: 0, order: 3, frame: FrameNumber(8)))
    #expect(try damaged { $0.value.records[2].owner = .shared } == .brokenBlock(frame: FrameNumber(0)))
    #expect(
      try damaged { $0.value.records[0].references = 0 }
        == .wrongReferences(frame: FrameNumber(0), references: 0))
    #expect(
      try damaged { $0.value.records[32].next = 1 } == .brokenList(zone: 0, order: 5, frame: FrameNumber(1)))
    #expect(
      try damaged { $0.value.ownerCounts[Int(FrameOwner.kernelHeap.rawValue)] = 5 }
        == .ownerCount(owner: .kernelHeap, counted: 4, recorded: 5))
    #expect(
      try damaged { $0.value.zones[0].freeFrames = 61 } == .freeCount(zone: 0, counted: 60, recorded: 61))
    #expect(
      try damaged { $0.value.zones[0].heads[5] = FrameRecord.none }
        == .listLength(zone: 0, order: 5, listed: 0, recorded: 1))
  }

  @Test func faultsAndViolationsReadAsSentences() {
    func text(_ fault: FrameFault) -> String {
      var output = TextCollector()
      fault.describe(to: &output)
      return output.text
    }
    let frame = FrameNumber(0x1f3)
    #expect(text(.alreadyFree(frame: frame)) == "frame 0x001f3 was given back twice")
    #expect(
      text(.notHandedOut(frame: frame, owner: .reserved))
        == "frame 0x001f3 was given back but never handed out (it is reserved)")
    #expect(
      text(.wrongOrder(frame: frame, given: 0, actual: 3))
        == "frame 0x001f3 was given back with order 0 but handed out with order 3")
    #expect(
      text(.outOfRange(frame: frame, limit: 0x100))
        == "frame 0x001f3 reaches past the last managed frame 0x000000ff")
    var output = TextCollector()
    FrameViolation.ownerCount(owner: .pageTable, counted: 4, recorded: 5).describe(to: &output)
    #expect(output.text == "the number of frames of page tables is wrong: counted 4, recorded 5")
  }
}
