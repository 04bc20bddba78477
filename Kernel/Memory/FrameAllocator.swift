// Hands out frames of physical memory: a buddy allocator over frame numbers, in three zones, with a small cache of
// single frames in each zone before it.
//
// Invariants:
// - a free block of order k starts at a multiple of 2^k, lies in one zone, and its frames all say `free`; its first
//   record holds k, the others `interior`;
// - two free buddies are always one block; only cached single frames stay apart, at most `cacheLimit` in a zone;
// - a handed-out block's first record holds its order and at least one reference; all its frames say who owns it;
// - a zone's `freeFrames` counts its blocks' frames and its cached ones; `check` proves all of this.
//
// A single frame is handed out and taken back through the cache in constant time; larger blocks take a step for each
// order between theirs and that of the block found, and one for each frame that changes its owner. Buddies do not
// cross zones because the zones end at multiples of the largest block.

import Primitives

/// The free blocks of one zone.
struct FrameZoneLists {
  /// The first free block of each order.
  var heads = InlineArray<11, UInt32>(repeating: FrameRecord.none)
  /// Bit k is set where the list of order k has a block.
  var nonEmpty: UInt32 = 0
  /// A stack of single free frames, linked through `next`.
  var cached: UInt32 = FrameRecord.none
  var cachedCount: UInt32 = 0
  var freeFrames: UInt32 = 0
}

/// The allocator of physical memory. It stays at a fixed address for as long as the system runs.
public struct FrameAllocator: ~Copyable {
  /// The largest block is 2^10 frames: 4 MiB.
  public static var largestOrder: Int { 10 }
  /// The most frames that can be managed: a record has 24 bits for a frame's number.
  public static var frameLimit: UInt32 { FrameRecord.none }
  /// The most holders that a frame can have.
  public static var holderLimit: UInt16 { .max }
  /// How many single frames a zone keeps ready.
  static var cacheLimit: UInt32 { 64 }

  let records: FrameRecords
  var zones = InlineArray<3, FrameZoneLists>(repeating: FrameZoneLists())
  /// Frames by owner, except free ones, which the zones count.
  var ownerCounts = InlineArray<16, UInt32>(repeating: 0)
  /// Every frame that is memory: free, handed out or reserved.
  public internal(set) var totalFrames: UInt32 = 0
  /// In which order frames are handed out.
  let placement: Placement
  /// Free memory whose records are not there yet (FrameAllocator+Untouched.swift).
  var untouched = UntouchedChunks()
  /// Puts a frame, all zeroes, behind a page of the records.
  let provideRecords: (_ page: UInt32, _ frame: FrameNumber) -> Void
  /// The first mistake that nobody could be told of (see `FrameLease`); `check` reports it.
  public internal(set) var recordedFault: FrameFault?

  /// Fault injection: 0 is off; at N, the Nth allocation from now fails, and it is off again.
  public var allocationsUntilFailure: UInt32 = 0

  /// Starts with `frameCount` frames, all absent. Unsafe: `storage` must be the place of `frameCount` records, all zeroes,
  /// and be used by nothing else as long as the allocator lives. Those of chunks that are added as untouched are only read,
  /// until `provideRecords` has put memory behind them.
  @unsafe public init(
    storage: UnsafeMutablePointer<FrameRecord>, frameCount: UInt32, placement: Placement = .inOrder,
    provideRecords: @escaping (_ page: UInt32, _ frame: FrameNumber) -> Void = { _, _ in }
  ) {
    records = unsafe FrameRecords(storage, count: frameCount)
    self.placement = placement
    self.provideRecords = provideRecords
  }

  /// The first frame number that is not managed.
  public var frameCount: UInt32 { records.count }

  public var freeFrames: UInt32 { zones[0].freeFrames &+ zones[1].freeFrames &+ zones[2].freeFrames }

  /// The free frames that an allocation from `zone` can use.
  public func freeFrames(in zone: FrameZone) -> UInt32 {
    var sum: UInt32 = 0
    for index in 0...zone.rawValue { sum &+= zones[index].freeFrames }
    return sum
  }

  /// The number of frames that belong to `owner`.
  public func count(of owner: FrameOwner) -> UInt32 {
    switch owner {
    case .free: freeFrames
    case .absent: frameCount &- totalFrames
    default: ownerCounts[Int(owner.rawValue)]
    }
  }

  /// Who owns `frame`; `absent` for a frame that is not managed.
  public func owner(of frame: FrameNumber) -> FrameOwner {
    guard frame.value < records.count else { return .absent }
    let owner = records[frame.value].owner
    return owner == .absent && isUntouched(frame.value) ? .free : owner
  }

  /// How many hold the block that starts at `frame`.
  public func references(of frame: FrameNumber) -> UInt16 {
    frame.value < records.count ? records[frame.value].references : 0
  }

  /// How many hold the frames of `owner`, all holders of all frames together. Visits every record.
  public func holders(of owner: FrameOwner) -> UInt32 {
    var sum: UInt32 = 0
    for frame in 0..<records.count where records[frame].owner == owner {
      sum &+= UInt32(records[frame].references)
    }
    return sum
  }

  // MARK: Handing out

  /// Hands out one frame, held once; its contents are whatever they were. Nil when the zone and those below it are
  /// used up.
  public mutating func allocate(zone: FrameZone = .any, owner: FrameOwner) -> FrameNumber? {
    if allocationsUntilFailure != 0 && failsNow() { return nil }
    var index = zone.rawValue
    while true {
      let frame = zones[index].cached
      if frame != FrameRecord.none {
        zones[index].cached = records[frame].next
        zones[index].cachedCount &-= 1
        zones[index].freeFrames &-= 1
        handOut(frame, owner: owner)
        return FrameNumber(frame)
      }
      if let frame = takeFrame(zone: index) {
        handOut(frame, owner: owner)
        return FrameNumber(frame)
      }
      if index == 0 { return nil }
      index &-= 1
    }
  }

  /// Hands out 2^`order` frames in a row whose first is a multiple of 2^`order`, held once. Nil when there is no such
  /// run, or `order` is above `largestOrder`.
  public mutating func allocate(order: Int, zone: FrameZone = .any, owner: FrameOwner) -> FrameNumber? {
    if order == 0 { return allocate(zone: zone, owner: owner) }
    guard order > 0 && order <= FrameAllocator.largestOrder else { return nil }
    if allocationsUntilFailure != 0 && failsNow() { return nil }
    var index = zone.rawValue
    while index >= 0 {
      let block =
        takeBlock(order: order, zone: index) ?? takeBlockAfterDraining(order: order, zone: index)
        ?? takeUntouchedBlock(order: order, zone: index)
      if let frame = block {
        for inside in frame..<(frame &+ (1 &<< UInt32(order))) {
          records[inside].owner = owner
          records[inside].references = 0
          records[inside].order = FrameRecord.interior
        }
        records[frame].order = UInt8(truncatingIfNeeded: order)
        records[frame].references = 1
        ownerCounts[Int(owner.rawValue & 15)] &+= 1 &<< UInt32(order)
        return FrameNumber(frame)
      }
      index &-= 1
    }
    return nil
  }

  /// Takes a frame from the blocks of a zone whose cache is empty. Where there is a block of eight, the other seven fill
  /// the cache: to take one block costs as much as to take one frame.
  @inline(never)
  private mutating func takeFrame(zone: Int) -> UInt32? {
    if zones[zone].freeFrames == 0 { return nil }
    var eight = takeBlock(order: 3, zone: zone)
    if eight == nil {
      if let frame = takeBlock(order: 0, zone: zone) { return frame }
      eight = takeUntouchedBlock(order: 3, zone: zone)
    }
    guard let block = eight else { return nil }
    let first = block | placement.halves & 7
    var distance: UInt32 = 7
    while distance != 0 {
      cache(first ^ distance, zone: zone)
      distance &-= 1
    }
    return first
  }

  /// Puts a free frame that is in no list into its zone's cache.
  @inline(__always)
  private mutating func cache(_ frame: UInt32, zone: Int) {
    records[frame].references = 0
    records[frame].order = FrameRecord.cached
    records[frame].owner = .free
    records[frame].next = zones[zone].cached
    zones[zone].cached = frame
    zones[zone].cachedCount &+= 1
    zones[zone].freeFrames &+= 1
  }

  @inline(__always)
  mutating func handOut(_ frame: UInt32, owner: FrameOwner) {
    records[frame].references = 1
    records[frame].order = 0
    records[frame].owner = owner
    ownerCounts[Int(owner.rawValue & 15)] &+= 1
  }

  @inline(never)
  private mutating func failsNow() -> Bool {
    allocationsUntilFailure &-= 1
    return allocationsUntilFailure == 0
  }

  // MARK: Taking back

  /// Adds a holder to the block that starts at `frame`.
  public mutating func retain(_ frame: FrameNumber) throws(FrameFault) {
    try records.validate(frame)
    guard records[frame.value].references < FrameAllocator.holderLimit else {
      throw FrameFault.tooManyReferences(frame: frame)
    }
    records[frame.value].references &+= 1
  }

  /// Removes a holder from the block that starts at `frame`, and frees it when that was the last.
  /// - Returns: how many still hold it.
  @discardableResult
  public mutating func release(_ frame: FrameNumber) throws(FrameFault) -> UInt16 {
    try records.validate(frame)
    let left = records[frame.value].references &- 1
    if left != 0 {
      records[frame.value].references = left
    } else {
      free(frame.value)
    }
    return left
  }

  /// Adds a holder to a frame that a process maps, where it is memory of processes; any other is not taken from whoever has
  /// it. Returns whether there is something for `release` to take back; nil where no more holders can be counted.
  @inline(__always)
  public mutating func holdPage(_ frame: FrameNumber) -> Bool? {
    guard frame.value < records.count, records[frame.value].isPage else { return false }
    return records[frame.value].addHolder() ? true : nil
  }

  /// Removes a holder from a frame that `holdPage` held. Returns false, with nothing changed, where it is the last.
  @inline(__always)
  public mutating func releaseHeldPage(_ frame: FrameNumber) -> Bool { records[frame.value].removeHolder() }

  /// Frees the block of 2^`order` frames that starts at `frame` and that its only holder gives back.
  public mutating func free(_ frame: FrameNumber, order: Int = 0) throws(FrameFault) {
    try records.validate(frame)
    let record = records[frame.value]
    guard Int(record.order) == order else {
      throw FrameFault.wrongOrder(
        frame: frame, given: UInt8(truncatingIfNeeded: order), actual: record.order)
    }
    guard record.references == 1 else {
      throw FrameFault.stillShared(frame: frame, references: record.references)
    }
    free(frame.value)
  }

  /// Passes the handed-out block that starts at `frame` from its owner to `owner`.
  public mutating func changeOwner(of frame: FrameNumber, to owner: FrameOwner) throws(FrameFault) {
    try records.validate(frame)
    guard owner.isHandedOut else { throw FrameFault.alreadyOwned(frame: frame, owner: owner) }
    let size: UInt32 = 1 &<< UInt32(records[frame.value].order)
    ownerCounts[Int(records[frame.value].owner.rawValue & 15)] &-= size
    ownerCounts[Int(owner.rawValue & 15)] &+= size
    for inside in frame.value..<(frame.value &+ size) { records[inside].owner = owner }
  }

  /// Frees a handed-out block whose last holder is gone.
  @inline(__always)
  private mutating func free(_ frame: UInt32) {
    guard records[frame].order == 0 else { return freeBlock(frame) }
    ownerCounts[Int(records[frame].owner.rawValue & 15)] &-= 1
    let zone = FrameZone.index(of: frame)
    cache(frame, zone: zone)
    if zones[zone].cachedCount > FrameAllocator.cacheLimit {
      drain(zone: zone, to: FrameAllocator.cacheLimit / 2)
    }
  }

  @inline(never)
  private mutating func freeBlock(_ frame: UInt32) {
    let order = Int(records[frame].order)
    ownerCounts[Int(records[frame].owner.rawValue & 15)] &-= 1 &<< UInt32(order)
    records[frame].references = 0
    for inside in frame..<(frame &+ (1 &<< UInt32(order))) { records[inside].owner = .free }
    giveBlock(frame, order: order)
  }
}
