// How changed blocks go back to the device: in the order of their numbers, those that follow one another in one request.
//
// Invariant: a block counts as written only when the device took it; in what order it gets to the medium only `flush` says.

extension BlockCache {
  /// Writes all, rank by rank, each on the medium before the next begins.
  mutating func writeInOrder() throws(FileFailure) {
    try write(.anyTime)
    if counts[2] > 0 {
      try flush()
      try write(.nodes)
    }
    if counts[3] > 0 {
      try flush()
      try write(.names)
    }
    try flush()
  }

  mutating func flush() throws(FileFailure) {
    guard needsFlush else { return }
    do throws(BlockDeviceFailure) { try device.flush() } catch { throw FileFailure(error) }
    needsFlush = false
  }

  /// Writes one block now, if it was changed.
  mutating func write(block: UInt32) throws(FileFailure) {
    guard let slot = find(block), slots[slot].rank != .unchanged else { return }
    try writeRun(first: slot)
    markWritten(slot)
  }

  /// Writes the blocks of one rank.
  mutating func write(_ rank: WriteRank) throws(FileFailure) {
    guard counts[Int(rank.rawValue)] > 0 else { return }
    queue.removeAll(keepingCapacity: true)
    for slot in slots.indices where slots[slot].rank == rank { queue.append(Int32(truncatingIfNeeded: slot)) }
    sortQueue()
    var position = 0
    while position < queue.count {
      let first = slots[Int(queue[position])].block
      var length = 1
      while position &+ length < queue.count, (length &+ 1) &* blockSize <= staging.count,
        slots[Int(queue[position &+ length])].block == first &+ UInt32(truncatingIfNeeded: length)
      {
        length &+= 1
      }
      if length == 1 {
        try writeRun(first: Int(queue[position]))
      } else {
        try writeRun(from: position, length: length, to: first)
      }
      for index in position..<position &+ length { markWritten(Int(queue[index])) }
      position &+= length
    }
  }

  private mutating func writeRun(first slot: Int) throws(FileFailure) {
    needsFlush = true
    try Self.write(&device, bytes, range(of: slot), to: slots[slot].block &* sectorsPerBlock)
  }

  private mutating func writeRun(from position: Int, length: Int, to block: UInt32) throws(FileFailure) {
    for index in 0..<length {
      Self.copy(bytes, range(of: Int(queue[position &+ index])), to: &staging, range(of: index).lowerBound)
    }
    needsFlush = true
    try Self.write(&device, staging, 0..<length &* blockSize, to: block &* sectorsPerBlock)
  }

  /// By heap: in place, and never more than n log n steps.
  private mutating func sortQueue() {
    guard queue.count > 1 else { return }
    var start = queue.count / 2
    while start > 0 {
      start &-= 1
      sift(start, queue.count)
    }
    var end = queue.count
    while end > 1 {
      end &-= 1
      queue.swapAt(0, end)
      sift(0, end)
    }
  }

  private mutating func sift(_ start: Int, _ end: Int) {
    var root = start
    while true {
      var child = 2 &* root &+ 1
      guard child < end else { return }
      if child &+ 1 < end, key(child) < key(child &+ 1) { child &+= 1 }
      guard key(root) < key(child) else { return }
      queue.swapAt(root, child)
      root = child
    }
  }

  private func key(_ index: Int) -> UInt32 { slots[Int(queue[index])].block }
}
