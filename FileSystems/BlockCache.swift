// The blocks of a device that were used last, and in which order those go back that were changed.
//
// A block that was changed has a rank. Those of one rank go to the device before those of the next, with a flush between; those
// that may go at any time may go earlier as well. What the ranks mean is said where they are given (Ext2/Ext2FileSystem.swift).
//
// Invariants:
// - A block is in one slot at most; a slot with a block is in one bucket and in the list of ages.
// - What is not on the device yet is never forgotten: where a write fails, the block stays as it was, to be written again.
// - Looking up a block that is there takes no memory and copies nothing.

/// When a block that was changed may be written.
enum WriteRank: UInt8 {
  case unchanged = 0
  /// At any time, but before those that follow.
  case anyTime = 1
  case nodes = 2
  case names = 3
}

struct BlockCache<Device: BlockDevice> {
  struct Slot {
    var block: UInt32 = 0
    var rank = WriteRank.unchanged
    var isUsed = false
    /// The next of the same bucket; a negative number: none, here and below.
    var next: Int32 = -1
    var newer: Int32 = -1
    var older: Int32 = -1
  }

  var device: Device
  /// In bytes.
  let blockSize: Int
  /// How many blocks there are on the device, as far as the file system goes.
  let blockCount: UInt32
  let sectorsPerBlock: UInt32
  /// How many blocks are kept.
  let capacity: Int
  var bytes: [UInt8]
  var slots: [Slot]
  private var buckets: [Int32]
  private var newest: Int32 = -1
  private var oldest: Int32 = -1
  /// How many blocks have each rank.
  var counts = InlineArray<4, Int>(repeating: 0)
  /// Where blocks that follow one another come together.
  var staging: [UInt8]
  /// Slots in the order of their blocks, while they are written.
  var queue: [Int32] = []
  /// Whether something was written since the last flush.
  var needsFlush = false

  /// The most bytes that one request of the device moves.
  static var transferLimit: Int { 32_768 }

  init(device: Device, blockSize: Int, blockCount: UInt32, capacity: Int) {
    let capacity = max(16, capacity)
    self.device = device
    self.blockSize = blockSize
    self.blockCount = blockCount
    self.capacity = capacity
    sectorsPerBlock = UInt32(truncatingIfNeeded: blockSize / Sector.size)
    bytes = [UInt8](repeating: 0, count: capacity &* blockSize)
    slots = [Slot](repeating: Slot(), count: capacity)
    var bucketCount = 32
    while bucketCount < 2 &* capacity { bucketCount = bucketCount &* 2 }
    buckets = [Int32](repeating: -1, count: bucketCount)
    staging = [UInt8](repeating: 0, count: Self.transferLimit)
    queue.reserveCapacity(capacity)
    for slot in 0..<capacity { addNewest(slot) }
  }

  // MARK: Looking

  private func bucket(of block: UInt32) -> Int {
    Int((block &* 2_654_435_769) &>> 16) & (buckets.count &- 1)
  }

  /// The slot of a block, where it is kept.
  func find(_ block: UInt32) -> Int? {
    var slot = buckets[bucket(of: block)]
    while slot >= 0 {
      if slots[Int(slot)].block == block { return Int(slot) }
      slot = slots[Int(slot)].next
    }
    return nil
  }

  /// The slot of a block, which is read where it is not kept. It stays valid until the next call that may read.
  mutating func load(_ block: UInt32) throws(FileFailure) -> Int {
    if let slot = find(block) {
      makeNewest(slot)
      return slot
    }
    guard block < blockCount else { throw .damaged }
    try makeRoom(1)
    let slot = takeOldest()
    let (range, sector) = (range(of: slot), block &* sectorsPerBlock)
    try Self.read(&device, sector, into: &bytes, range)
    assign(slot, to: block)
    return slot
  }

  /// A slot for a block whose contents are of no interest: all zeros.
  mutating func loadZeros(_ block: UInt32) throws(FileFailure) -> Int {
    guard block < blockCount else { throw .damaged }
    let slot: Int
    if let found = find(block) {
      makeNewest(found)
      slot = found
    } else {
      try makeRoom(1)
      slot = takeOldest()
      assign(slot, to: block)
    }
    let range = range(of: slot)
    var span = bytes.mutableSpan
    span.clear(range)
    return slot
  }

  /// Reads blocks that follow one another in one request, as far as none of them is kept. Failing is no harm here: who needs
  /// one of them will read it.
  mutating func readAhead(from block: UInt32, count: Int) {
    var wanted = min(count, staging.count / blockSize, capacity / 4)
    var found = 0
    while found < wanted, find(block &+ UInt32(truncatingIfNeeded: found)) == nil { found &+= 1 }
    wanted = found
    guard wanted > 1, block < blockCount, UInt32(truncatingIfNeeded: wanted) <= blockCount &- block else { return }
    do throws(FileFailure) { try makeRoom(wanted) } catch { return }
    let (size, sector) = (wanted &* blockSize, block &* sectorsPerBlock)
    do throws(FileFailure) { try Self.read(&device, sector, into: &staging, 0..<size) } catch { return }
    for index in 0..<wanted {
      let slot = takeOldest()
      Self.copy(staging, range(of: index), to: &bytes, range(of: slot).lowerBound)
      assign(slot, to: block &+ UInt32(truncatingIfNeeded: index))
    }
  }

  /// Where the bytes of a slot lie.
  @inline(__always)
  func range(of slot: Int) -> Range<Int> { slot &* blockSize..<(slot &+ 1) &* blockSize }

  /// The bytes of a slot.
  @_lifetime(borrow self)
  func contents(_ slot: Int) -> Span<UInt8> { bytes.span.extracting(range(of: slot)) }

  /// Lends some bytes of a slot.
  func lend(_ slot: Int, _ part: Range<Int>, _ body: (Span<UInt8>) -> Bool) -> Bool {
    body(contents(slot).extracting(part))
  }

  /// Changes the bytes of a slot, which get a rank unless they have one.
  mutating func change(_ slot: Int, _ rank: WriteRank, _ body: (inout MutableSpan<UInt8>) -> Void) {
    mark(slot, rank)
    let range = range(of: slot)
    var span = bytes.mutableSpan
    var part = span._mutatingExtracting(range)
    body(&part)
  }

  /// Numbers in the bytes of a slot.
  func word(in slot: Int, _ offset: Int) -> UInt32 { contents(slot).word(offset) }
  func half(in slot: Int, _ offset: Int) -> UInt16 { contents(slot).half(offset) }
  func byte(in slot: Int, _ offset: Int) -> UInt8 { contents(slot)[offset] }

  /// A number in a block.
  mutating func word(_ block: UInt32, _ offset: Int) throws(FileFailure) -> UInt32 {
    let slot = try load(block)
    return word(in: slot, offset)
  }

  mutating func setWord(_ block: UInt32, _ offset: Int, _ value: UInt32, _ rank: WriteRank) throws(FileFailure) {
    let slot = try load(block)
    change(slot, rank) { $0.setWord(offset, value) }
  }

  // MARK: Bytes

  // Functions of their own: a span is taken for a use of all that the value has.

  private static func read(
    _ device: inout Device, _ sector: UInt32, into bytes: inout [UInt8], _ range: Range<Int>
  ) throws(FileFailure) {
    var span = bytes.mutableSpan
    var part = span._mutatingExtracting(range)
    do throws(BlockDeviceFailure) { try device.read(from: sector, into: &part) } catch { throw FileFailure(error) }
  }

  static func write(
    _ device: inout Device, _ bytes: borrowing [UInt8], _ range: Range<Int>, to sector: UInt32
  ) throws(FileFailure) {
    do throws(BlockDeviceFailure) { try device.write(bytes.span.extracting(range), to: sector) } catch {
      throw FileFailure(error)
    }
  }

  static func copy(_ source: borrowing [UInt8], _ range: Range<Int>, to target: inout [UInt8], _ offset: Int) {
    var span = target.mutableSpan
    span.copy(source.span.extracting(range), to: offset)
  }

  // MARK: Slots

  /// A block keeps the rank that it has: one that may go at any time was new when it got it, and nothing leads to it yet.
  private mutating func mark(_ slot: Int, _ rank: WriteRank) {
    guard slots[slot].rank == .unchanged, rank != .unchanged else { return }
    slots[slot].rank = rank
    counts[Int(rank.rawValue)] &+= 1
  }

  mutating func markWritten(_ slot: Int) {
    guard slots[slot].rank != .unchanged else { return }
    counts[Int(slots[slot].rank.rawValue)] &-= 1
    slots[slot].rank = .unchanged
  }

  var changedCount: Int { counts[1] &+ counts[2] &+ counts[3] }

  /// Sees to it that so many slots can be taken.
  private mutating func makeRoom(_ count: Int) throws(FileFailure) {
    if counts[1] > capacity / 2 || capacity &- changedCount < count {
      do throws(FileFailure) { try write(.anyTime) } catch {
        // Reading goes on as long as there is room.
        guard capacity &- changedCount >= count else { throw error }
      }
    }
    if capacity &- changedCount < count { try writeInOrder() }
  }

  /// Takes the slot that was not used for longest out of its bucket. There is one: `makeRoom` saw to it.
  private mutating func takeOldest() -> Int {
    var slot = oldest
    while slots[Int(slot)].rank != .unchanged { slot = slots[Int(slot)].newer }
    let taken = Int(slot)
    guard slots[taken].isUsed else { return taken }
    slots[taken].isUsed = false
    let bucket = bucket(of: slots[taken].block)
    if buckets[bucket] == slot {
      buckets[bucket] = slots[taken].next
    } else {
      var before = Int(buckets[bucket])
      while slots[before].next != slot { before = Int(slots[before].next) }
      slots[before].next = slots[taken].next
    }
    slots[taken].next = -1
    return taken
  }

  private mutating func assign(_ slot: Int, to block: UInt32) {
    let bucket = bucket(of: block)
    slots[slot].block = block
    slots[slot].isUsed = true
    slots[slot].next = buckets[bucket]
    buckets[bucket] = Int32(truncatingIfNeeded: slot)
    makeNewest(slot)
  }

  private mutating func makeNewest(_ slot: Int) {
    guard newest != Int32(truncatingIfNeeded: slot) else { return }
    let (newer, older) = (slots[slot].newer, slots[slot].older)
    if newer >= 0 { slots[Int(newer)].older = older }
    if older >= 0 { slots[Int(older)].newer = newer } else { oldest = newer }
    addNewest(slot)
  }

  private mutating func addNewest(_ slot: Int) {
    slots[slot].older = newest
    slots[slot].newer = -1
    let number = Int32(truncatingIfNeeded: slot)
    if newest >= 0 { slots[Int(newest)].newer = number } else { oldest = number }
    newest = number
  }
}

extension FileFailure {
  /// What the device said.
  init(_ failure: BlockDeviceFailure) {
    switch failure {
    case .readOnly: self = .readOnly
    case .outOfRange, .failed: self = .deviceFailed
    }
  }
}
