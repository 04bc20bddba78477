// Where the kernel's memory lies within its areas: in other places at each boot, so that whoever learns of a way to write at an
// address does not know what lies there.
//
// Invariant: what is placed follows from the seed alone, so that a machine that repeats its instructions repeats its addresses.

import Primitives

public struct Placement: Equatable, Sendable {
  /// Of the two halves of a block of frames that is split, which one is kept: bit k for a half of 2^k frames.
  let halves: UInt32
  /// The chunk of a row that is touched first, the row beginning anew behind its end.
  let firstChunk: UInt32
  /// The place of an area of stacks that the first one has. The place of another one differs from it in the bits of its number.
  public let firstStack: UInt32
  /// The page of the area of joined pages where the search for room begins.
  public let firstJoinedPage: UInt32

  /// Everything at the lowest place there is.
  public static var inOrder: Placement {
    Placement(halves: 0, firstChunk: 0, firstStack: 0, firstJoinedPage: 0)
  }

  public init(seed: UInt64) {
    var numbers = StirredNumbers(from: seed)
    self.init(
      halves: numbers.next(), firstChunk: numbers.next(), firstStack: numbers.next(), firstJoinedPage: numbers.next())
  }

  private init(halves: UInt32, firstChunk: UInt32, firstStack: UInt32, firstJoinedPage: UInt32) {
    self.halves = halves
    self.firstChunk = firstChunk
    self.firstStack = firstStack
    self.firstJoinedPage = firstJoinedPage
  }
}
