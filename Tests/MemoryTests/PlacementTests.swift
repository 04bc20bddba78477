// Where frames lie that are handed out first: elsewhere with each seed, and at the same place with the same one.

import Primitives
import Testing

@testable import Memory

@Suite struct PlacementTests {
  /// The machine of 64 MiB: what the image and the archive leave of the first two chunks, and whole chunks behind.
  private func fixture(_ placement: Placement) throws -> FrameFixture {
    try FrameFixture(
      frameCount: 0x4000, free: [0x10..<0x9f, 0x300..<0x400, 0x660..<0x800], untouched: [2..<16], placement: placement)
  }

  @Test func framesAreHandedOutInOrderWithoutASeed() throws {
    let frames = try FrameFixture(frameCount: 0x4000, free: [0x800..<0xc00])
    #expect((0..<24).map { _ in frames.take()?.value } == (0x800..<0x818).map { $0 })
  }

  @Test func aSeedAlwaysHasTheSameOrder() throws {
    for seed in 0..<8 as Range<UInt64> {
      let (first, second) = (try fixture(Placement(seed: seed)), try fixture(Placement(seed: seed)))
      for _ in 0..<3000 { #expect(first.take() == second.take()) }
    }
  }

  @Test func seedsBeginAtOtherPlaces() throws {
    var (firstFrames, freshFrames): (Set<UInt32>, Set<UInt32>) = ([], [])
    for seed in 0..<64 as Range<UInt64> {
      let frames = try fixture(Placement(seed: seed))
      firstFrames.insert(try #require(frames.take()).value)
      let fresh = try FrameFixture(frameCount: 0x4000, free: [], untouched: [2..<16], placement: Placement(seed: seed))
      freshFrames.insert(try #require(fresh.take()).value)
    }
    // Of 16 places in the block that is split first, and of more than 14,000 in untouched memory.
    #expect(firstFrames.count >= 14)
    #expect(freshFrames.count >= 62)
  }

  @Test func everyFrameIsHandedOutOnceWithAnySeed() throws {
    for seed in 0..<16 as Range<UInt64> {
      let frames = try fixture(Placement(seed: seed))
      let count = frames.frames.value.freeFrames
      var taken: Set<UInt32> = []
      while let frame = frames.take() { #expect(taken.insert(frame.value).inserted) }
      #expect(taken.count == Int(count))
      for frame in taken { try frames.frames.value.free(FrameNumber(frame)) }
      #expect(frames.frames.value.freeFrames == count)
      #expect(frames.frames.value.check() == nil)
    }
  }
}
