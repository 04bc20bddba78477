// The duty to make the processor forget: it keeps translations, and a change of a page table holds only after the
// stale ones are gone (Intel SDM Vol. 3, 4.10.4).
//
// Invariant: every `PageChange` is ended by `flush` or by `assumeFlushed(because:)`. One that is dropped instead traps: the
// duty was forgotten, and the mistake would show elsewhere, much later.

import Primitives

/// The processor's caches of translations, as the page tables need them.
public protocol TranslationCache {
  /// Forgets the page at `address` and all upper-level entries (INVLPG).
  func invalidate(page address: VirtualAddress)
  /// Loads CR3 again: forgets all that is not global, and reads the four directory pointers.
  func reload()
}

/// For an address space that no processor has loaded and whose pages are not global.
@frozen
public struct NoTranslationCache: TranslationCache {
  @inlinable public init() {}
  @inlinable public func invalidate(page address: VirtualAddress) {}
  @inlinable public func reload() {}
}

/// A change of one page's entry that the processor has yet to learn.
@frozen
public struct PageChange: ~Copyable {
  /// What has to be forgotten.
  @frozen
  public enum Scope: UInt8, Sendable {
    /// Nothing: the page was not present before, and the processor keeps no such translation (SDM 4.10.2.3).
    case nothing
    case page
    /// A directory pointer changed; the processor read all four when CR3 was loaded (SDM 4.4.1).
    case everything
  }

  public let page: VirtualAddress
  public let scope: Scope
  /// The entry before the change; not present for a page that was newly mapped.
  public let previous: PageEntry

  @inlinable init(page: VirtualAddress, scope: Scope, previous: PageEntry) {
    self.page = page
    self.scope = scope
    self.previous = previous
  }

  /// Makes `cache` forget what is stale.
  /// - Returns: the entry before the change, whose frame may now be given back.
  @discardableResult
  @inlinable public consuming func flush(_ cache: some TranslationCache) -> PageEntry {
    let previous = previous
    switch scope {
    case .nothing: break
    case .page: cache.invalidate(page: page)
    case .everything:
      cache.invalidate(page: page)
      cache.reload()
    }
    discard self
    return previous
  }

  /// Ends the duty without doing anything, for the reason given: usually that the address space is not loaded.
  /// - Returns: the entry before the change.
  @discardableResult
  @inlinable public consuming func assumeFlushed(because reason: StaticString) -> PageEntry {
    let previous = previous
    discard self
    return previous
  }

  @inlinable deinit { stopForForgottenChange() }
}

/// Traps. A `PageChange` ended without being settled.
@inline(never) @usableFromInline
func stopForForgottenChange() {
  fatalError("a page-table change was never made known to the processor")
}
