// Page tables where the kernel works on them: in the direct map, from the frame allocator, with this processor's translations.
//
// Invariants:
// - A table's frame is held once by its being a table and once by each of its entries.
// - What `EmptyTables` keeps is all zeroes.

import ABI
import Jobs
import MachineSupport
import Memory
import Platform
import Primitives

/// Reaches page tables through the direct map and takes them from the frame allocator.
package struct DirectTableMemory: PageTableMemory {
  let context: Context
  /// Who pays for the tables; nil: the kernel itself.
  let job: Reference<Job>?

  init(_ context: Context, for job: Reference<Job>? = nil) {
    self.context = context
    self.job = job
  }

  @inline(__always)
  package func read(entryAt address: PhysicalAddress) -> UInt64 {
    let words = unsafe DirectMap.pointer(DirectMap.address(of: address), as: UInt32.self)
    return unsafe UInt64(words[1]) << 32 | UInt64(words[0])
  }

  @inline(__always)
  package func write(_ entry: UInt64, at address: PhysicalAddress) {
    let low = DirectMap.address(of: address)
    let high = UInt32(truncatingIfNeeded: entry &>> 32)
    // The half with the present bit goes last when the entry becomes present, and first when it stops being so.
    if entry & 1 != 0 {
      memory_write32(low &+ 4, high)
      memory_write32(low, UInt32(truncatingIfNeeded: entry))
    } else {
      memory_write32(low, UInt32(truncatingIfNeeded: entry))
      memory_write32(low &+ 4, high)
    }
  }

  package func allocateTable() -> FrameNumber? {
    guard let job else { return takeTable() }
    do throws(SystemError) {
      return try JobRecords(context).charging(job, pageSize) { () throws(SystemError) in
        guard let table = takeTable() else { throw .outOfMemory }
        return table
      }
    } catch {
      context.memory.shortage = error
      return nil
    }
  }

  private func takeTable() -> FrameNumber? {
    // A cached table would hide an injected failure.
    if context.memory.frames.allocationsUntilFailure == 0, let table = context.memory.emptyTables.take() {
      return table
    }
    guard let frame = Frames(context).allocate(zone: .low, owner: .pageTable) else { return nil }
    zero_words(DirectMap.address(of: frame), 1024)
    return frame
  }

  package func freeTable(_ table: FrameNumber) {
    if !context.memory.emptyTables.keep(table) { Frames(context).release(table) }
    if let job { JobRecords(context).discharge(job, .kernelBytes, pageSize) }
  }

  // A table's frame is held once by its being a table and once by each of its entries.
  @inline(__always)
  package func countEntry(in table: FrameNumber) { Frames(context).retain(table) }

  package func uncountEntry(in table: FrameNumber) -> UInt32 {
    Frames(context).release(table)
    return entries(in: table)
  }

  package func entries(in table: FrameNumber) -> UInt32 { UInt32(context.memory.frames.references(of: table)) &- 1 }
}

/// Page tables that became empty, all zeroes, for the next address space: zeroing one takes longer than all else that
/// is done with it.
struct EmptyTables {
  private var tables = InlineArray<16, FrameNumber>(repeating: FrameNumber(0))
  private var count = 0

  /// Returns false where enough are kept.
  mutating func keep(_ table: FrameNumber) -> Bool {
    guard count < 16 else { return false }
    tables[count] = table
    count += 1
    return true
  }

  mutating func take() -> FrameNumber? {
    guard count > 0 else { return nil }
    count -= 1
    return tables[count]
  }
}

/// This processor's cache of translations.
package struct ProcessorTranslationCache: TranslationCache {
  let context: Context

  package init(_ context: Context) { self.context = context }

  @inline(__always)
  package func invalidate(page address: VirtualAddress) {
    invalidate_page(address.value)
    context.counters.tlbFlushes &+= 1
  }

  package func reload() {
    write_cr3(read_cr3())
    context.counters.tlbFlushes &+= 1
  }
}
