// The kernel's heap. Its pages: KernelHeapPages.swift.
//
// Invariant: every allocation carries the tag of who made it, and can fail with `outOfMemory`; freeing what was not
// allocated is the kernel's own error.

import ABI
import Diagnostics
import Machine
import MachineSupport
import Memory
import Primitives

/// Who allocated a piece of the heap. Of modules' heaps, each has the number from `firstModule` up that its place makes.
struct HeapTag: Equatable {
  var rawValue: UInt8
  static var runtime: HeapTag { HeapTag(rawValue: 1) }
  static var task: HeapTag { HeapTag(rawValue: 2) }
  static var process: HeapTag { HeapTag(rawValue: 3) }
  static var addressSpace: HeapTag { HeapTag(rawValue: 4) }
  static var image: HeapTag { HeapTag(rawValue: 5) }
  static var service: HeapTag { HeapTag(rawValue: 6) }
  static var module: HeapTag { HeapTag(rawValue: 7) }
  static var firstModule: UInt8 { 64 }

  var name: StaticString {
    switch self {
    case .runtime: "Swift runtime"
    case .task: "tasks"
    case .process: "processes"
    case .addressSpace: "address spaces"
    case .image: "images in memory"
    case .service: "services"
    case .module: "module loader"
    default: "unknown"
    }
  }

  /// The name as a structure of the ABI holds it.
  var shortName: Name {
    var text = Name()
    for index in 0..<min(31, name.utf8CodeUnitCount) { text.bytes[index] = name.utf8Start[index] }
    return text
  }
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

enum KernelHeapMemory {
  @inline(__always)
  static func allocateBytes(_ count: Int, alignment: Int, tag: HeapTag) -> UnsafeMutableRawPointer? {
    // A guarded heap remembers who asked: the address of the function that this one is inlined into.
    let caller = kernel.memory.heap.isGuarded ? caller() : 0
    return allocate(UInt(count), UInt(alignment), tag, caller)
  }

  @inline(never)
  private static func caller() -> UInt { UInt(return_address()) }

  @inline(never)
  private static func allocate(
    _ size: UInt, _ alignment: UInt, _ tag: HeapTag, _ caller: UInt
  ) -> UnsafeMutableRawPointer? {
    let memory = kernel.memory.heap.allocate(size: size, alignment: alignment, tag: tag.rawValue, caller: caller)
    if memory == nil, let fault = kernel.memory.heap.recordedFault { stop(fault) }
    return memory
  }

  /// Room for one value, uninitialized.
  static func allocate<Value: ~Copyable>(tag: HeapTag) throws(SystemError) -> UnsafeMutablePointer<Value> {
    let alignment = max(16, MemoryLayout<Value>.alignment)
    guard let memory = allocateBytes(MemoryLayout<Value>.size, alignment: alignment, tag: tag) else {
      throw .outOfMemory
    }
    return memory.assumingMemoryBound(to: Value.self)
  }

  static func free(_ memory: UnsafeMutableRawPointer?) {
    guard let memory else { return }
    do throws(HeapFault) { try kernel.memory.heap.free(memory) } catch { stop(error) }
  }

  /// The heap was misused by the kernel itself: says how and by whom, and stops the machine.
  @inline(never)
  private static func stop(_ fault: HeapFault) -> Never {
    var output = KernelOutput()
    output.write("heap: ")
    fault.describe(to: &output)
    output.write("\n")
    if case .overflow(address: _, size: _, offset: _, let tag, let caller) = fault {
      output.write("heap: it belongs to ")
      output.write(HeapTag(rawValue: tag).name)
      if let symbol = kernel.symbols?.function(containing: caller) {
        output.write(", and was allocated in ")
        symbol.name.write(to: &output)
      }
      output.write("\n")
    }
    panic("the kernel's heap was misused")
  }

  static func free<Value: ~Copyable>(_ memory: UnsafeMutablePointer<Value>?) {
    free(memory.map { UnsafeMutableRawPointer($0) })
  }

  /// Copies a caller's memory into the heap.
  static func copy(
    of buffer: UserBuffer, limit: UInt32
  ) throws(SystemError) -> (pointer: UnsafeMutableRawPointer, bytes: KernelBytes) {
    guard buffer.length <= limit else { throw .tooLarge }
    guard let memory = allocateBytes(Int(buffer.length), alignment: 16, tag: .image) else { throw .outOfMemory }
    do throws(SystemError) {
      try buffer.copyIn(to: memory, count: buffer.length)
    } catch {
      free(memory)
      throw error
    }
    return (memory, KernelBytes(address: UInt32(UInt(bitPattern: memory)), length: buffer.length))
  }
}
