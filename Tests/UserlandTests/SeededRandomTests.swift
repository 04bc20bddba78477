import SDK
import Testing

@Suite struct SeededRandomTests {
  @Test func aSeedAlwaysMakesTheSameNumbers() {
    var first = SeededRandom(seed: 7, stream: 3)
    var second = SeededRandom(seed: 7, stream: 3)
    for _ in 0..<1000 { #expect(first.next() == second.next()) }
  }

  /// Runs with neighbouring seeds, of which each child process has a stream of its own, as `fuzz` makes them.
  @Test func neighbouringSeedsAndStreamsShareNoSequence() {
    var seen: Set<UInt64> = []
    var count = 0
    for seed in 1...8 as ClosedRange<UInt32> {
      for stream in 1...50 as ClosedRange<UInt32> {
        var random = SeededRandom(seed: seed, stream: stream)
        var last = random.next()
        // Any two numbers in a row are the mark of a place in a sequence.
        for _ in 0..<500 {
          let next = random.next()
          seen.insert(UInt64(last) << 32 | UInt64(next))
          last = next
          count += 1
        }
      }
    }
    #expect(seen.count == count)
  }

  @Test func numbersBelowALimitAreAllReached() {
    var random = SeededRandom(seed: 0)
    var seen: Set<UInt32> = []
    for _ in 0..<1000 { seen.insert(random.below(10)) }
    #expect(seen == Set(0..<10))
  }
}
