// Memory that modules allocate: tagged by module, with the calls that asked for it, so that what a module leaves
// behind is listed and taken back.
//
// Every allocation begins with a header, which links it to the module's others. The header carries a check word, so
// that a pointer which is no allocation's, or a header that was written over, is found before it is followed.

import Diagnostics
import Machine
import MachineSupport
import Memory
import Primitives
import Tasks

/// What lies before the bytes that a module gets.
struct ModuleAllocation {
  /// Allocations of the same module, by address; 0: none.
  var newer: UInt32 = 0
  var older: UInt32 = 0
  /// What was asked for.
  var size: UInt32 = 0
  /// Where the heap's own piece begins.
  var start: UInt32 = 0
  var module: UInt32 = 0
  /// The calls that led to it, innermost first.
  var callers: (UInt32, UInt32, UInt32) = (0, 0, 0)
  var check: UInt32 = 0

  /// A multiple of 16, as all alignments want it.
  static var size: UInt32 { 48 }

  static func check(for address: UInt32) -> UInt32 { address ^ 0x4d48_4750 }
}

enum ModuleHeap {
  static func allocate(
    _ size: UInt32, alignment: UInt32, for module: Reference<LinkedModule>, callers: (UInt32, UInt32, UInt32)
  ) -> UInt32? {
    guard size <= 0x0400_0000, alignment <= pageSize, alignment & (alignment &- 1) == 0 else { return nil }
    let distance = max(ModuleAllocation.size, alignment)
    let tag = HeapTag(rawValue: HeapTag.firstModule &+ UInt8(module.value.slot))
    guard
      let memory = KernelHeapMemory.allocateBytes(
        Int(size &+ distance), alignment: Int(max(16, alignment)), tag: tag)
    else { return nil }
    let start = UInt32(UInt(bitPattern: memory))
    let address = start &+ distance
    let older = module.value.newestAllocation
    header(of: address).pointee = ModuleAllocation(
      newer: 0, older: older, size: size, start: start, module: UInt32(module.address), callers: callers,
      check: ModuleAllocation.check(for: address))
    if older != 0, isAllocation(older) { header(of: older).pointee.newer = address }
    module.value.newestAllocation = address
    module.value.allocatedBytes &+= size
    return address
  }

  /// Returns false where the address is no allocation of a module's.
  static func free(_ address: UInt32) -> Bool {
    guard isAllocation(address) else { return false }
    let allocation = header(of: address).pointee
    let module = Reference(DirectMap.pointer(allocation.module, as: LinkedModule.self))
    if allocation.newer != 0, isAllocation(allocation.newer) {
      header(of: allocation.newer).pointee.older = allocation.older
    } else {
      module.value.newestAllocation = allocation.older
    }
    if allocation.older != 0, isAllocation(allocation.older) {
      header(of: allocation.older).pointee.newer = allocation.newer
    }
    module.value.allocatedBytes &-= allocation.size
    header(of: address).pointee.check = 0
    KernelHeapMemory.free(UnsafeMutableRawPointer(bitPattern: UInt(allocation.start)))
    return true
  }

  /// Takes back all that a module left, and tells of each piece.
  static func takeBack(from module: Reference<LinkedModule>, _ tell: (ModuleAllocation) -> Void) {
    while module.value.newestAllocation != 0 {
      let address = module.value.newestAllocation
      guard isAllocation(address) else {
        var output = KernelOutput()
        output.write("module ")
        module.value.name.write(to: &output)
        output.write(" wrote over the records of its memory; the rest of it is lost\n")
        module.value.newestAllocation = 0
        return
      }
      tell(header(of: address).pointee)
      _ = free(address)
    }
  }

  private static func header(of address: UInt32) -> UnsafeMutablePointer<ModuleAllocation> {
    DirectMap.pointer(address &- ModuleAllocation.size)
  }

  /// Looks only at memory that is there.
  private static func isAllocation(_ address: UInt32) -> Bool {
    let frames = min(kernel.memory.frames.frameCount, DirectMap.endFrame.value)
    guard address & 15 == 0, address >= DirectMap.start &+ pageSize,
      address < DirectMap.start &+ (frames &<< 12)
    else { return false }
    return header(of: address).pointee.check == ModuleAllocation.check(for: address)
  }
}
