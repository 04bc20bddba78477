// Proves the frame allocator's invariants: every frame is in exactly one place, and the counts agree with the records.
//
// Nothing is allocated or changed. The cost is a few visits of each record.

import Primitives

extension FrameAllocator {
  /// The first invariant that does not hold, or nil.
  public func check() -> FrameViolation? {
    if let recordedFault { return .recordedFault(recordedFault) }
    var seen = Census()
    if let violation = checkBlocks(&seen) { return violation }
    for zone in 0..<3 {
      if let violation = checkLists(zone: zone, seen: seen) { return violation }
    }
    return checkOwners(seen)
  }

  /// What a walk over all records counted.
  private struct Census {
    /// Free blocks by zone and order; the last of each twelve counts the cached frames.
    var blocks = InlineArray<36, UInt32>(repeating: 0)
    var owners = InlineArray<16, UInt32>(repeating: 0)
    var freeFrames = InlineArray<3, UInt32>(repeating: 0)
  }

  private func checkBlocks(_ seen: inout Census) -> FrameViolation? {
    var frame: UInt32 = 0
    while frame < records.count {
      if frame % Self.chunkSize == 0 && isUntouched(frame) {
        if let violation = checkUntouched(frame) { return violation }
        seen.freeFrames[FrameZone.index(of: frame)] &+= Self.usableFrames
        seen.owners[Int(FrameOwner.free.rawValue)] &+= Self.usableFrames
        seen.owners[Int(FrameOwner.absent.rawValue)] &+= Self.recordPages
        frame &+= Self.chunkSize
        continue
      }
      let record = records[frame]
      let zone = FrameZone.index(of: frame)
      var size: UInt32 = 1
      switch record.owner {
      case .absent:
        break
      case .free:
        if record.order == FrameRecord.cached {
          seen.blocks[zone * 12 + 11] &+= 1
        } else {
          if let violation = checkBlock(frame, record, &size) { return violation }
          if isApart(frame, record) {
            return .apartBuddies(frame: FrameNumber(frame), order: record.order)
          }
          seen.blocks[zone * 12 + Int(record.order)] &+= 1
        }
        seen.freeFrames[zone] &+= size
      default:
        if let violation = checkBlock(frame, record, &size) { return violation }
        if record.references == 0 { return .wrongReferences(frame: FrameNumber(frame), references: 0) }
      }
      seen.owners[Int(record.owner.rawValue)] &+= size
      frame &+= size
    }
    return nil
  }

  /// The records of the untouched chunk at `first` say nothing.
  private func checkUntouched(_ first: UInt32) -> FrameViolation? {
    for frame in first..<(first &+ Self.chunkSize) where records[frame].owner != .absent {
      return .brokenBlock(frame: FrameNumber(frame))
    }
    return nil
  }

  /// Whether the frames of a block agree; `size` becomes their number.
  private func checkBlock(_ frame: UInt32, _ record: FrameRecord, _ size: inout UInt32) -> FrameViolation? {
    let broken = FrameViolation.brokenBlock(frame: FrameNumber(frame))
    guard Int(record.order) <= FrameAllocator.largestOrder else { return broken }
    size = 1 &<< UInt32(record.order)
    guard frame & (size &- 1) == 0 && size <= records.count &- frame else { return broken }
    for inside in (frame &+ 1)..<(frame &+ size) {
      guard records[inside].owner == record.owner, records[inside].order == FrameRecord.interior,
        records[inside].references == 0
      else { return broken }
    }
    return nil
  }

  private func isApart(_ frame: UInt32, _ record: FrameRecord) -> Bool {
    let buddy = frame ^ (1 &<< UInt32(record.order))
    guard Int(record.order) < FrameAllocator.largestOrder, buddy < records.count else { return false }
    return records[buddy].owner == .free && records[buddy].order == record.order
  }

  private func checkLists(zone: Int, seen: Census) -> FrameViolation? {
    for order in 0...FrameAllocator.largestOrder {
      let label = UInt8(order)
      var length: UInt32 = 0
      var previous = FrameRecord.none
      var frame = zones[zone].heads[order]
      while frame != FrameRecord.none {
        guard frame < records.count, records[frame].owner == .free, records[frame].order == label,
          records[frame].previous == previous, FrameZone.index(of: frame) == zone, length < records.count
        else { return .brokenList(zone: zone, order: label, frame: FrameNumber(frame)) }
        length &+= 1
        previous = frame
        frame = records[frame].next
      }
      let recorded = seen.blocks[zone * 12 + order]
      guard length == recorded, (zones[zone].nonEmpty &>> UInt32(order)) & 1 == (length == 0 ? 0 : 1) else {
        return .listLength(zone: zone, order: label, listed: length, recorded: recorded)
      }
    }
    var cached: UInt32 = 0
    var frame = zones[zone].cached
    while frame != FrameRecord.none {
      guard frame < records.count, records[frame].owner == .free,
        records[frame].order == FrameRecord.cached, FrameZone.index(of: frame) == zone, cached < records.count
      else { return .brokenList(zone: zone, order: FrameRecord.cached, frame: FrameNumber(frame)) }
      cached &+= 1
      frame = records[frame].next
    }
    guard cached == seen.blocks[zone * 12 + 11] && cached == zones[zone].cachedCount else {
      return .listLength(
        zone: zone, order: FrameRecord.cached, listed: cached, recorded: zones[zone].cachedCount)
    }
    guard zones[zone].freeFrames == seen.freeFrames[zone] else {
      return .freeCount(zone: zone, counted: seen.freeFrames[zone], recorded: zones[zone].freeFrames)
    }
    return nil
  }

  private func checkOwners(_ seen: Census) -> FrameViolation? {
    for raw in 0..<FrameOwner.count {
      guard let owner = FrameOwner(rawValue: UInt8(raw)) else { continue }
      guard seen.owners[raw] == count(of: owner) else {
        return .ownerCount(owner: owner, counted: seen.owners[raw], recorded: count(of: owner))
      }
    }
    return nil
  }
}
