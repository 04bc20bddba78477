// The frame allocator as the kernel uses it.
//
// Invariant: giving back what was not handed out is the kernel's own error and stops the machine.

import Machine
import MachineSupport
import Memory
import Primitives

/// The frame allocator's calls whose failure is the kernel's own error.
enum Frames {
  /// Hands out a frame. Where none is left, what the kernel keeps ready for later is given up first.
  @inline(__always)
  static func allocate(zone: FrameZone = .any, owner: FrameOwner) -> FrameNumber? {
    if let frame = kernel.memory.frames.allocate(zone: zone, owner: owner) { return frame }
    return allocateAfterReclaim(zone, owner)
  }

  @inline(never)
  private static func allocateAfterReclaim(_ zone: FrameZone, _ owner: FrameOwner) -> FrameNumber? {
    // A failure that was asked for, to see what comes of it, is not to be avoided.
    guard kernel.memory.frames.freeFrames(in: zone) == 0 else { return nil }
    switch owner {
    // Whoever asks for one of these is in the middle of its work on what else would be given up.
    case .pageTable: releaseWhole()
    case .kernelHeap:
      releaseWhole()
      releaseEmptyTables()
    default: releaseIdle()
    }
    return kernel.memory.frames.allocate(zone: zone, owner: owner)
  }

  /// Gives up all that is kept ready for later: zeroed frames, stacks, page tables, slabs of the heap.
  static func releaseIdle() {
    releaseWhole()
    ThreadStacks.releaseIdle()
    releaseEmptyTables()
    kernel.memory.heap.releaseEmptySlabs()
  }

  /// Gives up what is no part of anybody's tables or heap: zeroed frames, kernel stacks and stacks for modules.
  private static func releaseWhole() {
    while let frame = kernel.memory.zeroedFrames.take() { release(frame) }
    KernelStacks.releaseIdle()
    ModuleStacks.releaseIdle()
  }

  private static func releaseEmptyTables() {
    while let table = kernel.memory.emptyTables.take() { release(table) }
  }

  @inline(__always)
  static func retain(_ frame: FrameNumber) {
    do throws(FrameFault) { try kernel.memory.frames.retain(frame) } catch { report(error) }
  }

  @inline(__always)
  static func release(_ frame: FrameNumber) {
    do throws(FrameFault) { try kernel.memory.frames.release(frame) } catch { report(error) }
  }

  static func report(_ fault: FrameFault) -> Never {
    var output = KernelOutput()
    output.write("memory: ")
    fault.describe(to: &output)
    output.write("\n")
    panic("the frame allocator was misused")
  }
}
