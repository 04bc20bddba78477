// Frames that were zeroed while the processor had nothing else to do, for the next first touches of pages: the zeroing takes
// longer than all else of one.
//
// Invariants:
// - Only the idle loop adds to them, and lets interrupts in after each.
// - They count as pages of processes. Whoever counts free memory, or finds none, gives them up first.
// - None is added while a failing allocation is awaited: it would be this one.

import MachineSupport
import Memory
import Primitives

struct ZeroedFrames {
  private var frames = InlineArray<16, FrameNumber>(repeating: FrameNumber(0))
  private var count = 0

  /// Memory that is this short is left alone, in frames.
  private static var reserve: UInt32 { 256 }

  /// A frame of zeroes, which is the caller's from now on.
  @inline(__always)
  mutating func take() -> FrameNumber? {
    guard count > 0 else { return nil }
    count &-= 1
    return frames[count]
  }

  /// Zeroes one more. False where there are enough.
  @inline(never)
  static func addOne() -> Bool {
    guard kernel.memory.zeroedFrames.count < kernel.memory.zeroedFrames.frames.count,
      kernel.memory.frames.allocationsUntilFailure == 0, kernel.memory.frames.freeFrames > reserve,
      let frame = kernel.memory.frames.allocate(zone: .any, owner: .processMemory)
    else { return false }
    FrameContents.zero(frame)
    kernel.memory.zeroedFrames.frames[kernel.memory.zeroedFrames.count] = frame
    kernel.memory.zeroedFrames.count &+= 1
    return true
  }
}
