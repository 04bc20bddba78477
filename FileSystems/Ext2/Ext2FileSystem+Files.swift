// The contents of files: read, written, made shorter and longer.
//
// Invariant: behind the end of a file its last block holds zeros, as far as it was written here; so a file that gets longer shows
// nothing of what was there before.

import ABI

extension Ext2FileSystem {
  public mutating func read(
    _ node: NodeReference, at position: UInt32, count: Int, _ body: (Span<UInt8>) -> Bool
  ) throws(FileFailure) {
    let inode = try inode(node)
    switch inode.kind {
    case .directory: throw .isADirectory
    case .other: throw .unsupported
    case .file, .symbolicLink: break
    }
    guard count > 0, UInt64(position) < inode.size else { return }
    let end = min(UInt64(position) &+ UInt64(count), inode.size)
    if inode.isShortLink(blockSize: geometry.blockSize) {
      guard inode.size < UInt64(Ext2Inode.shortLinkLimit) else { throw .damaged }
      let (block, offset) = try place(ofInode: node.number)
      let slot = try cache.load(block)
      let start = offset &+ InodeField.pointers
      _ = cache.lend(slot, start &+ Int(position)..<start &+ Int(end), body)
      return
    }
    let size = UInt64(geometry.blockSize)
    var place = UInt64(position)
    var ahead: UInt32 = 0
    while place < end {
      // A position of 32 bits, or the end of a file that it lies in, in blocks of 1,024 bytes or more.
      guard let index = UInt32(exactly: geometry.part(place)) else { return }
      let start = geometry.offset(place)
      let stop = Int(min(size, UInt64(start) &+ (end &- place)))
      let block = try block(index, of: inode)
      let goesOn: Bool
      if block == 0 {
        goesOn = body(zeros.span.extracting(start..<stop))
      } else {
        if index >= ahead {
          ahead = try readAhead(from: index, block: block, to: geometry.part(inode.size &- 1), of: inode)
        }
        let slot = try cache.load(block)
        goesOn = cache.lend(slot, start..<stop, body)
      }
      if !goesOn { return }
      place = place &+ UInt64(stop &- start)
    }
  }

  /// Where a part of a file is to be read from the device, reads those behind it too that follow it on the device.
  ///
  /// - Returns: the first part that was not looked at.
  private mutating func readAhead(
    from index: UInt32, block first: UInt32, to last: UInt64, of inode: Ext2Inode
  ) throws(FileFailure) -> UInt32 {
    guard cache.find(first) == nil else { return index &+ 1 }
    let limit = cache.staging.count / cache.blockSize
    var count: UInt32 = 1
    while Int(count) < limit, UInt64(index) &+ UInt64(count) <= last {
      guard try block(index &+ count, of: inode) == first &+ count else { break }
      count &+= 1
    }
    cache.readAhead(from: first, count: Int(count))
    return index &+ count
  }

  /// The inode of a file that may be changed.
  private mutating func changeableFile(_ node: NodeReference, time: UInt32) throws(FileFailure) -> Ext2Inode {
    let inode = try inode(node)
    switch inode.kind {
    case .directory: throw .isADirectory
    case .symbolicLink, .other: throw .badArgument
    case .file: break
    }
    try checkChangeable(inode)
    try beginChange(time: time)
    return inode
  }

  /// That nobody has forbidden changes of it.
  func checkChangeable(_ inode: Ext2Inode) throws(FileFailure) {
    guard inode.flags & (Ext2Inode.isImmutable | Ext2Inode.isAppendOnly) == 0 else { throw .readOnly }
  }

  public mutating func write(
    _ node: NodeReference, at position: UInt32, _ bytes: Span<UInt8>, time: UInt32, by owner: UInt32
  ) throws(FileFailure) {
    do throws(FileFailure) { try writeBytes(node, at: position, bytes, time: time) } catch {
      note(error)
      throw error
    }
  }

  private mutating func writeBytes(
    _ node: NodeReference, at position: UInt32, _ bytes: Span<UInt8>, time: UInt32
  ) throws(FileFailure) {
    var inode = try changeableFile(node, time: time)
    guard !bytes.isEmpty else { return }
    let (end, overflow) = UInt64(position).addingReportingOverflow(UInt64(bytes.count))
    guard !overflow, end <= UInt64(geometry.sizeLimit) else { throw .tooLarge }
    let size = geometry.blockSize
    let first = position / size
    let last = UInt32(truncatingIfNeeded: geometry.part(end &- 1))
    try reserve(blocks: countMissing(from: first, to: last, of: inode))
    try clearTail(of: inode, before: UInt64(position))
    (inode.changeTime, inode.modificationTime) = (time, time)
    var done = 0
    do throws(FileFailure) {
      var goal = try goal(before: first, of: inode, number: node.number)
      var index = first
      while done < bytes.count {
        let start = done == 0 ? Int(position % size) : 0
        let count = min(Int(size) &- start, bytes.count &- done)
        let (block, isNew) = try takeBlock(index, of: &inode, near: goal)
        goal = block &+ 1
        let slot = isNew || count == Int(size) ? try cache.loadZeros(block) : try cache.load(block)
        cache.change(slot, .anyTime) { $0.copy(bytes.extracting(done..<done &+ count), to: start) }
        done &+= count
        index &+= 1
      }
    } catch {
      // Only a device that failed, or damage, leads here: what was written is the file's all the same.
      inode.size = max(inode.size, UInt64(position) &+ UInt64(done))
      do throws(FileFailure) { try writeInode(node.number, inode) } catch {}
      throw error
    }
    inode.size = max(inode.size, end)
    try writeInode(node.number, inode)
  }

  /// Where a file is to go on behind its end: what lies there in its last block becomes zeros, whoever wrote it.
  private mutating func clearTail(of inode: Ext2Inode, before position: UInt64) throws(FileFailure) {
    guard position > inode.size, let block = try block(with: inode.size, of: inode) else { return }
    try clear(block, from: inode.size)
  }

  /// The block with a position of a file, unless it begins with it or there is none.
  private mutating func block(with position: UInt64, of inode: Ext2Inode) throws(FileFailure) -> UInt32? {
    guard geometry.offset(position) > 0, let index = UInt32(exactly: geometry.part(position)) else { return nil }
    let block = try block(index, of: inode)
    guard block != 0 else { return nil }
    try checkOwn(block)
    return block
  }

  private mutating func clear(_ block: UInt32, from position: UInt64) throws(FileFailure) {
    let slot = try cache.load(block)
    let (start, end) = (geometry.offset(position), cache.blockSize)
    cache.change(slot, .anyTime) { $0.clear(start..<end) }
  }

  public mutating func resize(
    _ node: NodeReference, to size: UInt32, time: UInt32, by owner: UInt32
  ) throws(FileFailure) {
    do throws(FileFailure) { try setSize(of: node, to: UInt64(size), time: time) } catch {
      note(error)
      throw error
    }
  }

  private mutating func setSize(of node: NodeReference, to size: UInt64, time: UInt32) throws(FileFailure) {
    var inode = try changeableFile(node, time: time)
    guard size <= UInt64(geometry.sizeLimit) else { throw .tooLarge }
    (inode.changeTime, inode.modificationTime) = (time, time)
    if size >= inode.size {
      try clearTail(of: inode, before: size)
      inode.size = size
      return try writeInode(node.number, inode)
    }
    let last = try block(with: size, of: inode)
    try shorten(node.number, &inode, to: size)
    if let last { try clear(last, from: size) }
    try commitWhereFull()
  }

  public mutating func change(
    _ node: NodeReference, mode: UInt32?, modified: UInt32?
  ) throws(FileFailure) {
    do throws(FileFailure) {
      var inode = try inode(node)
      try checkChangeable(inode)
      try beginChange(time: latestTime)
      if let mode { inode.mode = inode.mode & ~0o7777 | UInt16(truncatingIfNeeded: mode & 0o7777) }
      if let modified { inode.modificationTime = modified }
      try writeInode(node.number, inode)
    } catch {
      note(error)
      throw error
    }
  }
}
