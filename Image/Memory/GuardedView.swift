// The guarded view of the kernel half: the same page tables behind a second page directory whose entries are
// read-only. With CR0.WP set, a Ring-0 program's stray write to kernel memory faults and ends the program.
//
// The CPU's area stays writable, because the processor itself writes to the task states in it.
//
// Invariant: the guarded directory shows every table that the kernel's directory shows; a table that is added is shown
// at once, so that a switch to a guarded task has nothing to copy.

import ABI
import Machine
import MachineSupport
import Memory
import Primitives

struct GuardedDirectory {
  fileprivate var frame: FrameNumber?
}

enum GuardedView {
  /// Makes the second directory, once.
  static func prepare() throws(SystemError) {
    guard kernel.memory.guarded.frame == nil else { return }
    guard let frame = DirectTableMemory().allocateTable() else { throw .outOfMemory }
    kernel.memory.guarded.frame = frame
  }

  /// Brings a space's guarded root and the guarded directory up to date.
  static func synchronize(_ space: Reference<AddressSpace>) {
    guard let frame = kernel.memory.guarded.frame else { return }
    let own = DirectMap.pointer(DirectMap.address(of: space.value.tables.root), as: UInt64.self)
    let guarded = DirectMap.pointer(space.value.guardedRoot &+ DirectMap.start, as: UInt64.self)
    for slot in 0..<3 { guarded[slot] = own[slot] }
    guarded[3] = UInt64(frame.value) << 12 | 1
    let master = DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    let view = DirectMap.pointer(DirectMap.address(of: frame), as: UInt64.self)
    let areaIndex = Int((address_of_cpu_area() &- DirectMap.start) >> 21)
    for index in 0..<512 where index != areaIndex { view[index] = master[index] & ~2 }
    if view[areaIndex] & 1 == 0 { makeArea(master[areaIndex], in: view, at: areaIndex) }
  }

  /// Shows the table of a page that was mapped in the kernel half.
  @inline(__always)
  static func showTable(of address: UInt32) {
    guard let frame = kernel.memory.guarded.frame else { return }
    let index = Int((address &- DirectMap.start) >> 21)
    let master = DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    let view = DirectMap.pointer(DirectMap.address(of: frame), as: UInt64.self)
    if view[index] & 1 == 0 { view[index] = master[index] & ~2 }
  }

  /// The 2 MiB that hold the CPU's area get a table of their own: all read-only but that area.
  private static func makeArea(_ entry: UInt64, in view: UnsafeMutablePointer<UInt64>, at index: Int) {
    guard let table = DirectTableMemory().allocateTable() else { return }
    let source = DirectMap.pointer(
      DirectMap.address(of: PageEntry(rawValue: entry).frame), as: UInt64.self)
    let copy = DirectMap.pointer(DirectMap.address(of: table), as: UInt64.self)
    for page in 0..<512 { copy[page] = source[page] & ~2 }
    let areaPage = Int((address_of_cpu_area() &- DirectMap.start) >> 12) & 511
    copy[areaPage] = source[areaPage]
    view[index] = UInt64(table.value) << 12 | 3
  }
}
