// Telling the frame allocator what memory there is. Used at boot, and when the boot archive's frames are given back.

import Primitives

extension FrameAllocator {
  /// Makes `count` absent frames from `first` free. Nothing changes when one of them is not absent.
  @inline(never)
  public mutating func addFree(first: FrameNumber, count: UInt32) throws(FrameFault) {
    try validateAbsent(first: first, count: count)
    let range = first.value..<(first.value &+ count)
    records.becomeFree(range)
    totalFrames &+= count
    giveBlocks(range)
  }

  /// Records that `count` absent frames from `first` are memory that `owner` holds already: the kernel's image, the
  /// boot archive, the frame records, what the firmware keeps. Except for `reserved` ones, each can be given back
  /// as a single frame. Nothing changes when one of them is not absent.
  @inline(never)
  public mutating func claim(first: FrameNumber, count: UInt32, owner: FrameOwner) throws(FrameFault) {
    guard owner.isHandedOut || owner == .reserved else {
      throw FrameFault.alreadyOwned(frame: first, owner: owner)
    }
    try validateAbsent(first: first, count: count)
    for frame in first.value..<(first.value &+ count) {
      records[frame].owner = owner
      records[frame].order = 0
      records[frame].references = 1
    }
    totalFrames &+= count
    ownerCounts[Int(owner.rawValue & 15)] &+= count
  }

  /// Throws unless the `count` frames from `first` are managed and absent, and their records are there.
  @inline(never)
  private func validateAbsent(first: FrameNumber, count: UInt32) throws(FrameFault) {
    try records.validateAbsent(first: first, count: count)
    guard count > 0 else { return }
    for chunk in (first.value / Self.chunkSize)...((first.value &+ count &- 1) / Self.chunkSize)
    where untouched.contains(chunk) {
      throw FrameFault.alreadyOwned(frame: FrameNumber(max(first.value, chunk &* Self.chunkSize)), owner: .free)
    }
  }
}
