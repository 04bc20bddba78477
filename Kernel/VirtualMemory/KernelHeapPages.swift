// The pages of the kernel's heap: from the direct map where frames lie in a row, or else from an area of the kernel half in
// which any frames are joined by mapping them one after the other. And those of modules' heaps, which lie apart
// (ModuleHeapArea.swift).
//
// Invariants:
// - Single pages always come from the direct map: page-directory pointers, which the processor reads, lie in them.
// - The page before and the page after joined pages are not mapped, so that an overrun faults.
// - A page of the area is mapped exactly while it belongs to the heap.

import ABI
import Memory
import Platform
import Primitives

package struct KernelHeapPages: HeapPageSource {
  let context: Context
  /// Where the search for room in the area begins; 0: nothing has been joined.
  private var next: UInt32 = 0
  /// The module whose heap this is, as ModuleHeapArea knows it; 0: it is the kernel's own.
  private var module: UInt8 = 0

  init(_ context: Context) { self.context = context }
  package init(ofModuleIn slot: UInt32, _ context: Context) {
    self.context = context
    module = ModuleHeapArea.owner(slot: slot)
  }

  package mutating func allocatePages(_ count: UInt32) -> UInt? {
    if module != 0 { return context.memory.moduleHeapArea.map(count, for: module).map { UInt($0) } }
    if count == 1 {
      return Frames(context).allocate(zone: .low, owner: .kernelHeap).map { UInt(DirectMap.address(of: $0)) }
    }
    // An injected failure must reach the caller: pages are not joined in its place.
    let isToFail = context.memory.frames.allocationsUntilFailure == 1
    if let frame = context.memory.frames.allocateRun(count: count, zone: .low, owner: .kernelHeap) {
      return UInt(DirectMap.address(of: frame))
    }
    return isToFail ? nil : joinPages(count)
  }

  package func freePages(at address: UInt, count: UInt32) {
    let start = UInt32(truncatingIfNeeded: address)
    if module != 0 { return context.memory.moduleHeapArea.unmap(start, count) }
    if isJoined(start) { return KernelMemory(context).unmapAndRelease(start, pages: count) }
    let frame = DirectMap.frame(of: start)
    if count == 1 { return Frames(context).release(frame) }
    do throws(FrameFault) { try context.memory.frames.freeRun(frame, count: count) } catch {
      Frames(context).report(error)
    }
  }

  package func ownsPage(at address: UInt) -> Bool {
    let place = UInt32(truncatingIfNeeded: address)
    if module != 0 { return context.memory.moduleHeapArea.owner(ofPageAt: place) == module }
    if isJoined(place) { return isMapped(place) }
    guard place >= DirectMap.start, place &- DirectMap.start < DirectMap.length else { return false }
    return context.memory.frames.owner(of: DirectMap.frame(of: place)) == .kernelHeap
  }

  // MARK: Joined pages

  private var joinedStart: UInt32 { context.memory.recordPages.end }

  private func isJoined(_ address: UInt32) -> Bool {
    address >= joinedStart && address < KernelLayout.joinedEnd
  }

  private func isMapped(_ address: UInt32) -> Bool {
    context.memory.tables.lookup(VirtualAddress(address)) != nil
  }

  @inline(never)
  private mutating func joinPages(_ count: UInt32) -> UInt? {
    let pages = (KernelLayout.joinedEnd &- joinedStart) / pageSize
    if next == 0 { next = joinedStart &+ context.memory.placement.firstJoinedPage % pages &* pageSize }
    // More than there is would be taken only to be given back.
    guard count <= pages,
      count <= context.memory.frames.freeFrames,
      let start = findRoom(count, from: max(next, joinedStart), to: KernelLayout.joinedEnd)
        ?? findRoom(count, from: joinedStart, to: KernelLayout.joinedEnd)
    else { return nil }
    do throws(PageTableError) { try KernelMemory(context).mapNew(start, pages: count, owner: .kernelHeap) } catch {
      return nil
    }
    next = start &+ count &* pageSize
    return UInt(start)
  }

  /// The first of `count` pages that are not mapped, between two others that are not.
  private func findRoom(_ count: UInt32, from start: UInt32, to end: UInt32) -> UInt32? {
    var found: UInt32 = 0
    var page = start
    while page < end {
      found = isMapped(page) ? 0 : found &+ 1
      if found == count &+ 2 { return page &- count &* pageSize }
      page &+= pageSize
    }
    return nil
  }
}
