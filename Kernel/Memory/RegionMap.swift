// The regions of one address space, in the order of their addresses.
//
// Invariants:
// - regions are whole pages, do not overlap, and neighbours that join are one region;
// - an operation that throws has changed nothing: it takes the nodes it may need first;
// - `latest` is nil or a node in the tree.
//
// Finding a region, a free range, the next region, and inserting or removing one takes logarithmic time.

import Primitives

/// The regions of one address space. Ending the map gives its nodes back.
public struct RegionMap<Nodes: RegionNodeSource>: ~Copyable {
  public typealias Attributes = Nodes.Attributes
  typealias Tree = RegionTree<Nodes.Attributes>

  let nodes: Nodes
  var root: Reference<RegionNode<Attributes>>?
  /// The region found last: faults and copies come in runs.
  var latest: Reference<RegionNode<Attributes>>?
  public internal(set) var count: UInt32 = 0

  public init(nodes: Nodes) { self.nodes = nodes }

  deinit { RegionMap.free(root, to: nodes) }

  // MARK: Looking

  /// The region that holds `address`.
  public mutating func find(containing address: UInt32) -> Region<Attributes>? {
    if let latest, latest.value.region.contains(address) { return latest.value.region }
    guard let node = Tree.first(endingAbove: address, in: root), node.value.region.start <= address else {
      return nil
    }
    latest = node
    return node.value.region
  }

  /// The first region that ends above `address`: the one that holds it, or the next.
  public func first(endingAbove address: UInt32) -> Region<Attributes>? {
    Tree.first(endingAbove: address, in: root)?.value.region
  }

  /// The last region that starts below `address`.
  public func last(startingBelow address: UInt32) -> Region<Attributes>? {
    Tree.last(startingBelow: address, in: root)?.value.region
  }

  /// Passes each region that has a part in `range` to `body`, in the order of addresses, until it returns false.
  public func forEach(in range: VirtualRange, _ body: (Region<Attributes>) -> Bool) {
    var node = range.length == 0 ? nil : Tree.first(endingAbove: range.start, in: root)
    while let region = node?.value.region, UInt64(region.start) < range.end, body(region) {
      node = region.last == UInt32.max ? nil : Tree.first(endingAbove: region.last &+ 1, in: root)
    }
  }

  /// The first address in `range` that no region holds.
  public func firstHole(in range: VirtualRange) -> UInt32? {
    var address = UInt64(range.start)
    forEach(in: range) { region in
      guard UInt64(region.start) <= address else { return false }
      address = region.end
      return true
    }
    return address < range.end ? UInt32(truncatingIfNeeded: address) : nil
  }

  /// The lowest free range of `length` bytes in `window`.
  /// - Parameters:
  ///   - length: whole pages.
  ///   - alignment: a power of two, at least a page.
  ///   - margin: how many bytes must be free on either side as well, inside the window: room for guard pages.
  public func findGap(
    length: UInt32, in window: VirtualRange, alignment: UInt32 = pageSize, margin: UInt32 = 0
  ) -> UInt32? {
    guard length > 0, length & (pageSize &- 1) == 0, alignment >= pageSize,
      alignment & (alignment &- 1) == 0, margin & (pageSize &- 1) == 0
    else { return nil }
    let request = RegionGapRequest(
      length: UInt64(length), alignment: UInt64(alignment), margin: UInt64(margin),
      windowStart: UInt64(window.start), windowEnd: window.end)
    return Tree.findGap(request, in: root, low: 0, high: 0x1_0000_0000)
  }

  // MARK: Inserting

  /// Adds a region where there is none, joined with its neighbours where their attributes say so.
  public mutating func insert(_ region: Region<Attributes>) throws(RegionError) {
    let range = try RegionMap.validate(start: region.start, length: region.length)
    if let other = first(endingAbove: region.start), UInt64(other.start) < range.end {
      throw .overlaps(start: region.start, other: other.start)
    }
    if let before = last(startingBelow: region.start), before.end == UInt64(region.start),
      before.attributes.joins(region.attributes)
    {
      extend(start: before.start, to: region.end)
      joinNext(after: before.start)
      return
    }
    guard let node = makeNode(region) else { throw .outOfMemory }
    link(node)
    joinNext(after: region.start)
  }

  static func validate(start: UInt32, length: UInt32) throws(RegionError) -> VirtualRange {
    guard length > 0, (start | length) & (pageSize &- 1) == 0,
      let range = VirtualRange(start: start, length: length)
    else { throw .badRange(start: start, length: length) }
    return range
  }

  // MARK: Removing

  /// Removes what regions have in `range`, splitting those that reach out of it, and passes each removed piece to
  /// `body`. Holes are no error.
  public mutating func remove(
    start: UInt32, length: UInt32, _ body: (Region<Attributes>) -> Void
  ) throws(RegionError) {
    let range = try RegionMap.validate(start: start, length: length)
    // A region with parts on both sides becomes two; nothing else needs a node.
    if let region = first(endingAbove: start), region.start < start, region.end > range.end {
      try split(at: UInt32(truncatingIfNeeded: range.end))
    }
    while let region = first(endingAbove: start), UInt64(region.start) < range.end {
      if region.start < start {
        extend(start: region.start, to: UInt64(start))
        body(Region(start: start, length: distance(from: start, to: region.end), region.attributes))
      } else if region.end > range.end {
        body(
          Region(start: region.start, length: distance(from: region.start, to: range.end), region.attributes))
        moveStart(of: region.start, to: UInt32(truncatingIfNeeded: range.end))
      } else {
        unlink(startingAt: region.start)
        body(region)
      }
    }
  }

  /// Removes all regions.
  public mutating func removeAll() {
    RegionMap.free(root, to: nodes)
    root = nil
    latest = nil
    count = 0
  }

  // MARK: Changing

  /// Replaces the attributes of all that `range` holds by what `change` makes of them, splitting regions at its ends
  /// and joining those that are equal afterwards. The whole range must be covered.
  public mutating func change(
    start: UInt32, length: UInt32, _ change: (Attributes) -> Attributes
  ) throws(RegionError) {
    let range = try RegionMap.validate(start: start, length: length)
    if let hole = firstHole(in: range) { throw .notCovered(address: hole) }
    try splitAtEnds(of: range)
    var address = start
    while let node = Tree.first(endingAbove: address, in: root), UInt64(node.value.region.start) < range.end {
      node.value.region.attributes = change(node.value.region.attributes)
      guard node.value.region.end < range.end else { break }
      address = UInt32(truncatingIfNeeded: node.value.region.end)
    }
    joinAll(from: start, through: range.end)
  }

  /// Makes both ends of `range` ends of regions. Undoes the first split where the second has no node.
  private mutating func splitAtEnds(of range: VirtualRange) throws(RegionError) {
    let isSplit = try split(at: range.start)
    guard range.end <= UInt64(UInt32.max) else { return }
    do throws(RegionError) {
      try split(at: UInt32(truncatingIfNeeded: range.end))
    } catch {
      if isSplit, let before = last(startingBelow: range.start) { takeOverNext(of: before) }
      throw error
    }
  }

  /// Makes the region that holds `address` two that meet there. Returns false where it starts there already.
  @discardableResult
  private mutating func split(at address: UInt32) throws(RegionError) -> Bool {
    guard let region = first(endingAbove: address), region.start < address else { return false }
    let rest = Region(start: address, length: distance(from: address, to: region.end), region.attributes)
    guard let node = makeNode(rest) else { throw .outOfMemory }
    extend(start: region.start, to: UInt64(address))
    link(node)
    return true
  }

  /// Joins the regions that meet at an address from `start` through `end`, where their attributes say so.
  private mutating func joinAll(from start: UInt32, through end: UInt64) {
    var region = last(startingBelow: start) ?? first(endingAbove: start)
    while let current = region, current.end <= end {
      if joinNext(after: current.start) {
        region = first(endingAbove: current.start)
      } else {
        region = current.last == UInt32.max ? nil : first(endingAbove: current.last &+ 1)
      }
    }
  }

  /// Joins the region that starts at `start` with the next one, where it ends at that and they say so.
  @discardableResult
  private mutating func joinNext(after start: UInt32) -> Bool {
    guard let region = first(endingAbove: start), region.last < UInt32.max,
      let next = first(endingAbove: region.last &+ 1), UInt64(next.start) == region.end,
      region.attributes.joins(next.attributes)
    else { return false }
    takeOverNext(of: region)
    return true
  }

  /// Makes one region of `region` and the one right behind it.
  private mutating func takeOverNext(of region: Region<Attributes>) {
    guard let next = first(endingAbove: region.last &+ 1) else { return }
    unlink(startingAt: next.start)
    extend(start: region.start, to: next.end)
  }

  // MARK: Nodes

  private func distance(from start: UInt32, to end: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: end &- UInt64(start))
  }

  private func makeNode(_ region: Region<Attributes>) -> Reference<RegionNode<Attributes>>? {
    guard let pointer = unsafe nodes.allocateNode() else { return nil }
    unsafe pointer.initialize(to: RegionNode(region))
    return unsafe Reference(pointer)
  }

  private mutating func link(_ node: Reference<RegionNode<Attributes>>) {
    root = Tree.insert(node, into: root)
    count &+= 1
  }

  private mutating func unlink(startingAt start: UInt32) {
    guard let node = Tree.first(endingAbove: start, in: root) else { return }
    root = Tree.remove(startingAt: start, from: root)
    if latest == node { latest = nil }
    count &-= 1
    RegionMap.end(node, to: nodes)
  }

  /// Moves the end of the region that starts at `start`.
  private mutating func extend(start: UInt32, to end: UInt64) {
    guard let node = Tree.first(endingAbove: start, in: root) else { return }
    node.value.region.length = distance(from: start, to: end)
    Tree.refresh(root, above: start)
  }

  /// Moves the start of the region that starts at `start` up to `newStart`, inside it.
  private mutating func moveStart(of start: UInt32, to newStart: UInt32) {
    guard let node = Tree.first(endingAbove: start, in: root) else { return }
    node.value.region.length &-= newStart &- start
    node.value.region.start = newStart
    Tree.refresh(root, above: newStart)
  }

  private static func end(_ node: Reference<RegionNode<Attributes>>, to nodes: Nodes) {
    unsafe node.unsafePointer.deinitialize(count: 1)
    unsafe nodes.freeNode(node.unsafePointer)
  }

  private static func free(_ root: Reference<RegionNode<Attributes>>?, to nodes: Nodes) {
    guard let root else { return }
    free(root.value.left, to: nodes)
    free(root.value.right, to: nodes)
    end(root, to: nodes)
  }
}
