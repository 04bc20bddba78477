// The stacks of threads that have ended, kept for the next threads of the same process: a stack that is there already
// spares three regions, its page tables and, in Ring 0, eight frames.
//
// Invariants:
// - An idle stack is in its space's regions as every other thread's stack is, with its guard pages; the space keeps one
//   of each kind at the most, of the usual size. Spaces that keep any are in one list, so that nobody looks at the others.
// - Memory that runs short takes them first, and whoever counts free memory too, so they are nobody's loss.

import Platform
import Primitives

struct IdleThreadStacks {
  /// By kind; 0 where there is none.
  private var starts = InlineArray<2, UInt32>(repeating: 0)
  /// The neighbours of the space among those that keep stacks.
  fileprivate var next: Reference<AddressSpace>?
  fileprivate var previous: Reference<AddressSpace>?

  var isEmpty: Bool { starts[0] | starts[1] == 0 }

  /// The size of the stacks that are kept.
  private static func size(isCommitted: Bool) -> UInt32 {
    isCommitted ? StackSizes.ring0Thread : StackSizes.thread
  }

  fileprivate mutating func take(size: UInt32, isCommitted: Bool) -> UInt32? {
    let kind = isCommitted ? 1 : 0
    guard starts[kind] != 0, size == Self.size(isCommitted: isCommitted) else { return nil }
    defer { starts[kind] = 0 }
    return starts[kind]
  }

  /// Returns false where there is one already, or the stack is of another size.
  fileprivate mutating func keep(start: UInt32, end: UInt32, isCommitted: Bool) -> Bool {
    let kind = isCommitted ? 1 : 0
    guard starts[kind] == 0, end &- start == Self.size(isCommitted: isCommitted) else { return false }
    starts[kind] = start
    return true
  }

  fileprivate mutating func takeAny() -> (start: UInt32, end: UInt32)? {
    let isCommitted = starts[0] == 0
    let size = Self.size(isCommitted: isCommitted)
    return take(size: size, isCommitted: isCommitted).map { ($0, $0 &+ size) }
  }
}

struct ThreadStacks {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// Gives up the idle stacks of all processes. Not in the middle of a change to an address space.
  func reclaim() {
    while let space = context.memory.spaceWithIdleStacks { space.reclaimIdleStacks() }
  }
}

extension Reference where Value == AddressSpace {
  /// The start of an idle stack, which is the caller's from now on.
  func takeIdleStack(size: UInt32, isCommitted: Bool) -> UInt32? {
    guard let start = value.idleStacks.take(size: size, isCommitted: isCommitted) else { return nil }
    if value.idleStacks.isEmpty { forgetIdleStacks() }
    return start
  }

  /// Keeps the stack of a thread that has ended. Returns false where it is of no use.
  func keepIdleStack(start: UInt32, end: UInt32, isCommitted: Bool) -> Bool {
    let wasEmpty = value.idleStacks.isEmpty
    guard value.idleStacks.keep(start: start, end: end, isCommitted: isCommitted) else { return false }
    if wasEmpty {
      value.idleStacks.previous = nil
      value.idleStacks.next = context.memory.spaceWithIdleStacks
      value.idleStacks.next?.value.idleStacks.previous = self
      context.memory.spaceWithIdleStacks = self
    }
    return true
  }

  /// Removes the stacks that wait for the next thread.
  fileprivate func reclaimIdleStacks() {
    while let stack = value.idleStacks.takeAny() {
      remove(start: stack.start - pageSize, length: stack.end - stack.start + 2 * pageSize)
    }
    forgetIdleStacks()
  }

  /// The space keeps no stacks any more, or they are about to end with it.
  func forgetIdleStacks() {
    let next = value.idleStacks.next
    let previous = value.idleStacks.previous
    next?.value.idleStacks.previous = previous
    if let previous {
      previous.value.idleStacks.next = next
    } else {
      context.memory.spaceWithIdleStacks = next
    }
  }
}
