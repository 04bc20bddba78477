// The heap of a program: what Swift's classes, arrays and closures are allocated from.
//
// Small blocks come from lists of free blocks, one list for each size class; a list that is empty takes fresh
// memory. Blocks over 32 KiB are mappings of their own and go back to the kernel when they are freed.
//
// Invariants, under the lock:
// - In front of every block lies a header of 16 bytes, whose mark says what it is: live, free, a mapping, or the
//   second header of a block with a large alignment. A block whose mark is none of these was overwritten, and one
//   that is freed while free was freed twice: either ends the program with a sentence.
// - A free block's first payload word links to the next free block of its class.
// - Fresh memory lies between the two words of `RuntimeStorage.freshMemory` and belongs to no block.

import ABI
import UserSupport

/// What a block is.
private enum Mark {
  static var live: UInt32 { 0x6c69_7665 }
  static var free: UInt32 { 0x6672_6565 }
  static var mapping: UInt32 { 0x6d61_7070 }
  static var aligned: UInt32 { 0x616c_6967 }
}

enum Heap {
  static var headerSize: UInt32 { 16 }

  /// Returns the address of `size` bytes at a multiple of `alignment`, a power of two; 0 where memory ran out.
  static func allocate(_ size: UInt32, alignment: UInt32) -> UInt32 {
    guard alignment > headerSize else { return allocate(size) }
    let (padded, overflow) = size.addingReportingOverflow(alignment)
    guard !overflow else { return 0 }
    let block = allocate(padded)
    guard block != 0, block & (alignment &- 1) != 0 else { return block }
    let address = (block &+ alignment &- 1) & ~(alignment &- 1)
    setHeader(of: address, mark: Mark.aligned, detail: address &- block)
    return address
  }

  static func free(_ address: UInt32) {
    switch word(address &- headerSize) {
    case Mark.aligned: free(address &- word(address &- headerSize &+ 4))
    case Mark.live: freeSmall(address)
    case Mark.mapping:
      let start = address &- headerSize
      _ = SystemCalls.memoryUnmap(start, word(start &+ 4))
    case Mark.free: Failure.end("heap: a block was freed twice\n")
    default: Failure.end("heap: a block that was freed is not one, or its header was overwritten\n")
    }
  }

  private static func allocate(_ size: UInt32) -> UInt32 {
    guard size <= SizeClass.largestSize &- headerSize else { return allocateMapping(size) }
    let sizeClass = SizeClass(holding: size &+ headerSize)
    HeapLock.acquire()
    let block = takeFree(sizeClass) ?? takeFresh(sizeClass.size)
    HeapLock.release()
    guard let block else { return 0 }
    setHeader(of: block, mark: Mark.live, detail: sizeClass.index)
    return block
  }

  private static func allocateMapping(_ size: UInt32) -> UInt32 {
    let (length, overflow) = size.addingReportingOverflow(headerSize)
    guard !overflow, let start = map(length) else { return 0 }
    setHeader(of: start &+ headerSize, mark: Mark.mapping, detail: length)
    return start &+ headerSize
  }

  private static func takeFree(_ sizeClass: SizeClass) -> UInt32? {
    let list = unsafe RuntimeStorage.freeBlocks + Int(sizeClass.index)
    let block = unsafe list.pointee
    guard block != 0 else { return nil }
    if word(block &- headerSize) != Mark.free { Failure.end("heap: a free block was overwritten\n") }
    unsafe list.pointee = word(block)
    return block
  }

  private static func freeSmall(_ address: UInt32) {
    let index = word(address &- headerSize &+ 4)
    if index >= SizeClass.count { Failure.end("heap: the header of a block was overwritten\n") }
    HeapLock.acquire()
    let list = unsafe RuntimeStorage.freeBlocks + Int(index)
    setWord(address &- headerSize, Mark.free)
    setWord(address, unsafe list.pointee)
    unsafe list.pointee = address
    HeapLock.release()
  }

  /// Cuts a block of `size` bytes, header included, from fresh memory. Returns the address of its payload.
  private static func takeFresh(_ size: UInt32) -> UInt32? {
    let fresh = unsafe RuntimeStorage.freshMemory
    if unsafe fresh[1] &- fresh[0] < size {
      guard grow(by: size) else { return nil }
    }
    let start = unsafe fresh[0]
    unsafe fresh[0] = start &+ size
    return start &+ headerSize
  }

  /// Gets more fresh memory: 16 KiB at first, then twice as much each time up to 256 KiB.
  private static func grow(by size: UInt32) -> Bool {
    let fresh = unsafe RuntimeStorage.freshMemory
    let last = unsafe RuntimeStorage.lastGrowth
    let doubled = unsafe last.pointee == 0 ? 16_384 : min(last.pointee &* 2, 262_144)
    var length = max(doubled, (size &+ 4095) & ~4095)
    var start = map(length)
    if start == nil {
      length = (size &+ 4095) & ~4095
      start = map(length)
    }
    guard let start else { return false }
    unsafe last.pointee = length
    if unsafe start != fresh[1] {
      keepRest()
      unsafe fresh[0] = start
    }
    unsafe fresh[1] = start &+ length
    return true
  }

  /// Turns what is left of the fresh memory into free blocks, because the next piece is not beside it.
  private static func keepRest() {
    let fresh = unsafe RuntimeStorage.freshMemory
    while unsafe fresh[1] &- fresh[0] >= 32 {
      let rest = unsafe fresh[1] &- fresh[0]
      var sizeClass = SizeClass(holding: min(rest, SizeClass.largestSize))
      if sizeClass.size > rest { sizeClass.index &-= 1 }
      let block = unsafe fresh[0] &+ headerSize
      unsafe fresh[0] &+= sizeClass.size
      let list = unsafe RuntimeStorage.freeBlocks + Int(sizeClass.index)
      setHeader(of: block, mark: Mark.free, detail: sizeClass.index)
      setWord(block, unsafe list.pointee)
      unsafe list.pointee = block
    }
  }

  /// Maps fresh zeroed pages. Returns nil where there are none.
  private static func map(_ length: UInt32) -> UInt32? {
    let permissions: MemoryPermissions = [.read, .write]
    let result = SystemCalls.memoryMap(0, length, permissions)
    return result < 0 ? nil : UInt32(bitPattern: result) &<< 12
  }

  private static func setHeader(of block: UInt32, mark: UInt32, detail: UInt32) {
    setWord(block &- headerSize, mark)
    setWord(block &- headerSize &+ 4, detail)
  }

  private static func word(_ address: UInt32) -> UInt32 {
    unsafe UnsafePointer<UInt32>(bitPattern: UInt(address))!.pointee
  }

  private static func setWord(_ address: UInt32, _ value: UInt32) {
    unsafe UnsafeMutablePointer<UInt32>(bitPattern: UInt(address))!.pointee = value
  }
}

/// The heap's lock, with the algorithm of `WordLock`.
private enum HeapLock {
  static func acquire() { unsafe WordLock.acquire(RuntimeStorage.heapLock) }
  static func release() { unsafe WordLock.release(RuntimeStorage.heapLock) }
}

/// C's `posix_memalign`, which Swift calls for every allocation: 0, or 12 (ENOMEM) where memory ran out.
@c(posix_memalign)
public func allocateAligned(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
) -> Int32 {
  let address = Heap.allocate(
    UInt32(truncatingIfNeeded: size), alignment: UInt32(truncatingIfNeeded: alignment))
  guard address != 0 else { return 12 }
  unsafe result.pointee = UnsafeMutableRawPointer(bitPattern: UInt(address))
  return 0
}

/// C's `free`. memory.S gives it that name: the compiler keeps the name for itself.
@c(heap_free)
public func freeMemory(_ pointer: UnsafeMutableRawPointer?) {
  guard let pointer = unsafe pointer else { return }
  Heap.free(UInt32(UInt(bitPattern: pointer)))
}
