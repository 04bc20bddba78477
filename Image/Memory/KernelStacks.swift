// Kernel stacks: 12 KiB each, with an unmapped page below, so that running over the end is a fault and not a silent
// overwriting of the neighbour.
//
// A few stacks stay mapped after use, so that a short-lived task costs no page-table work.
//
// Invariant: slot i is at `stacksStart + 16 KiB * i`, its first page never mapped.

import ABI
import Machine
import MachineSupport
import Memory
import Primitives

struct KernelStackPool {
  fileprivate var slots = SlotSet()
  /// Mapped stacks that wait to be used again.
  fileprivate var ready = InlineArray<16, UInt32>(repeating: 0)
  fileprivate var readyCount = 0
}

enum KernelStacks {
  static var pages: UInt32 { 3 }
  static var size: UInt32 { pages * pageSize }
  private static var slotSize: UInt32 { 4 * pageSize }

  /// The first address of a mapped stack.
  static func take() throws(SystemError) -> UInt32 {
    if kernel.memory.stacks.readyCount > 0 {
      kernel.memory.stacks.readyCount -= 1
      return kernel.memory.stacks.ready[kernel.memory.stacks.readyCount]
    }
    guard let slot = kernel.memory.stacks.slots.takeLowest() else { throw .limitReached }
    let start = KernelLayout.stacksStart + UInt32(slot) * slotSize + pageSize
    for page in 0..<pages {
      do throws(PageTableError) {
        guard let frame = Frames.allocate(zone: .low, owner: .kernelStack) else {
          throw .outOfMemory(page: VirtualAddress(start))
        }
        do throws(PageTableError) {
          try KernelMemory.map(start + page * pageSize, to: frame, [.write])
        } catch {
          Frames.release(frame)
          throw error
        }
      } catch {
        unmap(start, pages: page)
        kernel.memory.stacks.slots.giveBack(slot)
        throw .outOfMemory
      }
    }
    return start
  }

  static func give(back start: UInt32) {
    if kernel.memory.stacks.readyCount < 16 {
      kernel.memory.stacks.ready[kernel.memory.stacks.readyCount] = start
      kernel.memory.stacks.readyCount += 1
      return
    }
    release(start)
  }

  /// Gives back the stacks that are kept ready.
  static func releaseIdle() {
    while kernel.memory.stacks.readyCount > 0 {
      kernel.memory.stacks.readyCount -= 1
      release(kernel.memory.stacks.ready[kernel.memory.stacks.readyCount])
    }
  }

  private static func release(_ start: UInt32) {
    unmap(start, pages: pages)
    kernel.memory.stacks.slots.giveBack(Int((start - KernelLayout.stacksStart) / slotSize))
  }

  private static func unmap(_ start: UInt32, pages: UInt32) {
    for page in 0..<pages {
      if let frame = KernelMemory.unmap(start + page * pageSize) { Frames.release(frame) }
    }
  }

  /// Whether `address` is in the unmapped page below a stack.
  static func isGuard(_ address: UInt32) -> Bool {
    address >= KernelLayout.stacksStart && address < KernelLayout.stacksEnd
      && (address - KernelLayout.stacksStart) % slotSize < pageSize
  }
}
