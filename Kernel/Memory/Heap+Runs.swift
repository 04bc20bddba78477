// Allocations of whole pages: large ones, and those aligned to more than 64 bytes.

import Primitives

extension Heap {
  @inline(never)
  mutating func allocateRun(
    _ size: UInt, _ alignment: UInt, _ tag: UInt8, _ caller: UInt
  ) -> UnsafeMutableRawPointer? {
    // The header needs its own room in front, and up to a whole page for an allocation aligned to pages.
    let offset = max(alignment, (RunHeader.size &+ 15) & ~15)
    let length = size &+ offset &+ (isGuarded ? HeapTail.size : 0)
    let pages = UInt32(truncatingIfNeeded: (length &+ (UInt(pageSize) &- 1)) &>> 12)
    guard let address = source.allocatePages(pages) else { return nil }
    HeapMemory.store(
      RunHeader(
        mark: HeapRun.mark(for: address), pages: pages, next: runs, previous: 0,
        offset: UInt16(truncatingIfNeeded: offset), tag: tag),
      at: address)
    if runs != 0 { HeapRun(address: runs).header.previous = address }
    runs = address
    pageCount &+= pages
    uses[Heap.index(tag)].bytes &+= pages &* pageSize
    uses[Heap.index(tag)].allocations &+= 1
    if isGuarded {
      HeapTail.write(address &+ offset, end: address &+ UInt(pages) &* UInt(pageSize), size, caller)
    }
    return unsafe UnsafeMutableRawPointer(bitPattern: address &+ offset)
  }

  @inline(never)
  mutating func freeRun(_ address: UInt, _ page: UInt) throws(HeapFault) {
    let run = try HeapRun(at: address, page)
    let header = run.header
    if isGuarded { try HeapTail.check(address, end: address &+ run.capacity, tag: header.tag) }
    if header.next != 0 { HeapRun(address: header.next).header.previous = header.previous }
    if header.previous != 0 {
      HeapRun(address: header.previous).header.next = header.next
    } else {
      runs = header.next
    }
    uses[Heap.index(header.tag)].bytes &-= header.pages &* pageSize
    uses[Heap.index(header.tag)].allocations &-= 1
    pageCount &-= header.pages
    // A page that comes back with another use must not pass for this run.
    run.header.mark = 0
    source.freePages(at: page, count: header.pages)
  }
}
