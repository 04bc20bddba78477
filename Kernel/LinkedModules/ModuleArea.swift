// The pages of modules, in an area of the kernel half of their own.
//
// Invariants: the page before and the page after a module are never mapped; no page is ever writable and executable,
// not even while the module is being linked.

import ABI
import Boot
import Executables
import MachineSupport
import Memory
import Modules
import Platform
import Primitives
import VirtualMemory

struct ModuleArea {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// The lowest address at which `pages` pages and the guard page before them are free; nil where there are none.
  func place(pages: UInt32) -> UInt32? {
    let length = pages &* pageSize
    var start = KernelLayout.modulesStart &+ pageSize
    while UInt64(start) &+ UInt64(length) &+ UInt64(pageSize) <= UInt64(KernelLayout.modulesEnd) {
      guard let end = endOfModule(overlapping: start &- pageSize, length: length &+ 2 &* pageSize) else {
        return start
      }
      start = end &+ pageSize
    }
    return nil
  }

  private func endOfModule(overlapping start: UInt32, length: UInt32) -> UInt32? {
    for slot in 0..<ModuleTable.capacity {
      if let module = context.modules.value.records[slot], module.value.base < start &+ length, start < module.value.end
      {
        return module.value.end
      }
    }
    return nil
  }

  /// Maps zero-filled pages for every segment, writable for now.
  func map(_ plan: ModulePlan, at base: UInt32) throws(SystemError) {
    do throws(PageTableError) {
      for page in 0..<plan.pageCount where plan.permissions(ofPage: page &* pageSize) != nil {
        let address = base &+ page &* pageSize
        try KernelMemory(context).mapNew(address, pages: 1, owner: .module)
        zero_words(address, pageSize / 4)
      }
    } catch {
      KernelMemory(context).unmapAndRelease(base, pages: plan.pageCount)
      throw error.systemError(context)
    }
  }

  /// Gives every page its final permissions.
  func protect(_ plan: ModulePlan, at base: UInt32) {
    let global: PagePermissions = context.features.hasGlobalPages ? [.global] : []
    for page in 0..<plan.pageCount {
      guard let wanted = plan.permissions(ofPage: page &* pageSize) else { continue }
      var permissions = global
      if wanted.contains(.writable) { permissions.insert(.write) }
      if wanted.contains(.executable) { permissions.insert(.execute) }
      do throws(PageTableError) {
        let address = VirtualAddress(base &+ page &* pageSize)
        _ = try context.memory.tables.protect(address, permissions).flush(ProcessorTranslationCache(context))
      } catch { panic("a module's page is not mapped") }
    }
  }
}

/// A module's pages while it is being linked.
struct ModulePages: ModuleMemory {
  let base: UInt32

  mutating func copy(_ bytes: Span<UInt8>, to offset: UInt32) {
    guard bytes.count > 0 else { return }
    let target = unsafe UnsafeMutableRawPointer(bitPattern: UInt(base &+ offset)).unsafelyUnwrapped
    unsafe bytes.withUnsafeBytes {
      unsafe target.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
    }
  }

  mutating func write(_ word: UInt32, at offset: UInt32) { memory_write32(base &+ offset, word) }
}
