// Follows the chain of saved frame pointers: at EBP lies the caller's EBP and above it the address the function
// returns to. All code of the system is compiled with frame pointers.
//
// Invariant: the walk ends, whatever memory holds. Frames must lie at ever higher addresses; only once may the
// chain step down, from the kernel's half into the interrupted task's own stack.

/// Yields return addresses, innermost call first.
struct FramePointerWalk {
  private var framePointer: UInt32
  private var mayLeaveKernel: Bool
  /// Frames it may still visit: enough to see that a recursion is deep, few enough to be quick.
  private var remaining = 1024

  private static var kernelStart: UInt32 { 0xc000_0000 }

  init(framePointer: UInt32) {
    self.framePointer = framePointer
    mayLeaveKernel = framePointer >= Self.kernelStart
  }

  /// The next return address, or nil where the chain ends or makes no sense.
  mutating func next(in surroundings: some FaultContext) -> UInt32? {
    guard remaining > 0, framePointer != 0, framePointer & 3 == 0, framePointer <= 0xffff_fff0,
      let caller = surroundings.word(at: framePointer),
      let returnAddress = surroundings.word(at: framePointer &+ 4), returnAddress != 0
    else {
      remaining = 0
      return nil
    }
    remaining &-= 1
    if caller > framePointer {
      framePointer = caller
    } else if mayLeaveKernel && caller < Self.kernelStart {
      framePointer = caller
      mayLeaveKernel = false
    } else {
      // The chain ends with this frame: what it points at lies below, or is the frame itself.
      remaining = 0
    }
    return returnAddress
  }
}
