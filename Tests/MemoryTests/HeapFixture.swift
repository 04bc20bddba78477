// A heap for tests over pages of the host, and access to what lies in them.

import Primitives

@testable import Memory

/// Pages of the host, of which the source knows which the heap holds.
final class HostPages: HeapPageSource {
  private(set) var owned: [UInt: UInt32] = [:]
  private var pages: Set<UInt> = []
  /// 0 is off; at N, the Nth request from now fails.
  var requestsUntilFailure = 0

  private(set) var pageCount: UInt32 = 0

  func allocatePages(_ count: UInt32) -> UInt? {
    if requestsUntilFailure > 0 {
      requestsUntilFailure -= 1
      if requestsUntilFailure == 0 { return nil }
    }
    guard count < 0x1_0000 else { return nil }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(count) * 4096, alignment: 4096)
    memory.initializeMemory(as: UInt8.self, repeating: 0xaa, count: Int(count) * 4096)
    let address = UInt(bitPattern: memory)
    owned[address] = count
    pageCount += count
    for page in 0..<UInt(count) { pages.insert(address + page * 4096) }
    return address
  }

  func freePages(at address: UInt, count: UInt32) {
    precondition(owned.removeValue(forKey: address) == count, "not what was given")
    pageCount -= count
    for page in 0..<UInt(count) { pages.remove(address + page * 4096) }
    UnsafeMutableRawPointer(bitPattern: address)!.deallocate()
  }

  func ownsPage(at address: UInt) -> Bool { pages.contains(address) }

  deinit { for address in owned.keys { UnsafeMutableRawPointer(bitPattern: address)!.deallocate() } }
}

/// A heap at an address that stays.
final class HeapFixture {
  let pages = HostPages()
  let heap: Reference<Heap<HostPages>>

  init(_ guarding: HeapGuarding) {
    let pointer = UnsafeMutablePointer<Heap<HostPages>>.allocate(capacity: 1)
    pointer.initialize(to: Heap(source: pages, guarding: guarding))
    heap = Reference(pointer)
  }

  func take(_ size: UInt, alignment: UInt = 16, tag: UInt8 = 1, caller: UInt = 0) -> UnsafeMutableRawPointer? {
    heap.value.allocate(size: size, alignment: alignment, tag: tag, caller: caller)
  }

  /// What the checker says, or nil.
  func violation() -> HeapFault? {
    do throws(HeapFault) {
      try heap.value.check()
      return nil
    } catch {
      return error
    }
  }

  func isIntact(around pointer: UnsafeMutableRawPointer) -> Bool { heap.value.isIntact(around: pointer) }

  /// What giving back says, or nil.
  func fault(freeing pointer: UnsafeMutableRawPointer) -> HeapFault? {
    do throws(HeapFault) {
      try heap.value.free(pointer)
      return nil
    } catch {
      return error
    }
  }

  deinit {
    heap.unsafePointer.deinitialize(count: 1)
    heap.unsafePointer.deallocate()
  }
}
