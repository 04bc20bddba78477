// Who has which page of an area: a byte for each, 0 for a page that nobody has.
//
// Invariant: between the pages of two rows that were placed here lies at least one page that nobody has.

import Primitives

/// Safe: no place outside of the table is looked at.
@safe public struct PageOwners {
  private let owners: UnsafeMutablePointer<UInt8>
  public let count: Int

  /// - Parameter table: `count` zeroes, which stay.
  public init(table: UnsafeMutablePointer<UInt8>, count: Int) {
    unsafe owners = table
    self.count = count
  }

  /// The owner of a page; 0: nobody, or no page of the area.
  public subscript(page: Int) -> UInt8 { page >= 0 && page < count ? unsafe owners[page] : 0 }

  /// Gives a row of pages to an owner (1 or more). Returns the first; nil where there is no room between two pages that nobody
  /// has, or `length` is 0.
  public mutating func place(_ length: Int, for owner: UInt8) -> Int? {
    guard length > 0, length < count else { return nil }
    var free = 0
    for page in 0..<count {
      free = self[page] == 0 ? free &+ 1 : 0
      guard free == length &+ 2 else { continue }
      let first = page &- length
      for place in first..<page { unsafe owners[place] = owner }
      return first
    }
    return nil
  }

  /// Takes a page back.
  public mutating func clear(_ page: Int) {
    if page >= 0 && page < count { unsafe owners[page] = 0 }
  }

  /// The first page from `page` on that `owner` has.
  public func next(of owner: UInt8, from page: Int) -> Int? {
    for place in max(page, 0)..<max(count, page) where self[place] == owner { return place }
    return nil
  }
}
