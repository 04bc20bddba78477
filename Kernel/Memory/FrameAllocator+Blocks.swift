// The buddy lists under the frame allocator: finding, splitting and joining free blocks.
//
// Invariant: between any two calls from outside, the lists hold exactly the free blocks, joined as far as they can be.

import Primitives

extension FrameAllocator {
  /// Takes a block of 2^`order` frames out of the zone's lists, splitting the smallest block that is large enough.
  @inline(never)
  mutating func takeBlock(order: Int, zone: Int) -> UInt32? {
    let candidates = zones[zone].nonEmpty &>> UInt32(order)
    guard candidates != 0 else { return nil }
    var found = order &+ candidates.trailingZeroBitCount
    var frame = zones[zone].heads[found]
    unlink(frame, order: found, zone: zone)
    zones[zone].freeFrames &-= 1 &<< UInt32(order)
    while found > order {
      found &-= 1
      let half: UInt32 = 1 &<< UInt32(found)
      frame |= placement.halves & half
      link(frame ^ half, order: found, zone: zone)
    }
    return frame
  }

  /// The cached single frames may be what keeps a block apart: joins them and tries again.
  @inline(never)
  mutating func takeBlockAfterDraining(order: Int, zone: Int) -> UInt32? {
    guard zones[zone].cachedCount != 0 else { return nil }
    drain(zone: zone, to: 0)
    return takeBlock(order: order, zone: zone)
  }

  /// Puts a block whose frames all say `free` into the lists, joined with its free buddies.
  mutating func giveBlock(_ block: UInt32, order blockOrder: Int) {
    let zone = FrameZone.index(of: block)
    zones[zone].freeFrames &+= 1 &<< UInt32(blockOrder)
    join(block, order: blockOrder, zone: zone)
  }

  /// Puts frames that all say `free` into the lists, as the largest blocks that their alignment allows.
  @inline(never)
  mutating func giveBlocks(_ range: Range<UInt32>) {
    var frame = range.lowerBound
    while frame < range.upperBound {
      var order = min(FrameAllocator.largestOrder, frame.trailingZeroBitCount)
      while range.upperBound &- frame < 1 &<< UInt32(order) { order &-= 1 }
      giveBlock(frame, order: order)
      frame &+= 1 &<< UInt32(order)
    }
  }

  /// Moves cached single frames to the lists until `limit` are left.
  @inline(never)
  mutating func drain(zone: Int, to limit: UInt32) {
    while zones[zone].cachedCount > limit {
      let frame = zones[zone].cached
      zones[zone].cached = records[frame].next
      zones[zone].cachedCount &-= 1
      join(frame, order: 0, zone: zone)
    }
  }

  private mutating func join(_ block: UInt32, order blockOrder: Int, zone: Int) {
    var frame = block
    var order = blockOrder
    while order < FrameAllocator.largestOrder {
      let buddy = frame ^ (1 &<< UInt32(order))
      guard buddy < records.count, records[buddy].owner == .free, Int(records[buddy].order) == order
      else { break }
      unlink(buddy, order: order, zone: zone)
      records[frame | buddy].order = FrameRecord.interior
      frame &= buddy
      order &+= 1
    }
    link(frame, order: order, zone: zone)
  }

  private mutating func link(_ frame: UInt32, order: Int, zone: Int) {
    let next = zones[zone].heads[order]
    records[frame].order = UInt8(truncatingIfNeeded: order)
    records[frame].next = next
    records[frame].previous = FrameRecord.none
    if next != FrameRecord.none { records[next].previous = frame }
    zones[zone].heads[order] = frame
    zones[zone].nonEmpty |= 1 &<< UInt32(order)
  }

  private mutating func unlink(_ frame: UInt32, order: Int, zone: Int) {
    let next = records[frame].next
    let previous = records[frame].previous
    if next != FrameRecord.none { records[next].previous = previous }
    if previous != FrameRecord.none {
      records[previous].next = next
    } else {
      zones[zone].heads[order] = next
      if next == FrameRecord.none { zones[zone].nonEmpty &= ~(1 &<< UInt32(order)) }
    }
  }
}
