// A processor for tests: physical memory as a dictionary, and the walk that the hardware makes through page tables,
// with its checks of rights and reserved bits.

import Primitives

@testable import Memory

/// Physical memory with page tables in it, and the processor's walk through them.
final class PagingEmulator: PageTableMemory {
  private var words: [UInt64: UInt64] = [:]
  private(set) var tables: [UInt32: UInt32] = [:]
  private var nextFrame: UInt32 = 0x100
  private var freeFrames: [UInt32] = []
  /// 0 is off; at N, the Nth table from now cannot be had.
  var tablesUntilFailure = 0

  func read(entryAt address: PhysicalAddress) -> UInt64 {
    precondition(address.value % 8 == 0)
    return words[address.value] ?? 0
  }

  func write(_ entry: UInt64, at address: PhysicalAddress) {
    precondition(address.value % 8 == 0)
    words[address.value] = entry == 0 ? nil : entry
  }

  func allocateTable() -> FrameNumber? {
    if tablesUntilFailure > 0 {
      tablesUntilFailure -= 1
      if tablesUntilFailure == 0 { return nil }
    }
    let frame = freeFrames.popLast() ?? nextFrame
    if frame == nextFrame { nextFrame += 1 }
    tables[frame] = 0
    return FrameNumber(frame)
  }

  func freeTable(_ table: FrameNumber) {
    precondition(tables.removeValue(forKey: table.value) == 0, "a table with entries was given back")
    for index in 0..<512 as Range<UInt64> {
      precondition(words[table.address.value + index * 8] == nil, "a table given back must be zero")
    }
    freeFrames.append(table.value)
  }

  func countEntry(in table: FrameNumber) { tables[table.value]! += 1 }
  func uncountEntry(in table: FrameNumber) -> UInt32 {
    tables[table.value]! -= 1
    return tables[table.value]!
  }
  func entries(in table: FrameNumber) -> UInt32 { tables[table.value]! }

  /// How an access is made and what the control registers say.
  struct Access {
    var ring: Int
    var write = false
    var fetch = false
    /// CR0.WP, CR4.SMEP, CR4.SMAP, IA32_EFER.NXE
    var writeProtect = true
    var executionPrevention = true
    var accessPrevention = true
    var noExecute = true
    /// EFLAGS.AC
    var accessFlag = false
  }

  enum Outcome: Equatable {
    case physical(UInt64)
    case notPresent
    case forbidden
    case reservedBit
  }

  /// Translates `address` as the processor does (Intel SDM Vol. 3, 4.4.2 and 4.6).
  func translate(root: PhysicalAddress, _ address: UInt32, _ access: Access) -> Outcome {
    let address64 = UInt64(address)
    let pointer = words[root.value + (address64 >> 30) * 8] ?? 0
    guard pointer & 1 != 0 else { return .notPresent }
    guard pointer & 0xfff0_0000_0000_01e6 == 0 else { return .reservedBit }
    var writable = true
    var user = true
    var noExecute = false
    func descend(_ table: UInt64, _ index: UInt64) -> UInt64? {
      let entry = words[(table & 0x000f_ffff_ffff_f000) + index * 8] ?? 0
      guard entry & 1 != 0 else { return nil }
      writable = writable && entry & 2 != 0
      user = user && entry & 4 != 0
      noExecute = noExecute || entry >> 63 != 0
      return entry
    }
    guard let directoryEntry = descend(pointer, (address64 >> 21) & 511) else { return .notPresent }
    var reserved = directoryEntry & 0x7ff0_0000_0000_0000
    let physical: UInt64
    if directoryEntry & 0x80 != 0 {
      reserved |= directoryEntry & 0x1f_e000
      physical = (directoryEntry & 0x000f_ffff_ffe0_0000) | (address64 & 0x1f_ffff)
    } else {
      guard let entry = descend(directoryEntry, (address64 >> 12) & 511) else { return .notPresent }
      reserved |= entry & 0x7ff0_0000_0000_0000
      physical = (entry & 0x000f_ffff_ffff_f000) | (address64 & 0xfff)
    }
    if reserved != 0 || (noExecute && !access.noExecute) { return .reservedBit }
    let allowed: Bool
    if access.ring == 3 {
      allowed = user && (!access.write || writable) && (!access.fetch || !noExecute)
    } else if access.fetch {
      allowed = !noExecute && !(user && access.executionPrevention)
    } else {
      let prevented = user && access.accessPrevention && !access.accessFlag
      allowed = !prevented && (!access.write || writable || !access.writeProtect)
    }
    return allowed ? .physical(physical) : .forbidden
  }
}

/// Remembers translations as the processor may, so that a forgotten invalidation shows.
final class TranslationEmulator: TranslationCache {
  private(set) var invalidated: [UInt32] = []
  private(set) var reloads = 0
  func invalidate(page address: VirtualAddress) { invalidated.append(address.value) }
  func reload() { reloads += 1 }
  func clear() {
    invalidated = []
    reloads = 0
  }
}
