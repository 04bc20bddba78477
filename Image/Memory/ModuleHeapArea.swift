// Where the memory of modules lies: pages in an area of their own, each row between two pages that are never mapped, so that
// an overrun which the pattern behind a piece does not stop faults instead of changing what is somebody else's.
//
// Invariants:
// - A page of the area is mapped exactly while `owners` names who has it.
// - Nothing of the kernel's own lies here.

import Machine
import MachineSupport
import Memory
import Primitives

/// Who has which page of the area.
struct ModuleHeapArea {
  private static var pageLimit: Int { 8192 }
  static var start: UInt32 { KernelLayout.moduleHeapStart }
  static var end: UInt32 { start &+ UInt32(pageLimit) &* pageSize }

  /// The largest piece there can be.
  static var largestPiece: UInt32 { end &- start &- 4 &* pageSize }

  /// A byte for each page.
  private let owners: UnsafeMutablePointer<UInt8>
  private(set) var mappedPages: UInt32 = 0

  private static var nobody: UInt8 { 0 }
  /// Who has what belongs to no module.
  static var noModule: UInt8 { 255 }
  /// How the module in this place of the registry is named here.
  static func owner(slot: UInt32) -> UInt8 { UInt8(slot) &+ 1 }

  /// An area without a page, its table in memory that stays.
  static func make() -> ModuleHeapArea {
    let table = KernelMemory.permanent(pageLimit)
    zero_words(table, UInt32(pageLimit / 4))
    return ModuleHeapArea(owners: DirectMap.pointer(table))
  }

  /// What the kernel value starts with.
  static var none: ModuleHeapArea { ModuleHeapArea(owners: DirectMap.pointer(address_of_kernel_storage())) }

  private init(owners: UnsafeMutablePointer<UInt8>) { self.owners = owners }

  func owner(ofPageAt address: UInt32) -> UInt8 {
    address >= Self.start && address < Self.end ? owners[Self.index(of: address)] : Self.nobody
  }

  private static func index(of address: UInt32) -> Int { Int((address &- start) / pageSize) }

  /// Maps `count` pages for an owner (1 or more). Returns where they begin; nil where there is no room.
  mutating func map(_ count: UInt32, for owner: UInt8) -> UInt32? {
    guard count < UInt32(Self.pageLimit), let first = findRoom(Int(count)) else { return nil }
    let start = Self.start &+ UInt32(first) &* pageSize
    for page in 0..<count {
      guard add(start &+ page &* pageSize) else {
        unmap(start, page)
        return nil
      }
      owners[first &+ Int(page)] = owner
    }
    return start
  }

  mutating func unmap(_ start: UInt32, _ count: UInt32) {
    for page in 0..<count {
      let address = start &+ page &* pageSize
      owners[Self.index(of: address)] = Self.nobody
      guard let frame = KernelMemory.unmap(address) else { panic("a page of a module's heap is not mapped") }
      Frames.release(frame)
      mappedPages &-= 1
    }
  }

  /// Gives back what an owner has, which are `count` pages.
  mutating func unmapAll(of owner: UInt8, count: UInt32) {
    var (left, index) = (count, 0)
    while left > 0 && index < Self.pageLimit {
      if owners[index] == owner {
        unmap(Self.start &+ UInt32(index) &* pageSize, 1)
        left &-= 1
      }
      index &+= 1
    }
  }

  /// The first of `count` pages that nobody has, between two others.
  private func findRoom(_ count: Int) -> Int? {
    var found = 0
    for index in 0..<Self.pageLimit {
      found = owners[index] == Self.nobody ? found &+ 1 : 0
      if found == count &+ 2 { return index &- count }
    }
    return nil
  }

  private mutating func add(_ address: UInt32) -> Bool {
    guard let frame = Frames.allocate(owner: .module) else { return false }
    do throws(PageTableError) {
      try KernelMemory.map(address, to: frame, [.write])
      mappedPages &+= 1
      return true
    } catch {
      Frames.release(frame)
      return false
    }
  }
}
