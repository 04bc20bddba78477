// Taking slots back, and the lists of slabs.

import Primitives

extension Heap {
  /// Takes back what `allocate` handed out. Nothing changes when it throws.
  public mutating func free(_ pointer: UnsafeMutableRawPointer) throws(HeapFault) {
    let address = UInt(bitPattern: pointer)
    let page = Heap.page(of: address)
    guard source.ownsPage(at: page) else { throw HeapFault.foreignPointer(address: address) }
    let slab = Slab(address: page)
    guard slab.isMarked else { return try freeRun(address, page) }
    let index = try slab.allocatedSlot(at: address)
    let slotSize = UInt(slab.header.slotSize)
    let tag = slab.tag(index)
    if isGuarded {
      try HeapTail.check(address, end: address &+ slotSize, tag: tag)
      HeapMemory.fill(address..<(address &+ slotSize), with: HeapPattern.freed)
    }
    uses[Heap.index(tag)].bytes &-= UInt32(truncatingIfNeeded: slotSize)
    uses[Heap.index(tag)].allocations &-= 1
    slab.setTag(index, 0)
    slab.setNextFree(index, slab.header.firstFree)
    slab.header.firstFree = index
    let used = slab.header.used
    slab.header.used = used &- 1
    if used == slab.header.capacity {
      moveToPartial(slab)
    }
    if used == 1 { freeIfSpare(slab) }
  }

  /// How many bytes at `pointer` its owner may use; at least what was asked for.
  public func usableSize(of pointer: UnsafeMutableRawPointer) throws(HeapFault) -> UInt {
    let address = UInt(bitPattern: pointer)
    let page = Heap.page(of: address)
    guard source.ownsPage(at: page) else { throw HeapFault.foreignPointer(address: address) }
    let slab = Slab(address: page)
    let capacity: UInt
    if slab.isMarked {
      _ = try slab.allocatedSlot(at: address)
      capacity = UInt(slab.header.slotSize)
    } else {
      capacity = try HeapRun(at: address, page).capacity
    }
    return isGuarded ? UInt(HeapTail.size(end: address &+ capacity)) : capacity
  }

  /// Gives back the slabs that are kept empty.
  public mutating func releaseEmptySlabs() {
    for index in 0..<Heap.classCount {
      var address = classes[index].partial
      while address != 0 {
        let slab = Slab(address: address)
        address = slab.header.next
        if slab.header.used == 0 { free(slab) }
      }
    }
  }

  /// The page whose header describes the allocation at `address`.
  @inline(__always)
  static func page(of address: UInt) -> UInt { (address &- 1) & ~(UInt(pageSize) &- 1) }

  // MARK: Lists

  /// Makes a slab for a class that has none with a free slot.
  @inline(never)
  mutating func addSlab(_ sizeClass: Int) -> Bool {
    guard let address = source.allocatePages(1) else { return false }
    pageCount &+= 1
    let slab = Slab(address: address)
    slab.initialize(
      sizeClass: UInt8(truncatingIfNeeded: sizeClass),
      slotSize: UInt16(truncatingIfNeeded: classes[sizeClass].slotSize))
    if isGuarded {
      for index in 0..<slab.header.capacity {
        // The link in the first two bytes stays.
        let slot = slab.slot(index)
        HeapMemory.fill((slot &+ 2)..<(slot &+ UInt(slab.header.slotSize)), with: HeapPattern.freed)
      }
    }
    Heap.link(slab, into: &classes[sizeClass].partial)
    return true
  }

  @inline(never)
  mutating func moveToFull(_ slab: Slab, _ sizeClass: Int) {
    Heap.unlink(slab, from: &classes[sizeClass].partial)
    Heap.link(slab, into: &classes[sizeClass].full)
  }

  @inline(never)
  private mutating func moveToPartial(_ slab: Slab) {
    let sizeClass = Int(slab.header.sizeClass)
    Heap.unlink(slab, from: &classes[sizeClass].full)
    Heap.link(slab, into: &classes[sizeClass].partial)
  }

  /// An empty slab is kept only where it is the class's last one with room.
  @inline(never)
  private mutating func freeIfSpare(_ slab: Slab) {
    if slab.header.next != 0 || slab.header.previous != 0 { free(slab) }
  }

  private mutating func free(_ slab: Slab) {
    Heap.unlink(slab, from: &classes[Int(slab.header.sizeClass)].partial)
    slab.header.mark = 0
    pageCount &-= 1
    source.freePages(at: slab.address, count: 1)
  }

  private static func link(_ slab: Slab, into head: inout UInt) {
    slab.header.previous = 0
    slab.header.next = head
    if head != 0 { Slab(address: head).header.previous = slab.address }
    head = slab.address
  }

  private static func unlink(_ slab: Slab, from head: inout UInt) {
    let next = slab.header.next
    let previous = slab.header.previous
    if next != 0 { Slab(address: next).header.previous = previous }
    if previous != 0 { Slab(address: previous).header.next = next } else { head = next }
  }
}
