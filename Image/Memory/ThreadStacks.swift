// The stacks of threads that have ended, kept for the next threads of the same process: a stack that is there already
// spares three regions, its page tables and, in Ring 0, eight frames.
//
// Invariants:
// - An idle stack is in its space's regions as every other thread's stack is, with its guard pages; the space keeps one
//   of each kind at the most, of the usual size.
// - Memory that runs short takes them first, and whoever counts free memory too, so they are nobody's loss.

import Machine
import Primitives
import Tasks

struct IdleThreadStacks {
  /// By kind; 0 where there is none.
  private var starts = InlineArray<2, UInt32>(repeating: 0)

  /// The size of the stacks that are kept.
  private static func size(isCommitted: Bool) -> UInt32 {
    isCommitted ? StackSizes.ring0Thread : StackSizes.thread
  }

  mutating func take(size: UInt32, isCommitted: Bool) -> UInt32? {
    let kind = isCommitted ? 1 : 0
    guard starts[kind] != 0, size == Self.size(isCommitted: isCommitted) else { return nil }
    defer { starts[kind] = 0 }
    return starts[kind]
  }

  /// Returns false where there is one already, or the stack is of another size.
  mutating func keep(start: UInt32, end: UInt32, isCommitted: Bool) -> Bool {
    let kind = isCommitted ? 1 : 0
    guard starts[kind] == 0, end &- start == Self.size(isCommitted: isCommitted) else { return false }
    starts[kind] = start
    return true
  }

  mutating func takeAny() -> (start: UInt32, end: UInt32)? {
    let isCommitted = starts[0] == 0
    let size = Self.size(isCommitted: isCommitted)
    return take(size: size, isCommitted: isCommitted).map { ($0, $0 &+ size) }
  }
}

enum ThreadStacks {
  /// Gives up the idle stacks of all processes. Not in the middle of a change to an address space.
  static func releaseIdle() {
    var last = TaskIdentity.none
    while let task = kernel.scheduler.tasks.next(after: last) {
      last = task.value.identity
      // A task that is being made has no process yet.
      guard !task.value.isThread, task.value.owner != 0 else { continue }
      task.value.process.value.space?.releaseIdleStacks()
    }
  }
}
