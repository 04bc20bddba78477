// A disk in memory: blocks of 512 bytes, which are allocated when a file grows and given back when it goes.
//
// Invariant: a block is in the list of free ones or belongs to one file. Memory is taken only for blocks that were
// used.

struct Disk {
  static var blockSize: Int { 512 }
  static var blockLimit: Int { 512 }
  /// The most blocks of one process.
  static var blockShare: Int { blockLimit / 2 }

  private var bytes: [UInt8] = []
  /// The process that each block was allocated for; 0: a free one.
  private var owners: [UInt32] = []
  private var free: [UInt16] = []

  var freeBlocks: Int { Self.blockLimit - bytes.count / Self.blockSize + free.count }

  /// A block of zeros; nil where the disk is full.
  mutating func allocate(for process: UInt32) -> UInt16? {
    guard freeBlocks > 0 else { return nil }
    if let block = free.popLast() {
      let start = Int(block) * Self.blockSize
      for index in start..<(start + Self.blockSize) { bytes[index] = 0 }
      owners[Int(block)] = process
      return block
    }
    let block = bytes.count / Self.blockSize
    for _ in 0..<Self.blockSize { bytes.append(0) }
    owners.append(process)
    return UInt16(block)
  }

  mutating func release(_ block: UInt16) {
    owners[Int(block)] = 0
    free.append(block)
  }

  func blocks(of process: UInt32) -> Int { owners.count { $0 == process } }
  func owner(of block: UInt16) -> UInt32 { owners[Int(block)] }
  mutating func setOwner(of block: UInt16, _ process: UInt32) { owners[Int(block)] = process }

  func read(_ block: UInt16, at offset: Int, _ count: Int, into target: inout [UInt8]) {
    let start = Int(block) * Self.blockSize + offset
    target.append(contentsOf: bytes[start..<(start + count)])
  }

  mutating func write(_ block: UInt16, at offset: Int, _ source: [UInt8], from first: Int, _ count: Int) {
    let start = Int(block) * Self.blockSize + offset
    for index in 0..<count { bytes[start + index] = source[first + index] }
  }
}
