// Where the memory of modules lies: pages in an area of their own, each row between two pages that are never mapped, so that
// an overrun which the pattern behind a piece does not stop faults instead of changing what is somebody else's.
//
// Invariants:
// - A page of the area is mapped exactly while `owners` names who has it.
// - Nothing of the kernel's own lies here.

import Boot
import MachineSupport
import Memory
import Platform
import Primitives

package struct ModuleHeapArea {
  private static var pageLimit: Int { 8192 }
  private static var start: UInt32 { KernelLayout.moduleHeapStart }

  /// The largest piece there can be.
  package static var largestPiece: UInt32 { UInt32(pageLimit &- 4) &* pageSize }

  /// Who has what belongs to no module.
  package static var noModule: UInt8 { 255 }
  /// How the module in this place of the registry is named here.
  package static func owner(slot: UInt32) -> UInt8 { UInt8(slot) &+ 1 }

  private let context: Context
  private var owners: PageOwners
  package private(set) var mappedPages: UInt32 = 0

  /// What the kernel starts with: an area without room.
  static func none(_ context: Context) -> ModuleHeapArea {
    unsafe ModuleHeapArea(
      context: context, owners: PageOwners(table: DirectMap.pointer(address_of_kernel_storage()), count: 0))
  }

  /// The whole area, its table in memory that stays.
  package static func make(_ context: Context) -> ModuleHeapArea {
    let table = KernelMemory(context).permanent(pageLimit)
    zero_words(table, UInt32(pageLimit / 4))
    return unsafe ModuleHeapArea(
      context: context, owners: PageOwners(table: DirectMap.pointer(table), count: pageLimit))
  }

  private init(context: Context, owners: PageOwners) {
    self.context = context
    self.owners = owners
  }

  package func owner(ofPageAt address: UInt32) -> UInt8 { owners[Int((address &- Self.start) / pageSize)] }

  /// Maps `count` pages for an owner (1 or more). Returns where they begin; nil where there is no room.
  package mutating func map(_ count: UInt32, for owner: UInt8) -> UInt32? {
    guard let first = owners.place(Int(count), for: owner) else { return nil }
    do throws(PageTableError) {
      try KernelMemory(context).mapNew(Self.address(of: first), pages: count, owner: .module)
    } catch {
      for page in first..<(first &+ Int(count)) { owners.clear(page) }
      return nil
    }
    mappedPages &+= count
    return Self.address(of: first)
  }

  mutating func unmap(_ start: UInt32, _ count: UInt32) {
    let first = Int((start &- Self.start) / pageSize)
    for page in first..<(first &+ Int(count)) { unmap(page) }
  }

  /// Gives back what an owner has, which are `count` pages.
  package mutating func unmapAll(of owner: UInt8, count: UInt32) {
    var page = 0
    for _ in 0..<count {
      guard let next = owners.next(of: owner, from: page) else { return }
      unmap(next)
      page = next &+ 1
    }
  }

  private static func address(of page: Int) -> UInt32 { start &+ UInt32(page) &* pageSize }

  private mutating func unmap(_ page: Int) {
    owners.clear(page)
    guard let frame = KernelMemory(context).unmap(Self.address(of: page)) else {
      panic("a page of a module's heap is not mapped")
    }
    Frames(context).release(frame)
    mappedPages &-= 1
  }
}
