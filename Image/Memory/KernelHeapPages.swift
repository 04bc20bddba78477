// The pages of the kernel's heap: from the direct map where frames lie in a row, or else from an area of the kernel half in
// which any frames are joined by mapping them one after the other. And those of modules' heaps, which lie apart
// (ModuleHeapArea.swift).
//
// Invariants:
// - Single pages always come from the direct map: page-directory pointers, which the processor reads, lie in them.
// - The page before and the page after joined pages are not mapped, so that an overrun faults.
// - A page of the area is mapped exactly while it belongs to the heap.

import Machine
import MachineSupport
import Memory
import Primitives

struct KernelHeapPages: HeapPageSource {
  /// Where the search for room in the area begins.
  private var next: UInt32 = 0
  /// The module whose heap this is, as ModuleHeapArea knows it; 0: it is the kernel's own.
  private var module: UInt8 = 0

  init() {}
  init(ofModuleIn slot: UInt32) { module = ModuleHeapArea.owner(slot: slot) }

  mutating func allocatePages(_ count: UInt32) -> UInt? {
    if module != 0 { return kernel.memory.moduleHeapArea.map(count, for: module).map { UInt($0) } }
    if count == 1 {
      return Frames.allocate(zone: .low, owner: .kernelHeap).map { UInt(DirectMap.address(of: $0)) }
    }
    // A failure that was asked for, to see what comes of it, is not to be avoided.
    let isToFail = kernel.memory.frames.allocationsUntilFailure == 1
    if let frame = kernel.memory.frames.allocateRun(count: count, zone: .low, owner: .kernelHeap) {
      return UInt(DirectMap.address(of: frame))
    }
    return isToFail ? nil : joinPages(count)
  }

  func freePages(at address: UInt, count: UInt32) {
    let start = UInt32(truncatingIfNeeded: address)
    if module != 0 { return kernel.memory.moduleHeapArea.unmap(start, count) }
    if Self.isJoined(start) { return KernelMemory.unmapAndRelease(start, pages: count) }
    let frame = DirectMap.frame(of: start)
    if count == 1 { return Frames.release(frame) }
    do throws(FrameFault) { try kernel.memory.frames.freeRun(frame, count: count) } catch { Frames.report(error) }
  }

  func ownsPage(at address: UInt) -> Bool {
    let place = UInt32(truncatingIfNeeded: address)
    if module != 0 { return kernel.memory.moduleHeapArea.owner(ofPageAt: place) == module }
    if Self.isJoined(place) { return Self.isMapped(place) }
    guard place >= DirectMap.start, place &- DirectMap.start < DirectMap.length else { return false }
    return kernel.memory.frames.owner(of: DirectMap.frame(of: place)) == .kernelHeap
  }

  // MARK: Joined pages

  private static func isJoined(_ address: UInt32) -> Bool {
    address >= KernelLayout.joinedStart && address < KernelLayout.joinedEnd
  }

  private static func isMapped(_ address: UInt32) -> Bool {
    kernel.memory.tables.lookup(VirtualAddress(address)) != nil
  }

  @inline(never)
  private mutating func joinPages(_ count: UInt32) -> UInt? {
    // More than there is would be taken only to be given back.
    guard count <= (KernelLayout.joinedEnd &- KernelLayout.joinedStart) / pageSize,
      count <= kernel.memory.frames.freeFrames,
      let start = Self.findRoom(count, from: max(next, KernelLayout.joinedStart), to: KernelLayout.joinedEnd)
        ?? Self.findRoom(count, from: KernelLayout.joinedStart, to: KernelLayout.joinedEnd)
    else { return nil }
    do throws(PageTableError) { try KernelMemory.mapNew(start, pages: count, owner: .kernelHeap) } catch { return nil }
    next = start &+ count &* pageSize
    return UInt(start)
  }

  /// The first of `count` pages that are not mapped, between two others that are not.
  private static func findRoom(_ count: UInt32, from start: UInt32, to end: UInt32) -> UInt32? {
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
