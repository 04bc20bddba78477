// Stacks of the kernel half, each between two pages that are never mapped, so that running over an end is a fault and not a
// silent overwriting of the neighbour. Kernel stacks have 12 KiB; those that modules run on are in ModuleStacks.swift.
//
// A few stacks stay mapped after use, so that a short-lived task costs no page-table work.
//
// Invariant: place i of a pool begins at `start + i * (pages + 1)` pages with the page that is never mapped; behind the last
// place lies another one. Which slot has which place is another thing at each boot (Memory/Placement.swift).

import ABI
import Memory
import Platform
import Primitives

/// Stacks of one size.
package struct StackPool {
  let context: Context
  /// The area that the stacks lie in.
  let start: UInt32
  let pages: UInt32
  let slotCount: Int
  /// What the number of a slot and that of its place differ by, in the bits of all numbers that there are.
  private var scatter = 0
  fileprivate var slots = SlotSet()
  /// The mapped ones.
  fileprivate(set) var stackCount: UInt32 = 0
  /// Mapped stacks that wait to be used again.
  fileprivate var ready = InlineArray<16, UInt32>(repeating: 0)
  fileprivate var readyCount = 0

  /// - Parameter isFirstReserved: the first slot is never given out.
  init(start: UInt32, end: UInt32, pages: UInt32, isFirstReserved: Bool = false, _ context: Context) {
    self.context = context
    self.start = start
    self.pages = pages
    slotCount = min(Int((end - start - pageSize) / ((pages + 1) * pageSize)), SlotSet.capacity)
    if isFirstReserved { _ = slots.takeLowest() }
  }

  /// Says which slot has which place, before any is given out. Slots that share a page table go on sharing one.
  mutating func scatter(by bits: UInt32) { scatter = Int(bits & UInt32(scatteredCount - 1)) }

  /// How many slots change places with each other: as many as a number of bits can name.
  private var scatteredCount: Int { 1 << (Int.bitWidth - 1 - slotCount.leadingZeroBitCount) }

  /// The place of a slot, or the slot of a place.
  private func partner(of number: Int) -> Int { number < scatteredCount ? number ^ scatter : number }

  /// The first address of the stack of a slot.
  fileprivate func stack(ofSlot slot: Int) -> UInt32 { start + UInt32(partner(of: slot)) * slotSize + pageSize }

  /// The slot whose stack begins at an address.
  fileprivate func slot(ofStack address: UInt32) -> Int { partner(of: Int((address - start) / slotSize)) }

  var size: UInt32 { pages * pageSize }
  fileprivate var slotSize: UInt32 { (pages + 1) * pageSize }

  func contains(_ address: UInt32) -> Bool { address >= start && address < start + UInt32(slotCount) * slotSize }

  /// Whether `address` is in the unmapped page below a stack.
  package func isGuard(_ address: UInt32) -> Bool { contains(address) && (address - start) % slotSize < pageSize }

  /// The first address of the stack whose slot holds `address`, which is in the pool's area.
  func stack(near address: UInt32) -> UInt32 { address - (address - start) % slotSize + pageSize }
}

extension Reference where Value == StackPool {
  private var context: Context { value.context }

  /// The first address of a mapped stack.
  func take() throws(SystemError) -> UInt32 {
    if value.readyCount > 0 {
      value.readyCount -= 1
      return value.ready[value.readyCount]
    }
    guard let slot = value.slots.takeLowest() else { throw .limitReached }
    guard slot < value.slotCount else {
      value.slots.free(slot)
      throw .limitReached
    }
    let start = value.stack(ofSlot: slot)
    do throws(SystemError) { try map(start) } catch {
      value.slots.free(slot)
      throw error
    }
    return start
  }

  /// Maps a stack that has a slot.
  func map(_ start: UInt32) throws(SystemError) {
    do throws(PageTableError) {
      try KernelMemory(context).mapNew(start, pages: value.pages, zone: .low, owner: .kernelStack)
    } catch { throw error.systemError(context) }
    value.stackCount += 1
  }

  func free(_ start: UInt32) {
    if value.readyCount < 16 {
      value.ready[value.readyCount] = start
      value.readyCount += 1
      return
    }
    release(start)
  }

  /// Gives back the stacks that are kept ready.
  func reclaim() {
    while value.readyCount > 0 {
      value.readyCount -= 1
      release(value.ready[value.readyCount])
    }
  }

  func unmap(_ start: UInt32) {
    KernelMemory(context).unmapAndRelease(start, pages: value.pages)
    value.stackCount -= 1
  }

  private func release(_ start: UInt32) {
    unmap(start)
    value.slots.free(value.slot(ofStack: start))
  }
}

/// The stacks that the kernel works on for tasks.
package struct KernelStacks {
  let context: Context

  package init(_ context: Context) { self.context = context }

  #if DEBUGGABLE
    // Code that is not optimized has large frames.
    package static var pages: UInt32 { 16 }
  #else
    package static var pages: UInt32 { 3 }
  #endif
  package static var size: UInt32 { Self.pages * pageSize }
  static func makePool(_ context: Context) -> StackPool {
    StackPool(start: KernelLayout.stacksStart, end: KernelLayout.stacksEnd, pages: Self.pages, context)
  }
  private var pool: Reference<StackPool> { reference(to: &context.memory.stacks) }

  /// The first address of a mapped stack.
  package func take() throws(SystemError) -> UInt32 { try pool.take() }
  package func free(_ start: UInt32) { pool.free(start) }
  /// Gives back the stacks that are kept ready.
  func reclaim() { pool.reclaim() }
  /// Whether `address` is in the unmapped page below a stack.
  package func isGuard(_ address: UInt32) -> Bool { context.memory.stacks.isGuard(address) }
}
