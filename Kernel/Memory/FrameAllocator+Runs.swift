// Frames in a row whose number is no power of two: for the heap's runs and for buffers of devices.
//
// Invariant: the frames of a run are held singly, each with one reference, so that any of them may be given back alone.

import Primitives

extension FrameAllocator {
  /// Hands out `count` frames in a row, at most 1,024, each held once. The tail of the block that they come from
  /// stays free. Nil when there is no such block, or `count` is out of range.
  public mutating func allocateRun(count: UInt32, zone: FrameZone = .any, owner: FrameOwner) -> FrameNumber? {
    guard count > 0 && count <= 1 &<< UInt32(FrameAllocator.largestOrder) else { return nil }
    let order = 32 &- (count &- 1).leadingZeroBitCount
    guard let first = allocate(order: order, zone: zone, owner: owner) else { return nil }
    let end = first.value &+ count
    let blockEnd = first.value &+ (1 &<< UInt32(order))
    for frame in first.value..<end {
      records[frame].order = 0
      records[frame].references = 1
    }
    for frame in end..<blockEnd {
      records[frame].owner = .free
      records[frame].references = 0
    }
    ownerCounts[Int(owner.rawValue & 15)] &-= blockEnd &- end
    giveBlocks(end..<blockEnd)
    return first
  }

  /// Frees the `count` frames from `first`, each of which its only holder gives back. Nothing changes when one of
  /// them cannot be freed.
  public mutating func freeRun(_ first: FrameNumber, count: UInt32) throws(FrameFault) {
    let (end, overflow) = first.value.addingReportingOverflow(count)
    guard !overflow && end <= records.count else {
      throw FrameFault.outOfRange(frame: first, limit: records.count)
    }
    for number in first.value..<end {
      let frame = FrameNumber(number)
      try records.validate(frame)
      guard records[number].order == 0 else {
        throw FrameFault.wrongOrder(frame: frame, given: 0, actual: records[number].order)
      }
      guard records[number].references == 1 else {
        throw FrameFault.stillShared(frame: frame, references: records[number].references)
      }
    }
    for number in first.value..<end {
      ownerCounts[Int(records[number].owner.rawValue & 15)] &-= 1
      records[number].owner = .free
      records[number].references = 0
      records[number].order = FrameRecord.interior
    }
    giveBlocks(first.value..<end)
  }
}
