// A heap over whole pages: slots of 21 sizes from 16 to 2,016 bytes in slabs of one page, and runs of pages for
// everything larger or aligned to more than 64 bytes. The kernel uses it over its direct map, programs over mapped
// pages.
//
// Invariants:
// - a slab with a free slot is in its class's `partial` list, a full one in its `full` list, a run in `runs`;
// - at most one slab of a class is empty: one that becomes empty is given back if another has room;
// - the totals by tag are the sums over all allocations; `check` proves all of this.
//
// Allocating and freeing take constant time, apart from making a slab and from what the page source takes. A guarded
// heap also fills what it hands out and takes back with patterns, and finds overruns and writes after free by them.

import Primitives

/// What one owner has in a heap.
public struct HeapUse: Equatable, Sendable {
  /// Bytes taken, rounded up to slots and pages.
  public internal(set) var bytes: UInt32 = 0
  public internal(set) var allocations: UInt32 = 0
}

/// Whether a heap looks for overruns.
public enum HeapGuarding: Sendable {
  case off
  /// Patterns behind every allocation and in free memory; 12 bytes and a fill and a comparison for each.
  case on
}

/// The slabs of one size.
struct HeapClass {
  // A whole word: without a gap, all classes become zeroes at once.
  var slotSize: UInt = 0
  /// Slabs with a free slot, by address, or 0.
  var partial: UInt = 0
  var full: UInt = 0
}

public struct Heap<Source: HeapPageSource>: ~Copyable {
  /// Larger allocations are runs of pages.
  public static var largestSlot: UInt { 2016 }
  static var classCount: Int { 21 }

  /// Where the heap's pages come from.
  public var source: Source
  public let isGuarded: Bool
  var classes = InlineArray<21, HeapClass>(repeating: HeapClass())
  /// The class of a size, by ⌈size / 16⌉.
  var classOfSize = InlineArray<127, UInt8>(repeating: 0)
  var uses = InlineArray<16, HeapUse>(repeating: HeapUse())
  var runs: UInt = 0

  /// The pages that the heap holds.
  public internal(set) var pageCount: UInt32 = 0
  /// Damage that `allocate` came across, which answers nil then.
  public internal(set) var recordedFault: HeapFault?
  /// Fault injection: 0 is off; at N, the Nth allocation from now fails, and it is off again.
  public var allocationsUntilFailure: UInt32 = 0

  public init(source: consuming Source, guarding: HeapGuarding = .off) {
    self.source = source
    isGuarded = guarding == .on
    let sizes = Heap.slotSizes
    var index = 0
    for rounded in 0..<127 {
      if unsafe Int(sizes.utf8Start[index]) < rounded { index &+= 1 }
      classOfSize[rounded] = UInt8(truncatingIfNeeded: index)
    }
    for index in 0..<Heap.classCount { classes[index].slotSize = unsafe UInt(sizes.utf8Start[index]) &* 16 }
  }

  /// The sizes of slots in units of 16 bytes, those that waste little of a page: 1 to 8, 10, 12, 14, 16, 20, 24, 28, 36, 42,
  /// 50, 63, 84 and 126. An array would be built anew where it is used, in every program.
  private static var slotSizes: StaticString {
    "\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\u{a}\u{c}\u{e}\u{10}\u{14}\u{18}\u{1c}\u{24}\u{2a}\u{32}\u{3f}\u{54}\u{7e}"
  }

  /// What `tag` has.
  public func use(of tag: UInt8) -> HeapUse { tag < 16 ? uses[Heap.index(tag)] : HeapUse() }

  /// The place of a tag's totals. A tag that was written over in a header must not lead out of the table: `check` finds it.
  @inline(__always)
  static func index(_ tag: UInt8) -> Int { Int(tag & 15) }

  /// What all tags together have.
  public var total: HeapUse {
    var total = HeapUse()
    for tag in uses.indices {
      total.bytes &+= uses[tag].bytes
      total.allocations &+= uses[tag].allocations
    }
    return total
  }

  // MARK: Allocating

  /// Hands out `size` bytes at a multiple of `alignment` (a power of two up to 4,096).
  /// - Parameters:
  ///   - tag: who owns the memory, 1 to 15.
  ///   - caller: kept by a guarded heap, for reports.
  /// - Returns: nil when there is no memory, when an argument is out of its range, or when the heap was found damaged:
  ///   `recordedFault` says how.
  public mutating func allocate(
    size: UInt, alignment: UInt = 16, tag: UInt8, caller: UInt = 0
  ) -> UnsafeMutableRawPointer? {
    if allocationsUntilFailure != 0 && failsNow() { return nil }
    let needed = isGuarded ? size &+ HeapTail.size : size
    // Powers of two up to 16; a constant alignment costs nothing here.
    let isUsual = alignment &- 1 < 16 && alignment & (alignment &- 1) == 0
    var sizeClass: Int
    if needed <= Heap.largestSlot && isUsual && needed >= size && tag &- 1 < 15 {
      sizeClass = Int(classOfSize[Int(bitPattern: (needed &+ 15) &>> 4)])
    } else {
      guard Heap.isAllowed(size, alignment, tag) else { return nil }
      sizeClass = unusualClass(size, alignment)
      if sizeClass == Heap.classCount { return unsafe allocateRun(size, alignment, tag, caller) }
    }
    return unsafe allocateSlot(sizeClass, size, tag, caller)
  }

  private static func isAllowed(_ size: UInt, _ alignment: UInt, _ tag: UInt8) -> Bool {
    alignment != 0 && alignment & (alignment &- 1) == 0 && alignment <= UInt(pageSize) && tag &- 1 < 15
      && size <= 0x7fff_0000
  }

  /// The class for large or strongly aligned memory; `classCount` where it takes whole pages.
  @inline(never)
  private mutating func unusualClass(_ size: UInt, _ alignment: UInt) -> Int {
    let needed = isGuarded ? size &+ HeapTail.size : size
    guard needed <= Heap.largestSlot && alignment <= 64 else { return Heap.classCount }
    var sizeClass = Int(classOfSize[Int(bitPattern: (needed &+ 15) &>> 4)])
    while sizeClass < Heap.classCount && classes[sizeClass].slotSize & (alignment &- 1) != 0 { sizeClass &+= 1 }
    return sizeClass
  }

  @inline(__always)
  private mutating func allocateSlot(
    _ sizeClass: Int, _ size: UInt, _ tag: UInt8, _ caller: UInt
  ) -> UnsafeMutableRawPointer? {
    if classes[sizeClass].partial == 0 && !addSlab(sizeClass) { return nil }
    let slab = Slab(address: classes[sizeClass].partial)
    let index = slab.header.firstFree
    // A write to a free slot may have changed its link.
    guard index < slab.header.capacity, slab.tag(index) == 0 else {
      recordedFault = .damagedPage(address: slab.address)
      return nil
    }
    let slot = slab.slot(index)
    slab.header.firstFree = slab.nextFree(index)
    if isGuarded, let fault = HeapTail.guardNew(slot, end: slot &+ UInt(slab.header.slotSize), size, caller) {
      recordedFault = fault
      return nil
    }
    slab.header.used &+= 1
    slab.setTag(index, tag)
    uses[Heap.index(tag)].bytes &+= UInt32(slab.header.slotSize)
    uses[Heap.index(tag)].allocations &+= 1
    if slab.header.used == slab.header.capacity { moveToFull(slab, sizeClass) }
    return unsafe UnsafeMutableRawPointer(bitPattern: slot)
  }

  /// Counts an allocation from now towards the one that is to fail.
  @inline(never)
  public mutating func failsNow() -> Bool {
    allocationsUntilFailure &-= 1
    return allocationsUntilFailure == 0
  }
}
