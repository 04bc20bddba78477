// What is known of a module once its file was judged: how many pages it takes, with which permissions,
// where its tables lie, and what its manifest says. The kernel keeps the plan as long as the module
// lives; the file can go.
//
// Invariants: every address is relative to the module's base, below `pageCount` pages, and in the kind
// of segment that its use needs.

import Executables
import Primitives

/// The plan of a module.
public struct ModulePlan: Sendable {
  /// The segments, sorted by address.
  public let table: SegmentTable
  /// The number of pages from the base to the end of the last segment. Pages between segments, which
  /// `table` does not name, need not be mapped.
  public let pageCount: UInt32
  /// The pages that are writable while the module is relocated and read-only from then on
  /// (PT_GNU_RELRO); of length 0 where there are none.
  public let readOnlyAfterRelocation: VirtualRange
  public let manifest: ModuleManifest
  /// The symbols in the module's memory, for other modules that import from it.
  public let exports: DynamicSymbolTable
  /// The symbols in the file.
  let fileSymbols: DynamicSymbolTable
  /// The index of `megha_module`, the one export that every module has.
  let manifestSymbol: UInt32
  let dynamic: DynamicSection

  /// The number of functions to call in order before the module's start function.
  public var initializerCount: Int { Int(dynamic.initializers.count) }

  /// The number of functions to call, the last one first, after the module's stop function.
  public var finalizerCount: Int { Int(dynamic.finalizers.count) }

  /// The address of a function to call before the module's start function, read from its memory.
  ///
  /// - Parameters:
  ///   - index: below `initializerCount`.
  ///   - memory: the module's memory from `base` on, `pageCount` pages, relocated.
  ///   - base: the module's base address.
  /// - Returns: nil for an entry that stands for none, or that no longer means code of the module.
  public func initializer(_ index: Int, in memory: Span<UInt8>, base: UInt32) -> UInt32? {
    guard index >= 0, index < initializerCount else { return nil }
    return function(at: Int(dynamic.initializers.address) &+ index &* 4, in: memory, base: base)
  }

  /// The address of a function to call after the module's stop function, read from its memory.
  ///
  /// - Parameters:
  ///   - index: below `finalizerCount`.
  ///   - memory: the module's memory from `base` on, `pageCount` pages.
  ///   - base: the module's base address.
  /// - Returns: nil for an entry that stands for none, or that no longer means code of the module.
  public func finalizer(_ index: Int, in memory: Span<UInt8>, base: UInt32) -> UInt32? {
    guard index >= 0, index < finalizerCount else { return nil }
    return function(at: Int(dynamic.finalizers.address) &+ index &* 4, in: memory, base: base)
  }

  private func function(at place: Int, in memory: Span<UInt8>, base: UInt32) -> UInt32? {
    let word = littleEndian32(memory, at: place)
    let isCode = table.segment(at: word &- base)?.permissions.contains(.executable) ?? false
    return isCode ? word : nil
  }

  /// The permissions of the page at `address`, relative to the base, once the module is relocated; nil
  /// for a page of no segment.
  public func permissions(ofPage address: UInt32) -> SegmentPermissions? {
    for index in 0..<table.count where table[index].pages.contains(address) {
      let permissions = table[index].permissions
      return readOnlyAfterRelocation.contains(address) ? permissions.subtracting(.writable) : permissions
    }
    return nil
  }
}
