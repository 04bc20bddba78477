// Whole pages for the heap of a program, from the kernel.
//
// Single pages are mapped sixteen at a time, which costs nothing until they are touched; a few that the heap gave back
// are kept for the next. Runs are mappings of their own and go back at once.
//
// Invariants, under the heap's lock:
// - `heap_page_bits` has the bit of exactly those pages that the heap holds;
// - a kept page is mapped, and its first word leads to the next kept one.

import ABI
import Memory
import UserSupport

struct ProgramPages: HeapPageSource {
  private static var pageSize: UInt32 { 4096 }
  private static var pagesAtOnce: UInt32 { 16 }
  private static var keptLimit: UInt32 { 8 }

  func allocatePages(_ count: UInt32) -> UInt? {
    guard count < 0x0010_0000 else { return nil }
    guard let start = count == 1 ? takePage() : Self.map(count &* Self.pageSize) else { return nil }
    for page in 0..<count { Self.setOwned(start &+ page &* Self.pageSize, true) }
    return UInt(start)
  }

  func freePages(at address: UInt, count: UInt32) {
    let start = UInt32(truncatingIfNeeded: address)
    for page in 0..<count { Self.setOwned(start &+ page &* Self.pageSize, false) }
    let kept = unsafe RuntimeStorage.keptPages
    if unsafe count == 1 && kept[1] < Self.keptLimit {
      unsafe UnsafeMutablePointer<UInt32>(bitPattern: address)!.pointee = kept[0]
      unsafe kept[0] = start
      unsafe kept[1] &+= 1
      return
    }
    _ = SystemCalls.memoryUnmap(start, count &* Self.pageSize)
  }

  func ownsPage(at address: UInt) -> Bool {
    let page = UInt32(truncatingIfNeeded: address)
    guard page >= AddressLayout.dynamicStart, page < AddressLayout.dynamicEnd else { return false }
    let (word, bit) = Self.place(of: page)
    return unsafe heap_page_bit_words()![word] & bit != 0
  }

  private func takePage() -> UInt32? {
    let kept = unsafe RuntimeStorage.keptPages
    let first = unsafe kept[0]
    if first != 0 {
      unsafe kept[0] = UnsafePointer<UInt32>(bitPattern: UInt(first))!.pointee
      unsafe kept[1] &-= 1
      return first
    }
    let fresh = unsafe RuntimeStorage.freshPages
    if unsafe fresh[0] == fresh[1] {
      // Where there is no room for many there may be for one.
      var length = Self.pagesAtOnce &* Self.pageSize
      var start = Self.map(length)
      if start == nil {
        length = Self.pageSize
        start = Self.map(length)
      }
      guard let start else { return nil }
      unsafe fresh[0] = start
      unsafe fresh[1] = start &+ length
    }
    let page = unsafe fresh[0]
    unsafe fresh[0] = page &+ Self.pageSize
    return page
  }

  /// Maps fresh zeroed pages. Returns nil where there are none.
  private static func map(_ length: UInt32) -> UInt32? {
    let result = SystemCalls.memoryMap(0, length, [.read, .write])
    return result < 0 ? nil : UInt32(bitPattern: result) &<< 12
  }

  private static func place(of page: UInt32) -> (word: Int, bit: UInt32) {
    let index = (page &- AddressLayout.dynamicStart) / pageSize
    return (Int(index / 32), 1 &<< (index & 31))
  }

  private static func setOwned(_ page: UInt32, _ isOwned: Bool) {
    let (word, bit) = place(of: page)
    let words = unsafe heap_page_bit_words()!
    if isOwned { unsafe words[word] |= bit } else { unsafe words[word] &= ~bit }
  }
}
