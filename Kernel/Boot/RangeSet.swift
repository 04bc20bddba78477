// The set of byte ranges that the memory map is worked out in: fixed storage, no heap, because it is
// used before there is a heap.
//
// Invariants: the ranges are sorted, none is empty, and no two of them touch or overlap. When the set
// is full the smallest range is given up, so what stays is always a subset of the true set: memory can
// be lost, and the caller is told, but never invented.

import Primitives

struct RangeSet {
  static var capacity: Int { 128 }

  private var ranges = InlineArray<128, PhysicalRange>(repeating: .empty)
  private(set) var count = 0

  subscript(index: Int) -> PhysicalRange { ranges[index] }

  /// Adds `new`, joined with the ranges that it touches.
  /// - Returns: how many bytes of `new` were in the set before, and the range given up, if any.
  mutating func insert(_ new: PhysicalRange) -> (repeated: UInt64, givenUp: PhysicalRange?) {
    if new.isEmpty { return (0, nil) }
    let first = firstIndex(endingAtOrAfter: new.start)
    var next = first
    var repeated: UInt64 = 0
    while next < count && ranges[next].start <= new.end {
      repeated &+= ranges[next].overlap(with: new).length
      next &+= 1
    }
    if first == next { return (0, insert(new, at: first)) }
    let joined = PhysicalRange(
      min(new.start.value, ranges[first].start.value), max(new.end.value, ranges[next &- 1].end.value))
    ranges[first] = joined
    remove(first &+ 1..<next)
    return (repeated, nil)
  }

  /// Takes `hole` out.
  /// - Returns: how many bytes of it were in the set, and the range given up, if a range had to be split
  ///   and there was no room for both parts.
  mutating func subtract(_ hole: PhysicalRange) -> (removed: UInt64, givenUp: PhysicalRange?) {
    var removed: UInt64 = 0
    var index = firstIndex(endingAtOrAfter: hole.start)
    while index < count && ranges[index].start < hole.end {
      let range = ranges[index]
      let common = range.overlap(with: hole)
      removed &+= common.length
      let left = PhysicalRange(range.start.value, min(range.end.value, hole.start.value))
      let right = PhysicalRange(max(range.start.value, hole.end.value), range.end.value)
      if common.isEmpty {
        index &+= 1
      } else if left.isEmpty && right.isEmpty {
        remove(index..<index &+ 1)
      } else if left.isEmpty || right.isEmpty {
        ranges[index] = left.isEmpty ? right : left
        index &+= 1
      } else {
        ranges[index] = left
        return (removed, insert(right, at: index &+ 1))
      }
    }
    return (removed, nil)
  }

  /// Keeps only the whole pages of each range.
  mutating func shrinkToPages() {
    var kept = 0
    for index in 0..<count {
      let pages = ranges[index].shrunkToPages
      if pages.isEmpty { continue }
      ranges[kept] = pages
      kept &+= 1
    }
    count = kept
  }

  /// How many bytes of `range` are in the set.
  func overlap(with range: PhysicalRange) -> UInt64 {
    var bytes: UInt64 = 0
    var index = firstIndex(endingAtOrAfter: range.start)
    while index < count && ranges[index].start < range.end {
      bytes &+= ranges[index].overlap(with: range).length
      index &+= 1
    }
    return bytes
  }

  private func firstIndex(endingAtOrAfter address: PhysicalAddress) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) / 2
      if ranges[middle].end < address { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  /// Puts `new` at `index`, where it belongs; gives up the smallest range, which may be `new`, when full.
  private mutating func insert(_ new: PhysicalRange, at index: Int) -> PhysicalRange? {
    var index = index
    var givenUp: PhysicalRange? = nil
    if count == Self.capacity {
      var smallest = 0
      for candidate in 1..<count where ranges[candidate].length < ranges[smallest].length {
        smallest = candidate
      }
      if new.length <= ranges[smallest].length { return new }
      givenUp = ranges[smallest]
      remove(smallest..<smallest &+ 1)
      if smallest < index { index &-= 1 }
    }
    var position = count
    while position > index {
      ranges[position] = ranges[position &- 1]
      position &-= 1
    }
    ranges[index] = new
    count &+= 1
    return givenUp
  }

  private mutating func remove(_ removed: Range<Int>) {
    if removed.isEmpty { return }
    for index in removed.upperBound..<count { ranges[index &- removed.count] = ranges[index] }
    count &-= removed.count
  }
}
