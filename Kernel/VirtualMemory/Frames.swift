// The frame allocator as the kernel uses it.
//
// Invariant: giving back what was not handed out is the kernel's own error and stops the machine.

import ABI
import Consoles
import Memory
import Platform
import Primitives

/// The frame allocator's calls whose failure is the kernel's own error.
package struct Frames {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Hands out a frame. Where none is left, what the kernel keeps ready for later is given up first.
  @inline(__always)
  func allocate(zone: FrameZone = .any, owner: FrameOwner) -> FrameNumber? {
    if let frame = context.memory.frames.allocate(zone: zone, owner: owner) { return frame }
    return allocateAfterReclaim(zone, owner)
  }

  @inline(never)
  private func allocateAfterReclaim(_ zone: FrameZone, _ owner: FrameOwner) -> FrameNumber? {
    // An injected failure must reach the caller: nothing is reclaimed for it.
    guard context.memory.frames.freeFrames(in: zone) == 0 else { return nil }
    switch owner {
    // Whoever asks for one of these is in the middle of its work on what else would be given up.
    case .pageTable: reclaimFrames()
    case .kernelHeap:
      reclaimFrames()
      reclaimTables()
    default: reclaim()
    }
    return context.memory.frames.allocate(zone: zone, owner: owner)
  }

  /// Gives up all that is kept ready for later: zeroed frames, stacks, page tables, slabs of the heap.
  package func reclaim() {
    reclaimFrames()
    ThreadStacks(context).reclaim()
    reclaimTables()
    context.memory.heap.releaseEmptySlabs()
  }

  /// Gives up what is no part of anybody's tables or heap: zeroed frames, kernel stacks and stacks for modules.
  private func reclaimFrames() {
    while let frame = context.memory.zeroedFrames.take() { release(frame) }
    KernelStacks(context).reclaim()
    ModuleStacks(context).reclaim()
  }

  private func reclaimTables() {
    while let table = context.memory.emptyTables.take() { release(table) }
  }

  @inline(__always)
  func retain(_ frame: FrameNumber) {
    do throws(FrameFault) { try context.memory.frames.retain(frame) } catch { report(error) }
  }

  @inline(__always)
  package func release(_ frame: FrameNumber) {
    do throws(FrameFault) { try context.memory.frames.release(frame) } catch { report(error) }
  }

  package func report(_ fault: FrameFault) -> Never {
    var output = KernelOutput(context)
    output.write("memory: ")
    fault.describe(to: &output)
    output.write("\n")
    panic("the frame allocator was misused")
  }
}
