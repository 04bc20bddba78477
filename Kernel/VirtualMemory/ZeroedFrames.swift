// Frames that were zeroed while the processor had nothing else to do, for the next first touches of pages: the zeroing takes
// longer than all else of one.
//
// Invariants:
// - Only the idle loop adds to them, and lets interrupts in after each.
// - They count as pages of processes. Whoever counts free memory, or finds none, gives them up first.
// - The idle loop allocates none while a test injects a failure, which would hit it instead of what is tested.

import ABI
import Boot
import Memory
import Platform
import Primitives

package struct ZeroedFrames {
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
  package static func addOne(_ context: Context) -> Bool {
    guard context.memory.zeroedFrames.count < context.memory.zeroedFrames.frames.count,
      context.memory.frames.allocationsUntilFailure == 0, context.memory.frames.freeFrames > reserve,
      let frame = context.memory.frames.allocate(zone: .any, owner: .processMemory)
    else { return false }
    FrameContents(context).zero(frame)
    context.memory.zeroedFrames.frames[context.memory.zeroedFrames.count] = frame
    context.memory.zeroedFrames.count &+= 1
    return true
  }
}
