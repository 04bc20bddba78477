// The patterns of a guarded heap: behind every allocation its exact size and caller with a pattern before them, and a
// pattern in all free slots.
//
// Invariant: of an allocation of `size` bytes that has room up to `end`, the bytes from its end to `end - 8` hold
// `HeapPattern.edge` (at least four), then come the size and the caller in 32 bits each.

import Primitives

enum HeapPattern {
  static var edge: UInt8 { 0xed }
  static var freed: UInt8 { 0xdf }
  /// Fills new slots, so that a program that reads before it writes behaves the same each time.
  static var fresh: UInt8 { 0xf5 }
}

/// The 12 bytes or more behind an allocation.
enum HeapTail {
  static var size: UInt { 12 }
  static func size(end: UInt) -> UInt32 { HeapMemory.load(end &- 8) }
  static func caller(end: UInt) -> UInt32 { HeapMemory.load(end &- 4) }
  /// Proves that nobody wrote to the free slot, and fills it for its new owner.
  @inline(never)
  static func guardNew(_ slot: UInt, end: UInt, _ size: UInt, _ caller: UInt) -> HeapFault? {
    if let written = HeapMemory.firstDifference(in: (slot &+ 2)..<end, from: HeapPattern.freed) {
      return .writtenAfterFree(address: written)
    }
    HeapMemory.fill(slot..<(slot &+ size), with: HeapPattern.fresh)
    write(slot, end: end, size, caller)
    return nil
  }

  static func write(_ start: UInt, end: UInt, _ size: UInt, _ caller: UInt) {
    HeapMemory.fill((start &+ size)..<(end &- 8), with: HeapPattern.edge)
    HeapMemory.store(UInt32(truncatingIfNeeded: size), at: end &- 8)
    HeapMemory.store(UInt32(truncatingIfNeeded: caller), at: end &- 4)
  }

  /// Proves that the owner of the allocation from `start` with room up to `end` stayed inside it.
  @inline(never)
  static func check(_ start: UInt, end: UInt, tag: UInt8) throws(HeapFault) {
    let size = HeapTail.size(end: end)
    let capacity = end &- start
    // The size itself lies behind the pattern: a long overrun changes it too.
    guard UInt(size) <= capacity &- HeapTail.size else {
      throw .overflow(
        address: start, size: UInt32(truncatingIfNeeded: capacity &- HeapTail.size),
        offset: UInt32(truncatingIfNeeded: capacity &- 8), tag: tag, caller: 0)
    }
    let edge = (start &+ UInt(size))..<(end &- 8)
    guard let written = HeapMemory.firstDifference(in: edge, from: HeapPattern.edge) else { return }
    throw .overflow(
      address: start, size: size, offset: UInt32(truncatingIfNeeded: written &- start), tag: tag,
      caller: HeapTail.caller(end: end))
  }
}
