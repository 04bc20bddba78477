// The region map against a table with one row for each page, with and without memory for its nodes.

import Primitives
import TestSupport
import Testing

@testable import Memory

/// Kinds below 4 join with their like; the others stand for stacks, which never do.
private struct Kind: RegionAttributes {
  var number: UInt8
  func joins(_ next: Kind) -> Bool { self == next && number < 4 }
}

/// Nodes from the host, counted.
private final class HostNodes: RegionNodeSource {
  var live = 0
  /// 0 is off; at N, the Nth node from now cannot be had.
  var nodesUntilFailure = 0

  func allocateNode() -> UnsafeMutablePointer<RegionNode<Kind>>? {
    if nodesUntilFailure > 0 {
      nodesUntilFailure -= 1
      if nodesUntilFailure == 0 { return nil }
    }
    live += 1
    return .allocate(capacity: 1)
  }

  func freeNode(_ node: UnsafeMutablePointer<RegionNode<Kind>>) {
    live -= 1
    node.deallocate()
  }
}

/// One row for each page: its kind, and whether a region starts there.
private struct PageTableModel: Equatable {
  var kinds: [UInt8?]
  var starts: [Bool]

  init(pages: Int) {
    kinds = Array(repeating: nil, count: pages)
    starts = Array(repeating: false, count: pages)
  }

  /// Neighbours that join are one region; what has no neighbour before it starts one.
  mutating func normalize() {
    for page in kinds.indices {
      let before = page == 0 ? nil : kinds[page - 1]
      guard let kind = kinds[page] else {
        starts[page] = false
        continue
      }
      if before != kind { starts[page] = true } else if kind < 4 { starts[page] = false }
    }
  }

  var regions: [Region<Kind>] {
    var regions: [Region<Kind>] = []
    for (page, kind) in kinds.enumerated() {
      guard let kind else { continue }
      if starts[page] {
        let start = RegionMapTests.base + UInt32(page) * pageSize
        regions.append(Region(start: start, length: pageSize, Kind(number: kind)))
      } else {
        regions[regions.count - 1].length += pageSize
      }
    }
    return regions
  }

  func firstGap(pages: Int, in window: Range<Int>, alignment: Int, margin: Int) -> Int? {
    for page in window where (page + Int(RegionMapTests.base / pageSize)) % alignment == 0 {
      let range = (page - margin)..<(page + pages + margin)
      guard range.lowerBound >= window.lowerBound, range.upperBound <= window.upperBound else { continue }
      if kinds[range].allSatisfy({ $0 == nil }) { return page }
    }
    return nil
  }
}

@Suite struct RegionMapTests {
  static let base: UInt32 = 0x1000_0000
  private static let pages = 300

  private static func address(_ page: Int) -> UInt32 { base + UInt32(page) * pageSize }

  private static func regions(of map: borrowing RegionMap<HostNodes>) -> [Region<Kind>] {
    var regions: [Region<Kind>] = []
    guard let everything = VirtualRange(start: 0, length: UInt32.max) else { return [] }
    map.forEach(in: everything) { region in
      regions.append(region)
      return true
    }
    return regions
  }

  @Test(arguments: [UInt64(51), 52])
  func agreesWithAModel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let nodes = HostNodes()
    var map = RegionMap(nodes: nodes)
    var model = PageTableModel(pages: Self.pages)
    for step in 0..<100_000 {
      let note: Comment = "seed \(seed) step \(step)"
      let page = Int.random(in: 0..<Self.pages, using: &random)
      let count = Int.random(
        in: 1...min(Self.pages - page, 1 + Int.random(in: 0..<20, using: &random)), using: &random)
      let range = page..<(page + count)
      let start = Self.address(page)
      let length = UInt32(count) * pageSize
      let kind = UInt8.random(in: 0..<6, using: &random)
      nodes.nodesUntilFailure =
        Int.random(in: 0..<8, using: &random) == 0 ? Int.random(in: 1...2, using: &random) : 0
      let before = model
      do throws(RegionError) {
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2:
          try map.insert(Region(start: start, length: length, Kind(number: kind)))
          let wasFree = model.kinds[range].allSatisfy { $0 == nil }
          #expect(wasFree, note)
          for inside in range { model.kinds[inside] = kind }
          model.starts[page] = true
          if page + count < Self.pages { model.starts[page + count] = true }
        case 3, 4:
          var removed: [Int: UInt8] = [:]
          try map.remove(start: start, length: length) { piece in
            for inside in 0..<Int(piece.length / pageSize) {
              removed[Int((piece.start - Self.base) / pageSize) + inside] = piece.attributes.number
            }
          }
          for inside in range {
            #expect(removed.removeValue(forKey: inside) == model.kinds[inside], note)
            model.kinds[inside] = nil
          }
          #expect(removed.isEmpty, note)
          if page + count < Self.pages { model.starts[page + count] = true }
        case 5:
          // Some kinds change and others stay.
          func changed(_ old: UInt8) -> UInt8 { old % 2 == kind % 2 ? kind : old }
          try map.change(start: start, length: length) { Kind(number: changed($0.number)) }
          for inside in range {
            guard let old = model.kinds[inside] else {
              Issue.record("\(note): a hole was changed")
              return
            }
            model.kinds[inside] = changed(old)
          }
          model.starts[page] = true
          if page + count < Self.pages { model.starts[page + count] = true }
        case 6:
          let found = map.find(containing: start + 5)
          #expect(found?.attributes.number == model.kinds[page], note)
          let regions = model.regions
          let expected = regions.first { $0.end > UInt64(start) }
          #expect(map.first(endingAbove: start) == expected, note)
          let below = regions.last { $0.start < start }
          #expect(map.last(startingBelow: start) == below, note)
        default:
          // Half of the time as the kernel asks: for any pages of the one window.
          let isPlain = Bool.random(using: &random)
          let alignment = isPlain ? 1 : 1 << Int.random(in: 0..<4, using: &random)
          let margin = isPlain ? 0 : Int.random(in: 0..<3, using: &random)
          let count = isPlain ? Int.random(in: 1...4, using: &random) : count
          let page = isPlain ? 0 : page
          guard
            let window = VirtualRange(
              start: Self.address(page), length: UInt32(Self.pages - page) * pageSize)
          else { return }
          let found = map.findGap(
            length: UInt32(count) * pageSize, in: window, alignment: UInt32(alignment) * pageSize,
            margin: UInt32(margin) * pageSize)
          let expected = model.firstGap(
            pages: count, in: page..<Self.pages, alignment: alignment, margin: margin)
          #expect(found == expected.map { Self.address($0) }, note)
        }
        model.normalize()
      } catch {
        model = before
        switch error {
        case .outOfMemory:
          #expect(Self.regions(of: map) == model.regions, note)
        case .overlaps:
          let wasFree = model.kinds[range].allSatisfy { $0 == nil }
          #expect(!wasFree, note)
        case .notCovered(let address):
          #expect(model.kinds[Int((address - Self.base) / pageSize)] == nil, note)
        case .badRange:
          Issue.record("\(note): \(error)")
        }
      }
      if step % 100 == 0 {
        #expect(Self.regions(of: map) == model.regions, note)
        #expect(map.check() == nil, note)
        #expect(nodes.live == Int(map.count), note)
      }
    }
    map.removeAll()
    #expect(nodes.live == 0)
    #expect(map.first(endingAbove: 0) == nil)
  }

  @Test func tenThousandRegionsStayShallow() throws {
    let nodes = HostNodes()
    do {
      var map = RegionMap(nodes: nodes)
      for index in 0..<10_000 as Range<UInt32> {
        // Every second page, so that nothing joins.
        try map.insert(Region(start: index * 2 * pageSize, length: pageSize, Kind(number: 1)))
      }
      #expect(map.count == 10_000)
      #expect(map.check() == nil)
      #expect(RegionTree.height(of: map.root) <= 18)
      for index in 0..<10_000 as Range<UInt32> {
        let found = map.find(containing: index * 2 * pageSize + 77)
        #expect(found?.start == index * 2 * pageSize)
        let hole = map.find(containing: (index * 2 + 1) * pageSize)
        #expect(hole == nil)
      }
      let window = try #require(VirtualRange(start: 0, length: 0xc000_0000))
      let single = map.findGap(length: pageSize, in: window)
      let double = map.findGap(length: 2 * pageSize, in: window)
      let guarded = map.findGap(length: pageSize, in: window, margin: pageSize)
      #expect(single == pageSize)
      #expect(double == 19_999 * pageSize)
      #expect(guarded == 20_000 * pageSize)
      #expect(nodes.live == 10_000)
    }
    #expect(nodes.live == 0)
  }

  @Test func reachesTheTopOfTheAddressSpace() throws {
    let nodes = HostNodes()
    var map = RegionMap(nodes: nodes)
    try map.insert(Region(start: 0xffff_f000, length: pageSize, Kind(number: 1)))
    try map.insert(Region(start: 0, length: pageSize, Kind(number: 1)))
    try map.insert(Region(start: 0xffff_e000, length: pageSize, Kind(number: 1)))
    let all = Self.regions(of: map)
    #expect(all.map { $0.end } == [0x1000, 0x1_0000_0000])
    try map.change(start: 0xffff_f000, length: pageSize) { _ in Kind(number: 2) }
    let top = map.find(containing: 0xffff_ffff)
    #expect(top == Region(start: 0xffff_f000, length: pageSize, Kind(number: 2)))
    let window = try #require(VirtualRange(start: 0xffff_0000, length: 0x1_0000))
    let fitting = map.findGap(length: 0xe000, in: window)
    let tooLong = map.findGap(length: 0xf000, in: window)
    #expect(fitting == 0xffff_0000)
    #expect(tooLong == nil)
    #expect(map.check() == nil)
    try map.remove(start: 0xffff_e000, length: 2 * pageSize) { _ in }
    #expect(map.count == 1)
  }

  @Test(arguments: [
    (UInt32(0x1000), UInt32(0)), (0x1000, 0x800), (0x1234, 0x1000), (0xffff_f000, 0x2000),
  ])
  func refusesBadRanges(start: UInt32, length: UInt32) {
    var map = RegionMap(nodes: HostNodes())
    let expected = RegionError.badRange(start: start, length: length)
    func refusal(_ body: (inout RegionMap<HostNodes>) throws(RegionError) -> Void) -> RegionError? {
      do throws(RegionError) {
        try body(&map)
        return nil
      } catch {
        return error
      }
    }
    let insert = refusal { map throws(RegionError) in
      try map.insert(Region(start: start, length: length, Kind(number: 1)))
    }
    let remove = refusal { map throws(RegionError) in try map.remove(start: start, length: length) { _ in } }
    let change = refusal { map throws(RegionError) in try map.change(start: start, length: length) { $0 } }
    #expect(insert == expected)
    #expect(remove == expected)
    #expect(change == expected)
    #expect(map.count == 0)
  }

  @Test func theCheckerSeesDamage() throws {
    func damaged(_ damage: (Reference<RegionNode<Kind>>) -> Void) throws -> RegionViolation? {
      try damagedMap { map in if let root = map.root { damage(root) } }
    }
    func damagedMap(_ damage: (inout RegionMap<HostNodes>) -> Void) throws -> RegionViolation? {
      var map = RegionMap(nodes: HostNodes())
      for index in 1...7 as ClosedRange<UInt32> {
        try map.insert(Region(start: index * 0x2000, length: pageSize, Kind(number: 1)))
      }
      damage(&map)
      return map.check()
    }
    #expect(try damaged { _ in } == nil)
    #expect(try damaged { $0.value.region.length = 100 } == .badRange(region: 0x8000))
    #expect(try damaged { $0.value.region.length = 0x4000 } == .disorder(region: 0xa000))
    #expect(try damaged { $0.value.region.length = 0x2000 } == .notJoined(region: 0xa000))
    #expect(try damaged { $0.value.summary.largestGap = 0x5000 } == .wrongSummary(region: 0x8000))
    #expect(try damaged { $0.value.left = nil } == .wrongNeighbour(region: 0x8000))
    #expect(try damaged { $0.value.next = nil } == .wrongNeighbour(region: 0xa000))
    #expect(try damagedMap { $0.full.end = 0x5000 } == .notFull(address: 0))
    #expect(try damagedMap { $0.full = .init(start: 0x4000, end: 0x6000) } == .notFull(address: 0x5000))
  }

  @Test func errorsReadAsSentences() {
    func text(_ error: RegionError) -> String {
      var output = TextCollector()
      error.describe(to: &output)
      return output.text
    }
    #expect(
      text(.overlaps(start: 0x1000_0000, other: 0x0fff_f000))
        == "the range at 0x10000000 overlaps the region at 0x0ffff000")
    #expect(text(.notCovered(address: 0x1234)) == "no region holds the address 0x00001234")
    #expect(
      text(.badRange(start: 0x1001, length: 7)) == "the 7 bytes at 0x00001001 are not a range of whole pages")
    #expect(text(.outOfMemory) == "there is no memory to describe one more region")
  }
}
