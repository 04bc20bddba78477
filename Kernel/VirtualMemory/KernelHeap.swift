// The kernel's heap. Its pages: KernelHeapPages.swift.
//
// Invariants:
// - Every allocation carries the tag of who made it, and can fail with `outOfMemory`; freeing what was not allocated is the
//   kernel's own error.
// - A job pays for it (JobRecords.swift). Not charged where they are made are only: what was charged with the task that it is for
//   (TaskRecords), entries of tables of the kernel's own, whose size bounds them, and what modules are loaded with.

import ABI
import Consoles
import Diagnostics
import Executables
import MachineSupport
import Memory
import Platform
import Primitives

/// Who allocated a piece of the heap. Of modules' heaps, each has the number from `firstModule` up that its place makes.
package struct HeapTag: Equatable {
  var rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static var runtime: HeapTag { HeapTag(rawValue: 1) }
  package static var task: HeapTag { HeapTag(rawValue: 2) }
  package static var process: HeapTag { HeapTag(rawValue: 3) }
  static var addressSpace: HeapTag { HeapTag(rawValue: 4) }
  package static var image: HeapTag { HeapTag(rawValue: 5) }
  package static var service: HeapTag { HeapTag(rawValue: 6) }
  package static var module: HeapTag { HeapTag(rawValue: 7) }
  package static var pipe: HeapTag { HeapTag(rawValue: 8) }
  package static var file: HeapTag { HeapTag(rawValue: 9) }
  package static var terminal: HeapTag { HeapTag(rawValue: 10) }
  package static var firstModule: UInt8 { 64 }

  var name: StaticString {
    switch self {
    case .runtime: "Swift runtime"
    case .task: "tasks"
    case .process: "processes"
    case .addressSpace: "address spaces"
    case .image: "images in memory"
    case .service: "services"
    case .module: "module loader"
    case .pipe: "pipes"
    case .file: "open files"
    case .terminal: "terminals"
    default: "unknown"
    }
  }

  /// The name as a structure of the ABI holds it.
  package var shortName: Name {
    var text = Name()
    for index in 0..<min(31, name.utf8CodeUnitCount) { text.bytes[index] = unsafe name.utf8Start[index] }
    return text
  }
}

/// Bytes in kernel memory that stay as long as whoever holds this uses them.
package struct KernelBytes {
  package let address: UInt32
  package let length: UInt32

  package init(address: UInt32, length: UInt32) {
    self.address = address
    self.length = length
  }

  package var span: Span<UInt8> {
    @_lifetime(borrow self) get {
      let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(address)).unsafelyUnwrapped
      return unsafe _overrideLifetime(Span(_unsafeStart: start, count: Int(length)), borrowing: self)
    }
  }
}

package struct KernelHeap {
  let context: Context

  package init(_ context: Context) { self.context = context }

  @inline(__always)
  package func allocateUnchargedBytes(_ count: Int, alignment: Int, tag: HeapTag) -> UnsafeMutableRawPointer? {
    // A guarded heap remembers who asked: the address of the function that this one is inlined into.
    let caller = context.memory.heap.isGuarded ? caller() : 0
    return unsafe allocate(UInt(count), UInt(alignment), tag, caller)
  }

  @inline(never)
  private func caller() -> UInt { UInt(return_address()) }

  @inline(never)
  private func allocate(
    _ size: UInt, _ alignment: UInt, _ tag: HeapTag, _ caller: UInt
  ) -> UnsafeMutableRawPointer? {
    let memory = unsafe context.memory.heap.allocate(
      size: size, alignment: alignment, tag: tag.rawValue, caller: caller)
    if unsafe memory == nil, let fault = context.memory.heap.recordedFault { stop(fault) }
    return unsafe memory
  }

  /// Room for one value, uninitialized.
  package func allocateUncharged<Value: ~Copyable>(
    tag: HeapTag
  ) throws(SystemError) -> UnsafeMutablePointer<Value> {
    let alignment = max(16, MemoryLayout<Value>.alignment)
    guard let memory = unsafe allocateUnchargedBytes(MemoryLayout<Value>.size, alignment: alignment, tag: tag) else {
      throw .outOfMemory
    }
    return unsafe memory.assumingMemoryBound(to: Value.self)
  }

  package func free(_ memory: UnsafeMutableRawPointer?) {
    guard let memory = unsafe memory else { return }
    do throws(HeapFault) { unsafe try context.memory.heap.free(memory) } catch { stop(error) }
  }

  /// The heap was misused by the kernel itself: says how and by whom, and stops the machine.
  @inline(never)
  private func stop(_ fault: HeapFault) -> Never {
    var output = KernelOutput(context)
    output.write("heap: ")
    fault.describe(to: &output)
    output.write("\n")
    if case .overflow(address: _, size: _, offset: _, let tag, let caller) = fault {
      output.write("heap: it belongs to ")
      output.write(HeapTag(rawValue: tag).name)
      if let symbol = context.consoles.symbols?.function(containing: caller) {
        output.write(", and was allocated in ")
        symbol.name.write(to: &output)
      }
      output.write("\n")
    }
    panic("the kernel's heap was misused")
  }

  package func free<Value: ~Copyable>(_ memory: UnsafeMutablePointer<Value>?) {
    unsafe free(memory.map { UnsafeMutableRawPointer($0) })
  }
}
