// What lies in the pages of a heap: a slab of equal slots, or the first page of a run.
//
// A slab is one page: its header, one tag byte for each slot (0 = the slot is free), and the slots, packed against the
// end of the page, so that a slot is aligned to whatever power of two its size is a multiple of. A free slot's first
// two bytes name the next free one. A run is one or more pages with a header in front of its single allocation.
//
// Invariants: the header of an allocation is at the start of the page that holds the byte before it (no allocation
// starts where its header is); `mark` depends on the page's address, so stray bytes do not pass for a header.

import Primitives

/// Where a heap gets whole pages.
public protocol HeapPageSource {
  /// `count` pages in a row, from a page-aligned address; nil when there are none.
  mutating func allocatePages(_ count: UInt32) -> UInt?
  /// Takes back exactly what `allocatePages` gave.
  mutating func freePages(at address: UInt, count: UInt32)
  /// Whether the page at `address` belongs to the heap and may be read. A foreign pointer is found out by this.
  func ownsPage(at address: UInt) -> Bool
}

/// The start of a slab.
struct SlabHeader {
  var mark: UInt32
  var slotSize: UInt16
  /// Where the first slot starts, from the start of the page.
  var firstSlot: UInt16
  var capacity: UInt16
  var used: UInt16
  /// The first free slot, or `none`.
  var firstFree: UInt16
  /// ⌈65,536 / slotSize⌉: finds a slot's number without a division.
  var reciprocal: UInt16
  /// Neighbours in the list of slabs of this class, or 0.
  var next: UInt
  var previous: UInt
  var sizeClass: UInt8

  static var none: UInt16 { 0xffff }
  static var size: UInt { UInt(MemoryLayout<SlabHeader>.size) }
}

/// The start of a run.
struct RunHeader {
  var mark: UInt32
  var pages: UInt32
  /// Neighbours in the list of runs, or 0.
  var next: UInt
  var previous: UInt
  /// Where the allocation starts, from the start of the run.
  var offset: UInt16
  var tag: UInt8

  static var size: UInt { UInt(MemoryLayout<RunHeader>.size) }
}

/// The only raw accesses of the heap. Unsafe in itself: every address comes from the page source, or was found to lie
/// in a page that the source owns.
enum HeapMemory {
  @inline(__always)
  static func pointer<T>(_ address: UInt, to type: T.Type = T.self) -> UnsafeMutablePointer<T> {
    unsafe UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
  }

  @inline(__always)
  static func load<T: BitwiseCopyable>(_ address: UInt, as type: T.Type = T.self) -> T {
    unsafe pointer(address, to: type).pointee
  }

  @inline(__always)
  static func store<T: BitwiseCopyable>(_ value: T, at address: UInt) {
    unsafe pointer(address).initialize(to: value)
  }

  static func fill(_ range: Range<UInt>, with byte: UInt8) {
    unsafe pointer(range.lowerBound).initialize(repeating: byte, count: range.count)
  }

  /// The first address in `range` that does not hold `byte`.
  static func firstDifference(in range: Range<UInt>, from byte: UInt8) -> UInt? {
    var address = range.lowerBound
    let word = UInt32(byte) &* 0x0101_0101
    while address < range.upperBound {
      if address & 3 == 0 && range.upperBound &- address >= 4 && load(address) == word {
        address &+= 4
      } else if load(address) == byte {
        address &+= 1
      } else {
        return address
      }
    }
    return nil
  }
}

/// A slab, by the address of its page.
struct Slab {
  let address: UInt

  var header: SlabHeader {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(HeapMemory.pointer(address)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe HeapMemory.pointer(address) }
  }

  static func mark(for address: UInt) -> UInt32 { 0x51ab_c0de ^ UInt32(truncatingIfNeeded: address) }
  var isMarked: Bool { HeapMemory.load(address) == Slab.mark(for: address) }

  /// How many slots of `size` bytes fit a page, each with its tag.
  static func capacity(ofSize size: UInt) -> UInt { (UInt(pageSize) &- SlabHeader.size) / (size &+ 1) }

  @inline(__always)
  func slot(_ index: UInt16) -> UInt {
    address &+ UInt(header.firstSlot) &+ UInt(index) &* UInt(header.slotSize)
  }

  static func reciprocal(ofSize size: UInt16) -> UInt16 {
    UInt16(truncatingIfNeeded: (65535 &+ UInt32(size)) / UInt32(size))
  }

  /// The number of the slot that starts at `pointer`, or nil where none does.
  @inline(__always)
  func index(of pointer: UInt) -> UInt16? {
    let offset = UInt32(truncatingIfNeeded: pointer &- address) &- UInt32(header.firstSlot)
    // Exact for every slot's start: the reciprocal's error adds less than one. Anything else fails the test.
    let index = ((offset & 0xffff) &* UInt32(header.reciprocal)) &>> 16
    guard index < UInt32(header.capacity), index &* UInt32(header.slotSize) == offset else { return nil }
    return UInt16(truncatingIfNeeded: index)
  }

  /// The number of the slot that is allocated at `pointer`.
  @inline(__always)
  func allocatedSlot(at pointer: UInt) throws(HeapFault) -> UInt16 {
    guard let index = index(of: pointer) else { throw .notAStart(address: pointer) }
    guard tag(index) != 0 else { throw .alreadyFree(address: pointer) }
    return index
  }

  /// The owner of slot `index`; 0 for a free one.
  @inline(__always)
  func tag(_ index: UInt16) -> UInt8 { HeapMemory.load(address &+ SlabHeader.size &+ UInt(index)) }

  @inline(__always)
  func setTag(_ index: UInt16, _ tag: UInt8) {
    HeapMemory.store(tag, at: address &+ SlabHeader.size &+ UInt(index))
  }

  /// The free slot after the free slot `index`.
  @inline(__always)
  func nextFree(_ index: UInt16) -> UInt16 { HeapMemory.load(slot(index)) }

  @inline(__always)
  func setNextFree(_ index: UInt16, _ next: UInt16) { HeapMemory.store(next, at: slot(index)) }

  /// Makes the page an empty slab, its slots free in ascending order.
  func initialize(sizeClass: UInt8, slotSize: UInt16) {
    let capacity = UInt16(truncatingIfNeeded: Slab.capacity(ofSize: UInt(slotSize)))
    HeapMemory.store(
      SlabHeader(
        mark: Slab.mark(for: address), slotSize: slotSize,
        firstSlot: UInt16(truncatingIfNeeded: pageSize) &- capacity &* slotSize, capacity: capacity, used: 0,
        firstFree: 0, reciprocal: Slab.reciprocal(ofSize: slotSize),
        next: 0, previous: 0, sizeClass: sizeClass),
      at: address)
    for index in 0..<capacity {
      setTag(index, 0)
      setNextFree(index, index &+ 1 == capacity ? SlabHeader.none : index &+ 1)
    }
  }
}

/// A run, by the address of its first page.
struct HeapRun {
  let address: UInt

  init(address: UInt) { self.address = address }

  /// The run whose allocation is at `pointer`, by the page that would hold its header. Inside a run's later pages
  /// there is no header at all.
  init(at pointer: UInt, _ page: UInt) throws(HeapFault) {
    address = page
    guard isMarked, allocation == pointer else { throw .notAStart(address: pointer) }
  }

  var header: RunHeader {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(HeapMemory.pointer(address)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe HeapMemory.pointer(address) }
  }

  static func mark(for address: UInt) -> UInt32 { 0x7075_c0de ^ UInt32(truncatingIfNeeded: address) }
  var isMarked: Bool { HeapMemory.load(address) == HeapRun.mark(for: address) }

  var allocation: UInt { address &+ UInt(header.offset) }
  /// From the allocation's start to the end of the run.
  var capacity: UInt { UInt(header.pages) &* UInt(pageSize) &- UInt(header.offset) }
}
