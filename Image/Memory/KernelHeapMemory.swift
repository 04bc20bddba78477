// The kernel's heap, bound to the frame allocator: its pages come from the direct map.
//
// Invariant: every allocation carries the tag of who made it, and can fail with `outOfMemory`.

import ABI
import Machine
import MachineSupport
import Memory
import Primitives

/// Who allocated a piece of the heap. Modules get tags of their own, from `firstModule` up.
struct HeapTag: Equatable {
  var rawValue: UInt16
  static var runtime: HeapTag { HeapTag(rawValue: 1) }
  static var task: HeapTag { HeapTag(rawValue: 2) }
  static var process: HeapTag { HeapTag(rawValue: 3) }
  static var addressSpace: HeapTag { HeapTag(rawValue: 4) }
  static var image: HeapTag { HeapTag(rawValue: 5) }
  static var service: HeapTag { HeapTag(rawValue: 6) }
  static var module: HeapTag { HeapTag(rawValue: 7) }
  static var firstModule: UInt16 { 64 }
}

/// Bytes in kernel memory that stay as long as whoever holds this uses them.
struct KernelBytes {
  let address: UInt32
  let length: UInt32

  var span: Span<UInt8> {
    @_lifetime(borrow self) get {
      let start = UnsafePointer<UInt8>(bitPattern: UInt(address)).unsafelyUnwrapped
      return _overrideLifetime(Span(_unsafeStart: start, count: Int(length)), borrowing: self)
    }
  }
}
