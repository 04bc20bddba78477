// A frame that is given back when its holder lets go of it: half-built things undo themselves.

import Primitives

/// One hold on a block of frames. Ending it releases the block; `relinquish` passes the hold on instead.
@frozen
public struct FrameLease: ~Copyable {
  public let frame: FrameNumber
  @usableFromInline let allocator: Reference<FrameAllocator>

  /// Takes over a hold on `frame` that the caller has.
  public init(_ frame: FrameNumber, from allocator: Reference<FrameAllocator>) {
    self.frame = frame
    self.allocator = allocator
  }

  /// Hands out 2^`order` frames; nil when there are none.
  public init?(
    order: Int = 0, zone: FrameZone = .any, owner: FrameOwner, from allocator: Reference<FrameAllocator>
  ) {
    guard let frame = allocator.value.allocate(order: order, zone: zone, owner: owner) else { return nil }
    self.frame = frame
    self.allocator = allocator
  }

  /// Ends the lease without releasing the frame, which the caller now holds.
  public consuming func relinquish() -> FrameNumber {
    let frame = frame
    discard self
    return frame
  }

  deinit {
    do throws(FrameFault) {
      try allocator.value.release(frame)
    } catch {
      allocator.value.record(error)
    }
  }
}

extension FrameAllocator {
  /// Keeps a mistake that the place where it happened cannot report.
  @usableFromInline
  mutating func record(_ fault: FrameFault) {
    if recordedFault == nil { recordedFault = fault }
  }
}
