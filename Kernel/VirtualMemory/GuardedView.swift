// The guarded view of the kernel half: the same page tables behind a second page directory whose entries are
// read-only. With CR0.WP set, a Ring-0 program's stray write to kernel memory faults and ends the program.
//
// The CPU's area stays writable, because the processor itself writes to the task states in it.
//
// Invariants:
// - The guarded directory shows every table that the kernel's directory shows: a table that is added there is added
//   here at once (`show`), and tables of the kernel half are never given back.
// - A guarded root's first three entries are those of its space (`synchronize`).

import MachineSupport
import Memory
import Platform
import Primitives

struct GuardedDirectory {
  /// Nil until the kernel half has its final form.
  fileprivate var frame: FrameNumber?
}

package struct GuardedView {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// The pages that the view takes for itself.
  package var pages: UInt32 { context.memory.guarded.frame == nil ? 0 : 2 }
  private var areaIndex: Int { Int((address_of_cpu_area() &- DirectMap.start) >> 21) }

  /// Makes the second directory, once the kernel half has its final permissions.
  func start() {
    guard let frame = DirectTableMemory(context).allocateTable(), let area = DirectTableMemory(context).allocateTable()
    else {
      panic("no memory for the guarded view of the kernel")
    }
    let master = unsafe DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    // The 2 MiB that hold the CPU's area get a table of their own: all read-only but that area.
    let source = unsafe DirectMap.pointer(
      DirectMap.address(of: PageEntry(rawValue: master[areaIndex]).frame), as: UInt64.self)
    let copy = unsafe DirectMap.pointer(DirectMap.address(of: area), as: UInt64.self)
    for page in 0..<512 { unsafe copy[page] = unsafe source[page] & ~2 }
    let areaPage = Int((address_of_cpu_area() &- DirectMap.start) >> 12) & 511
    unsafe copy[areaPage] = unsafe source[areaPage]
    let view = unsafe DirectMap.pointer(DirectMap.address(of: frame), as: UInt64.self)
    for index in 0..<512 { unsafe view[index] = unsafe master[index] & ~2 }
    unsafe view[areaIndex] = UInt64(area.value) << 12 | 3
    context.memory.guarded.frame = frame
  }

  /// Shows the table that covers `address`, which may be new in the kernel's directory.
  @inline(__always)
  func show(_ address: UInt32) {
    guard let frame = context.memory.guarded.frame else { return }
    let index = Int((address &- DirectMap.start) &>> 21)
    let view = unsafe DirectMap.pointer(DirectMap.address(of: frame), as: UInt64.self)
    if unsafe view[index] == 0 {
      unsafe view[index] = unsafe DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)[index] & ~2
    }
  }

  /// Brings a space's guarded root up to date with its own.
  func synchronize(_ space: Reference<AddressSpace>) {
    guard let frame = context.memory.guarded.frame else { return }
    let own = unsafe DirectMap.pointer(DirectMap.address(of: space.value.tables.root), as: UInt64.self)
    let guarded = unsafe DirectMap.pointer(space.value.guardedRoot &+ DirectMap.start, as: UInt64.self)
    for slot in 0..<3 { unsafe guarded[slot] = unsafe own[slot] }
    unsafe guarded[3] = UInt64(frame.value) << 12 | 1
  }
}
