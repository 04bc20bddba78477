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
    at address: UInt32, own: StackPlace?, above: StackPlace?, below: (purpose: RegionMeaning, end: UInt32)?
  ) -> AddressMeaning {
    let behind = below.map { address &- $0.end } ?? .max
    // Its own stack, or the nearest above: a pointer into another task's stack may have been passed on.
    if let own, own.start &- address < behind, let overflow = overflow(to: address, of: own) { return overflow }
    if let above, above.start &- address < behind, let overflow = overflow(to: address, of: above) { return overflow }
    guard let below, behind < neighbourhood else { return .unmapped }
    return .unmappedAfter(below.purpose, distance: behind)
  }

  /// What a stack pointer means that the processor, or the kernel on a shared stack, could not work with; nil where it is in
  /// neither of the two stacks, or where enough is left.
  /// - Parameters:
  ///   - own: the stack of the task.
  ///   - other: a stack that holds the address, if it is another task's.
  ///   - needed: so many bytes are used below it.
  ///   - isShared: the kernel works on the task's own stack, and on no other.
  public static func stackPointer(
    _ address: UInt32, own: StackPlace?, other: StackPlace?, needed: UInt32, isShared: Bool
  ) -> AddressMeaning? {
    func used(_ stack: StackPlace) -> AddressMeaning? {
      // With nothing left, what was to come lies in the guard page.
      guard address > stack.start, address &- stack.start < needed else { return nil }
      return .nearlyUsedUp(stack.identity, left: address &- stack.start, needed: needed)
    }
    if let own, let meaning = used(own) { return meaning }
    guard let other, address >= other.start, address <= other.end else { return nil }
    return isShared ? .stackOfAnother(other.identity) : used(other)
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
