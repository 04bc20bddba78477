// Walks over all allocations: for the checker, and for the report of what an owner left behind.

import Primitives

/// One allocation, as a walk finds it.
public struct HeapAllocation: Equatable, Sendable {
  public let address: UInt
  /// What was asked for in a guarded heap, else the room there is.
  public let size: UInt
  public let tag: UInt8
  /// What `allocate` was told, in a guarded heap.
  public let caller: UInt32
}

extension Heap {
  /// Passes every allocation to `body`. The heap must not change meanwhile.
  public func forEachAllocation(_ body: (HeapAllocation) -> Void) {
    for index in 0..<Heap.classCount {
      forEachAllocation(inListFrom: classes[index].partial, body)
      forEachAllocation(inListFrom: classes[index].full, body)
    }
    var address = runs
    while address != 0 {
      let run = HeapRun(address: address)
      body(allocation(at: run.allocation, capacity: run.capacity, tag: run.header.tag))
      address = run.header.next
    }
  }

  private func forEachAllocation(inListFrom first: UInt, _ body: (HeapAllocation) -> Void) {
    var address = first
    while address != 0 {
      let slab = Slab(address: address)
      for index in 0..<slab.header.capacity where slab.tag(index) != 0 {
        body(allocation(at: slab.slot(index), capacity: UInt(slab.header.slotSize), tag: slab.tag(index)))
      }
      address = slab.header.next
    }
  }

  private func allocation(at address: UInt, capacity: UInt, tag: UInt8) -> HeapAllocation {
    let end = address &+ capacity
    guard isGuarded else { return HeapAllocation(address: address, size: capacity, tag: tag, caller: 0) }
    return HeapAllocation(
      address: address, size: UInt(HeapTail.size(end: end)), tag: tag, caller: HeapTail.caller(end: end))
  }

  /// Whether all is in order that taking back the allocation at `pointer` relies on: for a heap of somebody who may have
  /// written over its headers. Constant time. Nothing changes: a heap that is not `mutating` would have its tables copied to be read.
  public mutating func isIntact(around pointer: UnsafeMutableRawPointer) -> Bool {
    let page = Heap.page(of: UInt(bitPattern: pointer))
    guard source.ownsPage(at: page) else { return false }
    let slab = Slab(address: page)
    guard slab.isMarked else { return isIntact(HeapRun(address: page)) }
    let sizeClass = Int(slab.header.sizeClass)
    return sizeClass < Heap.classCount && isIntact(slab, sizeClass)
  }

  /// The same for an allocation that is to be made.
  public mutating func isIntact(forSize size: UInt, alignment: UInt) -> Bool {
    let needed = isGuarded ? size &+ HeapTail.size : size
    guard needed >= size, needed <= Heap.largestSlot, alignment <= 64 else {
      return runs == 0 || isIntact(HeapRun(address: runs))
    }
    for index in Int(classOfSize[Int(bitPattern: (needed &+ 15) &>> 4)])..<Heap.classCount
    where classes[index].slotSize & (alignment &- 1) == 0 {
      return classes[index].partial == 0 || isIntact(Slab(address: classes[index].partial), index)
    }
    return runs == 0 || isIntact(HeapRun(address: runs))
  }

  private mutating func isIntact(_ slab: Slab, _ sizeClass: Int) -> Bool {
    do throws(HeapFault) { try Self.checkHeader(of: slab, sizeClass, slotSize: classes[sizeClass].slotSize) } catch {
      return false
    }
    let header = slab.header
    guard header.firstFree < header.capacity || header.used == header.capacity else { return false }
    let head = header.used == header.capacity ? classes[sizeClass].full : classes[sizeClass].partial
    if header.previous == 0 {
      guard head == slab.address else { return false }
    } else {
      guard isSlab(header.previous), Slab(address: header.previous).header.next == slab.address else { return false }
    }
    return header.next == 0
      || isSlab(header.next) && Slab(address: header.next).header.previous == slab.address
  }

  private func isSlab(_ address: UInt) -> Bool {
    address & (UInt(pageSize) &- 1) == 0 && source.ownsPage(at: address) && Slab(address: address).isMarked
  }

  private mutating func isIntact(_ run: HeapRun) -> Bool {
    guard run.isMarked, run.header.pages <= pageCount else { return false }
    for page in 0..<run.header.pages where !source.ownsPage(at: run.address &+ UInt(page) &* UInt(pageSize)) {
      return false
    }
    if run.header.previous == 0 {
      guard runs == run.address else { return false }
    } else {
      guard isRun(run.header.previous), HeapRun(address: run.header.previous).header.next == run.address else {
        return false
      }
    }
    return run.header.next == 0
      || isRun(run.header.next) && HeapRun(address: run.header.next).header.previous == run.address
  }

  private func isRun(_ address: UInt) -> Bool {
    address & (UInt(pageSize) &- 1) == 0 && source.ownsPage(at: address) && HeapRun(address: address).isMarked
  }

  /// Proves the invariants of lists, slots, patterns and totals. Throws the first that does not hold.
  public func check() throws(HeapFault) {
    if let recordedFault { throw recordedFault }
    var seen = HeapCensus()
    for index in 0..<Heap.classCount {
      try checkSlabs(from: classes[index].partial, index, full: false, &seen)
      try checkSlabs(from: classes[index].full, index, full: true, &seen)
    }
    try checkRuns(&seen)
    var recorded = HeapCensus()
    for tag in uses.indices {
      recorded.add(UInt64(uses[tag].bytes), tag: UInt8(truncatingIfNeeded: tag))
      recorded.allocations &+= uses[tag].allocations
    }
    recorded.pages = pageCount
    guard seen.bytes == recorded.bytes else {
      throw .wrongTotals(counted: seen.bytes, recorded: recorded.bytes)
    }
    guard seen.weighted == recorded.weighted else {
      throw .wrongTotals(counted: seen.weighted, recorded: recorded.weighted)
    }
    guard seen.allocations == recorded.allocations else {
      throw .wrongTotals(counted: UInt64(seen.allocations), recorded: UInt64(recorded.allocations))
    }
    guard seen.pages == recorded.pages else {
      throw .wrongTotals(counted: UInt64(seen.pages), recorded: UInt64(recorded.pages))
    }
  }

  private func checkSlabs(
    from first: UInt, _ sizeClass: Int, full: Bool, _ seen: inout HeapCensus
  ) throws(HeapFault) {
    var previous: UInt = 0
    var empty = 0
    var address = first
    while address != 0 {
      guard address & (UInt(pageSize) &- 1) == 0, source.ownsPage(at: address), seen.pages < pageCount else {
        throw .damagedList(address: address)
      }
      let slab = Slab(address: address)
      try Self.checkHeader(of: slab, sizeClass, slotSize: classes[sizeClass].slotSize)
      guard slab.header.previous == previous, full == (slab.header.used == slab.header.capacity) else {
        throw .damagedList(address: address)
      }
      if slab.header.used == 0 { empty &+= 1 }
      guard empty <= 1 else { throw .damagedList(address: address) }
      try checkSlots(of: slab, &seen)
      seen.pages &+= 1
      previous = address
      address = slab.header.next
    }
  }

  private static func checkHeader(of slab: Slab, _ sizeClass: Int, slotSize: UInt) throws(HeapFault) {
    let header = slab.header
    let size = UInt16(truncatingIfNeeded: slotSize)
    guard slab.isMarked, Int(header.sizeClass) == sizeClass, header.slotSize == size,
      UInt(header.capacity) == Slab.capacity(ofSize: UInt(size)), header.used <= header.capacity,
      header.reciprocal == Slab.reciprocal(ofSize: size),
      UInt32(header.firstSlot) &+ UInt32(header.capacity) &* UInt32(size) == pageSize
    else { throw .damagedPage(address: slab.address) }
  }

  private func checkSlots(of slab: Slab, _ seen: inout HeapCensus) throws(HeapFault) {
    let size = UInt(slab.header.slotSize)
    var used: UInt16 = 0
    for index in 0..<slab.header.capacity where slab.tag(index) != 0 {
      used &+= 1
      let tag = slab.tag(index)
      guard tag < 16 else { throw .damagedPage(address: slab.address) }
      seen.add(UInt64(size), tag: tag)
      seen.allocations &+= 1
      if isGuarded { try HeapTail.check(slab.slot(index), end: slab.slot(index) &+ size, tag: tag) }
    }
    guard used == slab.header.used else { throw .damagedPage(address: slab.address) }
    var free: UInt16 = 0
    var index = slab.header.firstFree
    while index != SlabHeader.none {
      guard index < slab.header.capacity, slab.tag(index) == 0, free < slab.header.capacity else {
        throw .damagedPage(address: slab.address)
      }
      let slot = slab.slot(index)
      if isGuarded,
        let written = HeapMemory.firstDifference(in: (slot &+ 2)..<(slot &+ size), from: HeapPattern.freed)
      {
        throw .writtenAfterFree(address: written)
      }
      free &+= 1
      index = slab.nextFree(index)
    }
    guard free == slab.header.capacity &- used else { throw .damagedPage(address: slab.address) }
  }

  private func checkRuns(_ seen: inout HeapCensus) throws(HeapFault) {
    var previous: UInt = 0
    var address = runs
    while address != 0 {
      let run = HeapRun(address: address)
      guard address & (UInt(pageSize) &- 1) == 0, source.ownsPage(at: address), seen.pages < pageCount,
        run.isMarked, run.header.tag &- 1 < 15, run.header.previous == previous
      else { throw .damagedList(address: address) }
      if isGuarded {
        try HeapTail.check(run.allocation, end: run.allocation &+ run.capacity, tag: run.header.tag)
      }
      seen.add(UInt64(run.header.pages) &* UInt64(pageSize), tag: run.header.tag)
      seen.allocations &+= 1
      seen.pages &+= run.header.pages
      previous = address
      address = run.header.next
    }
  }
}

/// What a walk over all allocations counted. The bytes weighted by their tags stand for the totals of each tag: a
/// table of those would be too large for a kernel stack.
private struct HeapCensus {
  var bytes: UInt64 = 0
  var weighted: UInt64 = 0
  var allocations: UInt32 = 0
  var pages: UInt32 = 0

  mutating func add(_ count: UInt64, tag: UInt8) {
    bytes &+= count
    weighted &+= count &* UInt64(tag)
  }
}
