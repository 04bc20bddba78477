// The heap against a dictionary of allocations whose bytes must stay, its refusals, and its patterns against overruns.

import Primitives
import TestSupport
import Testing

@testable import Memory

@Suite struct HeapTests {
  private struct Allocation {
    var pointer: UnsafeMutableRawPointer
    var size: Int
    var tag: UInt8
    var fill: UInt8
    /// Looks at the edges, where neighbours would write, and here and there between.
    var isIntact: Bool {
      let bytes = UnsafeRawBufferPointer(start: pointer, count: size)
      return bytes.prefix(16).allSatisfy { $0 == fill } && bytes.suffix(16).allSatisfy { $0 == fill }
        && stride(from: 0, to: size, by: 509).allSatisfy { bytes[$0] == fill }
    }
  }

  @Test(arguments: [(UInt64(41), HeapGuarding.off), (42, .on)])
  func agreesWithAModel(seed: UInt64, guarding: HeapGuarding) throws {
    var random = SeededGenerator(seed: seed)
    let fixture = HeapFixture(guarding)
    var model: [Allocation] = []
    for step in 0..<100_000 {
      let note: Comment = "seed \(seed) step \(step)"
      let takes = Int.random(in: 0..<100, using: &random) < ((step / 5000) % 2 == 0 ? 60 : 35)
      if takes {
        // Small ones mostly; now and then pages.
        let limit = [64, 64, 300, 300, 2100, 20_000].randomElement(using: &random)!
        let size = Int.random(in: 0..<limit, using: &random)
        let shift = Int.random(in: 0..<6, using: &random) == 0 ? Int.random(in: 0...12, using: &random) : 4
        let tag = UInt8.random(in: 1...15, using: &random)
        let fails = Int.random(in: 0..<50, using: &random) == 0
        fixture.pages.requestsUntilFailure = fails ? 1 : 0
        let pagesBefore = fixture.pages.pageCount
        guard let pointer = fixture.take(UInt(size), alignment: 1 << UInt(shift), tag: tag) else {
          #expect(fails && pagesBefore == fixture.pages.pageCount, note)
          continue
        }
        fixture.pages.requestsUntilFailure = 0
        #expect(UInt(bitPattern: pointer) % (1 << UInt(shift)) == 0, note)
        let usable = try fixture.heap.value.usableSize(of: pointer)
        #expect(usable >= size && (guarding == .off || usable == size), note)
        let fill = UInt8.random(in: 0...255, using: &random)
        let used = guarding == .on ? size : Int(usable)
        pointer.initializeMemory(as: UInt8.self, repeating: fill, count: used)
        model.append(Allocation(pointer: pointer, size: used, tag: tag, fill: fill))
      } else if !model.isEmpty {
        let index = Int.random(in: 0..<model.count, using: &random)
        let allocation = model[index]
        #expect(allocation.isIntact, note)
        try fixture.heap.value.free(allocation.pointer)
        model.swapAt(index, model.count - 1)
        model.removeLast()
      }
      if fixture.heap.value.pageCount != fixture.pages.pageCount {
        Issue.record("\(note): the heap and its source disagree on the pages")
        return
      }
      if step % 5000 == 4999 {
        #expect(fixture.violation() == nil, note)
        let areIntact = model.allSatisfy { $0.isIntact }
        #expect(areIntact, note)
        var found: Set<UInt> = []
        fixture.heap.value.forEachAllocation { found.insert($0.address) }
        #expect(found == Set(model.map { UInt(bitPattern: $0.pointer) }), note)
        var byTag = Array(repeating: UInt32(0), count: 16)
        for allocation in model { byTag[Int(allocation.tag)] += 1 }
        let recorded = (0..<16 as Range<UInt8>).map { fixture.heap.value.use(of: $0).allocations }
        #expect(recorded == byTag, note)
      }
    }
    for allocation in model { try fixture.heap.value.free(allocation.pointer) }
    #expect(fixture.violation() == nil)
    #expect(fixture.pages.pageCount <= 21)
    fixture.heap.value.releaseEmptySlabs()
    #expect(fixture.pages.owned.isEmpty)
    #expect(fixture.heap.value.pageCount == 0)
    for tag in UInt8.min...UInt8.max { #expect(fixture.heap.value.use(of: tag) == HeapUse()) }
  }

  @Test(arguments: [HeapGuarding.off, .on])
  func refusesWrongPointers(guarding: HeapGuarding) throws {
    let fixture = HeapFixture(guarding)
    for size in [16, 100, 1000, 5000] as [UInt] {
      let pointer = try #require(fixture.take(size))
      let other = try #require(fixture.take(size))
      let address = UInt(bitPattern: pointer)
      #expect(fixture.fault(freeing: pointer + 8) == .notAStart(address: address + 8))
      if size == 5000 {
        #expect(fixture.fault(freeing: pointer + 4500) == .notAStart(address: address + 4500))
      }
      #expect(fixture.fault(freeing: pointer) == nil)
      let second = fixture.fault(freeing: pointer)
      #expect(second == (size == 5000 ? .foreignPointer(address: address) : .alreadyFree(address: address)))
      #expect(fixture.fault(freeing: other) == nil)
    }
    var local = 0
    withUnsafeMutableBytes(of: &local) { bytes in
      let pointer = bytes.baseAddress!
      #expect(fixture.fault(freeing: pointer) == .foreignPointer(address: UInt(bitPattern: pointer)))
    }
    #expect(fixture.violation() == nil)
  }

  @Test func refusesWrongArguments() {
    let fixture = HeapFixture(.off)
    #expect(fixture.take(16, alignment: 0) == nil)
    #expect(fixture.take(16, alignment: 24) == nil)
    #expect(fixture.take(16, alignment: 8192) == nil)
    #expect(fixture.take(16, tag: 0) == nil)
    #expect(fixture.take(16, tag: 16) == nil)
    #expect(fixture.take(5000, tag: 255) == nil)
    #expect(fixture.take(UInt.max) == nil)
    #expect(fixture.take(UInt.max - 15) == nil)
    #expect(fixture.take(0x7fff_0001) == nil)
    #expect(fixture.pages.owned.isEmpty)
    #expect(fixture.heap.value.recordedFault == nil)
  }

  @Test(arguments: [UInt(1), 17, 100, 2000, 2017, 4000, 9000])
  func findsAnOverrunOfOneByte(size: UInt) throws {
    let fixture = HeapFixture(.on)
    let pointer = try #require(fixture.take(size, tag: 9, caller: 0xc010_1234))
    let byte = pointer.assumingMemoryBound(to: UInt8.self) + Int(size)
    let kept = byte.pointee
    byte.pointee = 0
    let expected = HeapFault.overflow(
      address: UInt(bitPattern: pointer), size: UInt32(size), offset: UInt32(size), tag: 9,
      caller: 0xc010_1234)
    #expect(fixture.violation() == expected)
    #expect(fixture.fault(freeing: pointer) == expected)
    byte.pointee = kept
    #expect(fixture.fault(freeing: pointer) == nil)
  }

  @Test func findsALongOverrun() throws {
    let fixture = HeapFixture(.on)
    let pointer = try #require(fixture.take(20))
    // Slots of 32 bytes: all of the tail goes.
    (pointer + 20).initializeMemory(as: UInt8.self, repeating: 0xff, count: 12)
    let expected = HeapFault.overflow(
      address: UInt(bitPattern: pointer), size: 20, offset: 24, tag: 1, caller: 0)
    #expect(fixture.fault(freeing: pointer) == expected)
  }

  @Test func findsAWriteAfterFree() throws {
    let fixture = HeapFixture(.on)
    let pointer = try #require(fixture.take(100))
    try fixture.heap.value.free(pointer)
    pointer.storeBytes(of: 7, toByteOffset: 50, as: UInt8.self)
    let expected = HeapFault.writtenAfterFree(address: UInt(bitPattern: pointer) + 50)
    #expect(fixture.violation() == expected)
    #expect(fixture.take(100) == nil)
    #expect(fixture.heap.value.recordedFault == expected)
  }

  @Test func aDamagedFreeListIsFoundBeforeItIsFollowed() throws {
    let fixture = HeapFixture(.off)
    let first = try #require(fixture.take(100))
    let kept = try #require(fixture.take(100))
    try fixture.heap.value.free(first)
    first.storeBytes(of: 0x4141, as: UInt16.self)
    #expect(fixture.violation() == .damagedPage(address: UInt(bitPattern: kept) & ~4095))
    // The damaged slot itself is handed out; the link behind it is refused.
    #expect(fixture.take(100) == first)
    #expect(fixture.take(100) == nil)
    #expect(fixture.heap.value.recordedFault == .damagedPage(address: UInt(bitPattern: kept) & ~4095))
  }

  @Test func keepsAtMostOneEmptySlabOfAClass() throws {
    let fixture = HeapFixture(.off)
    let pointers = try (0..<1000).map { _ in try #require(fixture.take(256)) }
    #expect(fixture.pages.pageCount == 67)
    for pointer in pointers { try fixture.heap.value.free(pointer) }
    #expect(fixture.pages.pageCount == 1)
    #expect(fixture.violation() == nil)
  }

  @Test func failsTheChosenAllocationOnce() throws {
    let fixture = HeapFixture(.off)
    fixture.heap.value.allocationsUntilFailure = 2
    let results = (0..<4).map { _ in fixture.take(64) != nil }
    #expect(results == [true, false, true, true])
    #expect(fixture.violation() == nil)
  }

  @Test func countsByOwnerAndTellsWhoseAllocationsAreLeft() throws {
    let fixture = HeapFixture(.on)
    _ = try #require(fixture.take(100, tag: 7, caller: 0x1234))
    _ = try #require(fixture.take(5000, tag: 7, caller: 0x5678))
    _ = try #require(fixture.take(10, tag: 8))
    #expect(fixture.heap.value.use(of: 7) == HeapUse(bytes: 112 + 8192, allocations: 2))
    var left: [HeapAllocation] = []
    fixture.heap.value.forEachAllocation { if $0.tag == 7 { left.append($0) } }
    let sizes = left.map { $0.size }
    #expect(sizes == [100, 5000])
    let callers = left.map { $0.caller }
    #expect(callers == [0x1234, 0x5678])
  }

  @Test func faultsReadAsSentences() {
    func text(_ fault: HeapFault) -> String {
      var output = TextCollector()
      fault.describe(to: &output)
      return output.text
    }
    #expect(text(.alreadyFree(address: 0xc020_0040)) == "0xc0200040 was given back twice")
    #expect(
      text(.overflow(address: 0xc020_0040, size: 20, offset: 21, tag: 3, caller: 0xc010_0000))
        == "the 20 bytes at 0xc0200040 were overrun: byte 21 was written (tag 3, allocated by 0xc0100000)")
    #expect(text(.foreignPointer(address: 0x1000)) == "0x00001000 is not in the heap")
  }

  /// A heap whose owner wrote over its headers: whatever is not as the heap left it shows before the heap goes by it.
  @Test("A changed header of a slab or of a run is found before it is used", arguments: [100, 5000] as [UInt])
  func changedHeaders(size: UInt) throws {
    let fields: Set<Int> =
      size == 100 ? Set(0..<33).subtracting(10..<14) : Set(0..<32).subtracting(Array(4..<8) + Array(24..<32))
    for offset in 0..<33 {
      for change in [0x01, 0x80, 0xff] as [UInt8] {
        let fixture = HeapFixture(.off)
        let pieces = try (0..<3).map { _ in try #require(fixture.take(size)) }
        let victim = pieces[1]
        let isReady = fixture.heap.value.isIntact(forSize: size, alignment: 16)
        #expect(isReady && fixture.isIntact(around: victim))
        let page = (UInt(bitPattern: victim) - 1) & ~4095
        let byte = try #require(UnsafeMutablePointer<UInt8>(bitPattern: page + UInt(offset)))
        byte.pointee ^= change
        let isIntact = fixture.isIntact(around: victim)
        if fields.contains(offset) {
          #expect(!isIntact, "byte \(offset) of the header, changed by \(change)")
        }
        byte.pointee ^= change
        #expect(fixture.fault(freeing: victim) == nil)
        #expect(fixture.violation() == nil)
      }
    }
  }
}
