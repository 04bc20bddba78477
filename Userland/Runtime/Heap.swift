// The heap of a program: what Swift's classes, arrays and closures are allocated from. It is the kernel's heap
// (Kernel/Memory/Heap.swift) over pages that the program maps, behind a lock, so it finds what that finds: memory that
// is freed twice or was never handed out and, where the environment says `HEAP=guarded`, overruns and writes to freed
// memory. A program that misuses its heap ends with a sentence that says how.
//
// Invariant: the heap in `heap_storage` is touched by whoever holds its lock, and by nobody else.

import ABI
import Memory
import Primitives
import UserSupport

enum ProgramHeap {
  /// The tag of everything here: a program is a single owner.
  private static var tag: UInt8 { 1 }

  /// Returns the address of `size` bytes at a multiple of `alignment`, a power of two; 0 where memory ran out.
  @inline(never)
  static func allocate(_ size: UInt32, alignment: UInt32) -> UInt {
    unsafe WordLock.acquire(RuntimeStorage.heapLock)
    let heap = prepared
    let caller = heap.value.isGuarded ? UInt(return_address()) : 0
    let memory = unsafe heap.value.allocate(
      size: UInt(size), alignment: UInt(max(alignment, 16)), tag: tag, caller: caller)
    if unsafe memory == nil, let fault = heap.value.recordedFault { end(fault) }
    unsafe WordLock.release(RuntimeStorage.heapLock)
    return UInt(bitPattern: memory)
  }

  static func free(_ memory: UnsafeMutableRawPointer) {
    unsafe WordLock.acquire(RuntimeStorage.heapLock)
    do throws(HeapFault) { try unsafe prepared.value.free(memory) } catch { end(error) }
    unsafe WordLock.release(RuntimeStorage.heapLock)
  }

  /// The heap, made at its first use.
  private static var prepared: Reference<Heap<ProgramPages>> {
    let storage = unsafe UnsafeMutableRawPointer(heap_words()!)
      .assumingMemoryBound(to: Heap<ProgramPages>.self)
    if unsafe RuntimeStorage.hasHeap.pointee == 0 {
      unsafe RuntimeStorage.hasHeap.pointee = 1
      unsafe storage.initialize(to: Heap(source: ProgramPages(), guarding: isGuarded ? .on : .off))
    }
    return unsafe Reference(storage)
  }

  /// Whether the environment has the entry `HEAP=guarded`.
  private static var isGuarded: Bool {
    let words = unsafe initial_stack_words()!
    // The argument count, the arguments, a zero; then the environment up to another zero.
    var index = unsafe Int(words[0]) &+ 2
    while let entry = unsafe UnsafePointer<UInt8>(bitPattern: UInt(words[index])) {
      if unsafe isEqual(entry, to: "HEAP=guarded") { return true }
      index &+= 1
    }
    return false
  }

  @unsafe
  private static func isEqual(_ entry: UnsafePointer<UInt8>, to text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    for index in 0..<count where unsafe entry[index] != text.utf8Start[index] { return false }
    return unsafe entry[count] == 0
  }

  /// The heap stays locked: nobody is to use it any more.
  @inline(never)
  private static func end(_ fault: HeapFault) -> Never {
    var sentence = ConsoleLine(to: StandardHandle.error)
    sentence.write("heap: ")
    fault.describe(to: &sentence)
    sentence.write("\n")
    sentence.flush()
    SystemCalls.abort(134)
  }
}

/// C's `posix_memalign`, which Swift calls for every allocation: 0, or 12 (ENOMEM) where memory ran out.
@c(posix_memalign)
public func allocateAligned(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
) -> Int32 {
  let address = ProgramHeap.allocate(
    UInt32(truncatingIfNeeded: size), alignment: UInt32(truncatingIfNeeded: alignment))
  guard address != 0 else { return 12 }
  unsafe result.pointee = UnsafeMutableRawPointer(bitPattern: address)
  return 0
}

/// C's `free`. memory.S gives it that name: the compiler keeps the name for itself.
@c(heap_free)
public func freeMemory(_ pointer: UnsafeMutableRawPointer?) {
  guard let pointer = unsafe pointer else { return }
  unsafe ProgramHeap.free(pointer)
}
