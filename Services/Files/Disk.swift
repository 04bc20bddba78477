// A disk in memory: blocks of 512 bytes, which are allocated when a file grows and given back when it goes.
//
// Invariant: a block is in the list of free ones or belongs to one file. Memory is taken only for blocks that were used.

struct Disk {
  static var blockSize: Int { 512 }
  static var blockLimit: Int { 512 }

  private var bytes: [UInt8] = []
  private var free: [UInt16] = []
  private var used = 0

  var freeBlocks: Int { Self.blockLimit - used }

  /// A block of zeros; nil where the disk is full.
  mutating func allocate() -> UInt16? {
    guard used < Self.blockLimit else { return nil }
    used += 1
    if let block = free.popLast() {
      let start = Int(block) * Self.blockSize
      for index in start..<(start + Self.blockSize) { bytes[index] = 0 }
      return block
    }
    let block = bytes.count / Self.blockSize
    for _ in 0..<Self.blockSize { bytes.append(0) }
    return UInt16(block)
  }

  mutating func release(_ block: UInt16) {
    free.append(block)
    used -= 1
  }

  func read(_ block: UInt16, at offset: Int, _ count: Int, into target: inout [UInt8]) {
    let start = Int(block) * Self.blockSize + offset
    target.append(contentsOf: bytes[start..<(start + count)])
  }

  mutating func write(_ block: UInt16, at offset: Int, _ source: [UInt8], from first: Int, _ count: Int) {
    let start = Int(block) * Self.blockSize + offset
    for index in 0..<count { bytes[start + index] = source[first + index] }
  }
}
