// What a program finds in its address space when it begins: its segments, a stack, and where it has a personality the area for that.

import ABI
import Executables
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct ProgramMemory {
  let context: Context
  let file: KernelBytes
  /// Whether the file stays where it is for ever.
  let isPermanent: Bool
  let isRing0: Bool
  let isForeign: Bool

  var stackEnd: UInt32 { AddressLayout.processStackEnd }
  var stackStart: UInt32 {
    stackEnd
      - (!isRing0 ? AddressLayout.processStackLimit : isForeign ? StackSizes.foreignRing0 : StackSizes.ring0)
  }

  /// Puts all of it into a new space.
  func fill(_ space: Reference<AddressSpace>, _ plan: borrowing ProgramPlan) throws(SystemError) {
    try load(plan.table, into: space)
    context.scheduler.preemptionPoint()
    try space.addStack(start: stackStart, end: stackEnd, purpose: .stack, isCommitted: isRing0)
    if isForeign { try space.addExchangeArea() }
  }

  // A function of its own, as it has large values of its own.
  @inline(never)
  private func load(_ table: borrowing SegmentTable, into space: Reference<AddressSpace>) throws(SystemError) {
    // The few files that begin on a page may lie there as they have to lie in memory.
    let beginsOnPage = isPermanent && file.address & (pageSize &- 1) == 0
    try table.load(
      into: LoadingSpace(space: space, file: file, sharesMemory: isPermanent),
      fileAddress: beginsOnPage ? file.address : nil)
  }
}
