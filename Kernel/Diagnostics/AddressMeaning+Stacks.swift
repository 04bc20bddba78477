// Which stack an address near stacks, or in nothing, has to do with. A stack that overflows by a large frame passes its guard
// page, and may reach what lies below: the guard page of another stack, or nothing at all.

/// A stack and where it lies, without its guard pages.
public struct StackPlace: Sendable {
  public var identity: StackIdentity
  public var start: UInt32
  public var end: UInt32

  public init(identity: StackIdentity, start: UInt32, end: UInt32) {
    (self.identity, self.start, self.end) = (identity, start, end)
  }
}

extension AddressMeaning {
  /// The size of a guard page.
  private static var guardSize: UInt32 { 4096 }
  /// So far below its stack an address is taken for the stack's: the largest array that anybody puts on one.
  private static var reach: UInt32 { 16 << 20 }
  /// So far behind a part of the program an address has anything to do with it.
  private static var neighbourhood: UInt32 { 1 << 20 }

  /// What an address in or near guard pages means; nil where it is in no guard page of the two stacks.
  /// - Parameters:
  ///   - own: the stack of the task that used the address.
  ///   - other: a stack with a guard page at the address, if there is one besides.
  public static func nearStack(_ address: UInt32, own: StackPlace?, other: StackPlace?) -> AddressMeaning? {
    if let own {
      if let meaning = inGuard(address, of: own) { return meaning }
      // What its own stack runs over is the lower neighbour's upper guard page.
      if let other, address >= other.end, let overflow = overflow(to: address, of: own) { return overflow }
    }
    return other.flatMap { inGuard(address, of: $0) }
  }

  /// What an address means at which nothing is mapped.
  /// - Parameters:
  ///   - own: the stack of the task that used the address.
  ///   - above: the next stack above the address.
  ///   - below: the part of the program below the address, and where it ends.
  public static func nothing(
    at address: UInt32, own: StackPlace?, above: StackPlace?, below: (purpose: RegionPurpose, end: UInt32)?
  ) -> AddressMeaning {
    let behind = below.map { address &- $0.end } ?? .max
    // Its own stack, or the nearest above: a pointer into another task's stack may have been passed on.
    if let own, own.start &- address < behind, let overflow = overflow(to: address, of: own) { return overflow }
    if let above, above.start &- address < behind, let overflow = overflow(to: address, of: above) { return overflow }
    guard let below, behind < neighbourhood else { return .unmapped }
    return .unmappedAfter(below.purpose, distance: behind)
  }

  private static func inGuard(_ address: UInt32, of stack: StackPlace) -> AddressMeaning? {
    if address < stack.start, stack.start &- address <= guardSize { return .guardBelowStack(stack.identity) }
    if address >= stack.end, address &- stack.end < guardSize { return .guardAboveStack(stack.identity) }
    return nil
  }

  private static func overflow(to address: UInt32, of stack: StackPlace) -> AddressMeaning? {
    guard address < stack.start, stack.start &- address <= reach else { return nil }
    return .beyondStackLimit(stack.identity, distance: stack.start &- address)
  }
}
