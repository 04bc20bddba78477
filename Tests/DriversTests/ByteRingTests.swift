import Drivers
import TestSupport
import Testing

@Suite struct ByteRingTests {
  @Test func bytesComeOutInOrderAcrossTheWrap() {
    let ring = SharedRing()
    for round in 0..<10 {
      for value in 0..<200 { #expect(ring.push(UInt8(truncatingIfNeeded: value + round))) }
      for value in 0..<200 { #expect(ring.pop() == UInt8(truncatingIfNeeded: value + round)) }
    }
    #expect(ring.count == 0)
    #expect(ring.pop() == nil)
  }

  @Test func whatDoesNotFitIsDroppedAndCounted() {
    let ring = SharedRing()
    for value in 0..<(ByteRing.capacity + 64) { ring.push(UInt8(truncatingIfNeeded: value)) }
    #expect(ring.count == ByteRing.capacity)
    #expect(ring.droppedCount == 64)
    for value in 0..<ByteRing.capacity { #expect(ring.pop() == UInt8(truncatingIfNeeded: value)) }
    #expect(ring.pop() == nil)
  }

  @Test func aSequenceGoesInWholeOrNotAtAll() {
    var decoder = KeyboardDecoder()
    let ring = SharedRing()
    for _ in 0..<ByteRing.capacity - 2 { ring.push(0x2e) }
    // The arrow is three bytes; two fit.
    decoder.decode(0xe0, into: &ring.bytes)
    decoder.decode(0x48, into: &ring.bytes)
    #expect(ring.room == 2)
    #expect(ring.droppedCount == 3)
    decoder.decode(0x1e, into: &ring.bytes)
    #expect(ring.room == 1)
  }

  @Test func removingAllKeepsTheDroppedCount() {
    let ring = SharedRing()
    for _ in 0..<ByteRing.capacity + 44 { ring.push(1) }
    ring.bytes.removeAll()
    #expect(ring.count == 0)
    #expect(ring.droppedCount == 44)
    ring.push(7)
    #expect(ring.pop() == 7)
  }

  @Test(arguments: 1...8)
  func itBehavesLikeAnArrayWithALimit(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let ring = SharedRing()
    var model: [UInt8] = []
    var dropped = 0
    for step in 0..<20_000 {
      if UInt8.random(in: 0...255, using: &generator) < (step / 2_000 % 2 == 0 ? 160 : 90) {
        let byte = UInt8.random(in: 0...255, using: &generator)
        let fits = model.count < ByteRing.capacity
        #expect(ring.push(byte) == fits)
        if fits { model.append(byte) } else { dropped += 1 }
      } else {
        #expect(ring.pop() == (model.isEmpty ? nil : model.removeFirst()))
      }
      #expect(ring.count == model.count)
    }
    #expect(ring.droppedCount == UInt32(dropped))
  }
}
