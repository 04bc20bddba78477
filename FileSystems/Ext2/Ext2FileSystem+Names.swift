// Making, linking, renaming and removing.
//
// Invariant: each of them looks at all that it needs, and sees to it that there is space, before it changes anything. In which
// order the changes reach the disk is said in Ext2FileSystem.swift.

import ABI
import Primitives

extension Ext2FileSystem {
  public mutating func create(
    _ name: Span<UInt8>, _ kind: NodeKind, in directory: NodeReference, mode: UInt32, time: UInt32, by owner: UInt32
  ) throws(FileFailure) -> NodeReference {
    switch kind {
    case .file, .directory: break
    case .symbolicLink: throw .badArgument
    case .other: throw .unsupported
    }
    let inode = Ext2Inode(kind: kind, mode: mode, time: time, generation: 0)
    return try add(name, inode, target: nil, in: directory, time: time)
  }

  public mutating func createLink(
    _ name: Span<UInt8>, to target: Span<UInt8>, in directory: NodeReference, time: UInt32, by owner: UInt32
  ) throws(FileFailure) -> NodeReference {
    guard !target.isEmpty else { throw .badArgument }
    for index in target.indices where target[index] == 0 { throw .badArgument }
    // A zero byte follows it in its block.
    guard target.count < geometry.blockSize else { throw .tooLarge }
    let inode = Ext2Inode(kind: .symbolicLink, mode: 0o777, time: time, generation: 0)
    return try add(name, inode, target: target, in: directory, time: time)
  }

  private mutating func add(
    _ name: Span<UInt8>, _ inode: Ext2Inode, target: Span<UInt8>?, in directory: NodeReference, time: UInt32
  ) throws(FileFailure) -> NodeReference {
    do throws(FileFailure) { return try addNode(name, inode, target: target, in: directory, time: time) } catch {
      note(error)
      throw error
    }
  }

  private mutating func addNode(
    _ name: Span<UInt8>, _ template: Ext2Inode, target: Span<UInt8>?, in directory: NodeReference, time: UInt32
  ) throws(FileFailure) -> NodeReference {
    try FileName.check(name)
    var parent = try self.directory(directory)
    guard try find(name, in: parent) == nil else { throw .exists }
    try checkChangeable(parent)
    let isDirectory = template.kind == .directory
    if isDirectory, parent.links >= Ext2Inode.linkLimit { throw .limitReached }
    try beginChange(time: time)
    let room = try findRoom(nameLength: name.count, in: parent)
    var isLong = false
    if let target { isLong = target.count >= Ext2Inode.shortLinkLimit }
    let blocks = (isDirectory || isLong ? 1 : 0) &+ (room == nil ? try blocksToGrow(parent) : 0)
    try reserve(blocks: blocks, inodes: 1)

    let number = try takeInode(in: directory.number, isDirectory: isDirectory)
    var inode = template
    inode.generation = try readInode(number).generation &+ 1
    inode.links = isDirectory ? 2 : 1
    if isDirectory || isLong {
      let goal = geometry.firstBlock(ofGroup: geometry.group(ofInode: number))
      let block = try takeBlock(0, of: &inode, near: goal).block
      inode.size = UInt64(geometry.blockSize)
      if isDirectory {
        try writeFirstBlock(block, own: number, parent: directory.number)
      } else if let target {
        let slot = try cache.loadZeros(block)
        cache.change(slot, .anyTime) { $0.copy(target, to: 0) }
      }
    }
    if let target { inode.size = UInt64(target.count) }
    try writeNew(number, inode, target: isLong ? nil : target)

    try addEntry(
      name, inode: number, type: inode.entryType, at: room, of: directory.number, &parent)
    if isDirectory { parent.links = parent.links &+ 1 }
    try writeChanged(directory.number, &parent, time: time)
    return NodeReference(number: number, generation: inode.generation)
  }

  /// Writes an inode that was free: all of it, also where the larger ones have more.
  private mutating func writeNew(
    _ number: UInt32, _ inode: Ext2Inode, target: Span<UInt8>?
  ) throws(FileFailure) {
    let (block, offset) = try place(ofInode: number)
    let slot = try cache.load(block)
    let size = Int(geometry.inodeSize)
    cache.change(slot, .nodes) { bytes in
      bytes.clear(offset..<offset &+ size)
      inode.write(to: &bytes, at: offset, links: inode.links)
      bytes.setWord(offset &+ InodeField.accessTime, inode.modificationTime)
      if let target { bytes.copy(target, to: offset &+ InodeField.pointers) }
      // i_extra_isize: the fields up to i_projid, all of them zero.
      if size > 128 { bytes.setHalf(offset &+ InodeField.extraSize, 32) }
    }
  }

  /// Writes the inode of a directory whose names were changed.
  private mutating func writeChanged(
    _ number: UInt32, _ inode: inout Ext2Inode, time: UInt32
  ) throws(FileFailure) {
    inode.flags &= ~Ext2Inode.hasIndex
    (inode.changeTime, inode.modificationTime) = (time, time)
    try writeInode(number, inode)
  }

  // MARK: Linking and removing

  public mutating func link(
    _ node: NodeReference, as name: Span<UInt8>, in directory: NodeReference, time: UInt32
  ) throws(FileFailure) {
    do throws(FileFailure) { try linkNode(node, as: name, in: directory, time: time) } catch {
      note(error)
      throw error
    }
  }

  private mutating func linkNode(
    _ node: NodeReference, as name: Span<UInt8>, in directory: NodeReference, time: UInt32
  ) throws(FileFailure) {
    try FileName.check(name)
    var inode = try inode(node)
    guard inode.kind != .directory else { throw .isADirectory }
    var parent = try self.directory(directory)
    guard try find(name, in: parent) == nil else { throw .exists }
    try checkChangeable(parent)
    try checkChangeable(inode)
    guard inode.links < Ext2Inode.linkLimit else { throw .limitReached }
    try beginChange(time: time)
    let room = try findRoom(nameLength: name.count, in: parent)
    if room == nil { try reserve(blocks: blocksToGrow(parent)) }
    inode.links = inode.links &+ 1
    inode.changeTime = time
    try writeInode(node.number, inode)
    try addEntry(
      name, inode: node.number, type: inode.entryType, at: room, of: directory.number, &parent)
    try writeChanged(directory.number, &parent, time: time)
  }

  public mutating func remove(
    _ name: Span<UInt8>, in directory: NodeReference, time: UInt32
  ) throws(FileFailure) {
    do throws(FileFailure) { try removeName(name, in: directory, time: time) } catch {
      note(error)
      throw error
    }
  }

  private mutating func removeName(
    _ name: Span<UInt8>, in directory: NodeReference, time: UInt32
  ) throws(FileFailure) {
    try FileName.check(name)
    var parent = try self.directory(directory)
    guard let place = try find(name, in: parent) else { throw .notFound }
    let number = place.entry.inode
    let inode = try named(number)
    if inode.kind == .directory { try checkRemovable(number, inode) }
    try checkChangeable(parent)
    try checkChangeable(inode)
    try beginChange(time: time)
    try writeOtherNames(of: inode)
    try removeEntry(place)
    try writeChanged(directory.number, &parent, time: time)
    try loseName(of: number, inode, in: directory.number, time: time)
  }

  /// Before a file loses one of several names: the others may be newer than what is on the disk.
  private mutating func writeOtherNames(of inode: Ext2Inode) throws(FileFailure) {
    if inode.kind != .directory, inode.links > 1, cache.counts[3] > 0 { try cache.writeInOrder() }
  }

  /// The inode that an entry leads to.
  private mutating func named(_ number: UInt32) throws(FileFailure) -> Ext2Inode {
    guard number >= geometry.firstInode else { throw .damaged }
    let inode = try readInode(number)
    guard inode.links > 0, inode.mode != 0, inode.flags & Ext2Inode.hasExtents == 0 else { throw .damaged }
    return inode
  }

  private mutating func checkRemovable(_ number: UInt32, _ inode: Ext2Inode) throws(FileFailure) {
    let checked = try directory(NodeReference(number: number, generation: inode.generation))
    guard try isEmpty(checked) else { throw .notEmpty }
  }

  /// What follows for an inode when one of its names is gone from a directory.
  private mutating func loseName(
    of number: UInt32, _ inode: Ext2Inode, in directory: UInt32, time: UInt32
  ) throws(FileFailure) {
    if inode.kind == .directory {
      // Its own "." and, in the directory around it, its "..".
      loseLinks(inode.links, of: number)
      if try readInode(directory).links > 2 { loseLinks(of: directory) }
    } else {
      var inode = inode
      inode.changeTime = time
      try writeInode(number, inode)
      loseLinks(of: number)
    }
  }

  // MARK: Renaming

  public mutating func rename(
    _ name: Span<UInt8>, in directory: NodeReference, to newName: Span<UInt8>, in newDirectory: NodeReference,
    time: UInt32
  ) throws(FileFailure) {
    do throws(FileFailure) { try renameNode(name, in: directory, to: newName, in: newDirectory, time: time) } catch {
      note(error)
      throw error
    }
  }

  private mutating func renameNode(
    _ name: Span<UInt8>, in directory: NodeReference, to newName: Span<UInt8>, in newDirectory: NodeReference,
    time: UInt32
  ) throws(FileFailure) {
    try FileName.check(name)
    try FileName.check(newName)
    let parent = try self.directory(directory)
    var newParent = try self.directory(newDirectory)
    guard let old = try find(name, in: parent) else { throw .notFound }
    let number = old.entry.inode
    let isMoved = directory.number != newDirectory.number
    var inode = try named(number)
    let isDirectory = inode.kind == .directory
    if isDirectory, isMoved {
      try checkNotInside(newDirectory.number, number)
      _ = try parentEntry(self.directory(NodeReference(number: number, generation: inode.generation)))
    }
    let target = try find(newName, in: newParent)
    var replaced: Ext2Inode?
    if let target {
      // Both names are the same node's: nothing is to be done.
      if target.entry.inode == number { return }
      let found = try named(target.entry.inode)
      if isDirectory {
        guard found.kind == .directory else { throw .notADirectory }
        try checkRemovable(target.entry.inode, found)
      } else {
        guard found.kind != .directory else { throw .isADirectory }
      }
      try checkChangeable(found)
      replaced = found
    }
    for inode in [parent, newParent, inode] { try checkChangeable(inode) }
    guard inode.links < Ext2Inode.linkLimit else { throw .limitReached }
    if isDirectory, isMoved, target == nil, newParent.links >= Ext2Inode.linkLimit { throw .limitReached }
    try beginChange(time: time)
    let room = target == nil ? try findRoom(nameLength: newName.count, in: newParent) : nil
    if target == nil, room == nil { try reserve(blocks: blocksToGrow(newParent)) }

    // A link more as long as both names are there, unless they are in one sector and so change at once.
    var isAtOnce = false
    if let place = target.map({ ($0.block, $0.offset) }) ?? room.map({ ($0.block, $0.start) }) {
      isAtOnce = place.0 == old.block && EntryRoom.sector(place.1) == EntryRoom.sector(old.offset)
      if let room, !room.isInOneSector { isAtOnce = false }
    }
    if let replaced { try writeOtherNames(of: replaced) }
    inode.changeTime = time
    if !isAtOnce { inode.links = inode.links &+ 1 }
    try writeInode(number, inode)
    if isDirectory, isMoved { newParent.links = newParent.links &+ 1 }
    if let target {
      try setEntry(target, inode: number, type: inode.entryType)
    } else {
      try addEntry(
        newName, inode: number, type: inode.entryType, at: room, of: newDirectory.number, &newParent)
    }
    try writeChanged(newDirectory.number, &newParent, time: time)
    if !isAtOnce { try cache.writeInOrder() }

    // The new name may have come between the old one and the entry before it.
    var oldParent = try self.directory(directory)
    guard let place = try find(name, in: oldParent) else { throw .damaged }
    try removeEntry(place)
    try writeChanged(directory.number, &oldParent, time: time)
    if !isAtOnce { loseLinks(of: number) }
    if isDirectory, isMoved {
      let moved = try self.directory(NodeReference(number: number, generation: inode.generation))
      try setEntry(parentEntry(moved), inode: newDirectory.number, type: 2)
      if try readInode(directory.number).links > 2 { loseLinks(of: directory.number) }
    }
    if let target, let replaced {
      try loseName(of: target.entry.inode, replaced, in: newDirectory.number, time: time)
    }
    // Its old name is gone before anything else moves: together with that it could lead around in a circle.
    if isDirectory, isMoved { try cache.writeInOrder() }
  }

  /// That a directory is not `other`, nor inside of it.
  private mutating func checkNotInside(_ directory: UInt32, _ other: UInt32) throws(FileFailure) {
    var current = directory
    // A way that leads back to where it was never comes to the root: where it was after 1, 2, 4, ... steps is remembered.
    var (remembered, steps, limit): (UInt32, UInt32, UInt32) = (0, 0, 1)
    while current != Self.rootInode {
      guard current != other else { throw .badArgument }
      guard current != remembered else { throw .damaged }
      if steps == limit { (remembered, steps, limit) = (current, 0, limit &<< 1) }
      steps &+= 1
      let inode = try named(current)
      let checked = try self.directory(NodeReference(number: current, generation: inode.generation))
      current = try parentEntry(checked).entry.inode
    }
    guard other != Self.rootInode else { throw .badArgument }
  }
}
