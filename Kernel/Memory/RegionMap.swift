// The regions of one address space, in the order of their addresses.
//
// Invariants:
// - regions are whole pages, do not overlap, and neighbours that join are one region;
// - an operation that throws has changed nothing: it takes the nodes it may need first;
// - the nodes are a tree and, from `lowest` on, a list in the same order; `latest` is nil or one of them;
// - regions hold every page of `full`.
//
// Finding a region, a free range, and inserting or removing a region takes logarithmic time; the neighbours of a
// region, and a page where `full` ends, are found at once.

import Primitives

/// The regions of one address space. Ending the map gives its nodes back.
public struct RegionMap<Nodes: RegionNodeSource>: ~Copyable {
  public typealias Attributes = Nodes.Attributes
  typealias Tree = RegionTree<Nodes.Attributes>
  typealias Node = Reference<RegionNode<Nodes.Attributes>>

  /// First, where the debugger looks for it (Tools/gdb/megha.py).
  var root: Node?
  var lowest: Node?
  /// The region found or changed last: faults, copies and mappings come in runs.
  var latest: Node?
  /// From the start of the window that free pages were last looked for in: pages that are all taken.
  var full = FullRange()
  public internal(set) var count: UInt32 = 0
  let nodes: Nodes

  /// Addresses `start ..< end`, whole pages.
  struct FullRange {
    var start: UInt32 = 0
    var end: UInt32 = 0
  }

  public init(nodes: Nodes) { self.nodes = nodes }

  deinit { RegionMap.free(root, to: nodes) }

  // MARK: Looking

  /// The last region that starts at or below `address`.
  private func node(startingAtOrBelow address: UInt32) -> Node? {
    if let latest, latest.value.region.start <= address {
      guard let next = latest.value.next, next.value.region.start <= address else { return latest }
    }
    return Tree.last(startingAtOrBelow: address, in: root)
  }

  /// The first region that ends above `address`: the one that holds it, or the next.
  private func node(endingAbove address: UInt32) -> Node? {
    guard let node = node(startingAtOrBelow: address) else { return lowest }
    return node.value.region.last >= address ? node : node.value.next
  }

  /// The region that holds `address`.
  public mutating func find(containing address: UInt32) -> Region<Attributes>? {
    if let latest, latest.value.region.contains(address) { return latest.value.region }
    guard let node = node(startingAtOrBelow: address), node.value.region.last >= address else { return nil }
    latest = node
    return node.value.region
  }

  /// The first region that ends above `address`: the one that holds it, or the next.
  public func first(endingAbove address: UInt32) -> Region<Attributes>? {
    node(endingAbove: address)?.value.region
  }

  /// The last region that starts below `address`.
  public func last(startingBelow address: UInt32) -> Region<Attributes>? {
    address == 0 ? nil : node(startingAtOrBelow: address &- 1)?.value.region
  }

  /// Passes each region that has a part in `range` to `body`, in the order of addresses, until it returns false.
  public func forEach(in range: VirtualRange, _ body: (Region<Attributes>) -> Bool) {
    var node = range.length == 0 ? nil : node(endingAbove: range.start)
    while let current = node, UInt64(current.value.region.start) < range.end, body(current.value.region) {
      node = current.value.next
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
  public mutating func findGap(
    length: UInt32, in window: VirtualRange, alignment: UInt32 = pageSize, margin: UInt32 = 0
  ) -> UInt32? {
    guard length > 0, length & (pageSize &- 1) == 0, alignment >= pageSize,
      alignment & (alignment &- 1) == 0, margin & (pageSize &- 1) == 0
    else { return nil }
    let isPlain = alignment == pageSize && margin == 0 && window.start & (pageSize &- 1) == 0
    if isPlain, let place = gapAboveFull(length: length, in: window) { return place }
    let request = RegionGapRequest(
      length: UInt64(length), alignment: UInt64(alignment), margin: UInt64(margin),
      windowStart: UInt64(window.start), windowEnd: window.end)
    let place = Tree.findGap(request, in: root, low: 0, high: 0x1_0000_0000)
    // The lowest free page of the window: everything below it is taken.
    if isPlain && length == pageSize, let place { full = FullRange(start: window.start, end: place) }
    return place
  }

  /// The free range right above the pages that are known to be taken, where it is long enough.
  private mutating func gapAboveFull(length: UInt32, in window: VirtualRange) -> UInt32? {
    if full.start != window.start { full = FullRange(start: window.start, end: window.start) }
    guard UInt64(full.end) < window.end else { return nil }
    var node = node(endingAbove: full.end)
    // A few regions without a gap between them; more of them are for the tree.
    for _ in 0..<4 {
      guard let current = node, current.value.region.start <= full.end else { break }
      guard current.value.region.last < UInt32.max else { return nil }
      full.end = current.value.region.last &+ 1
      node = current.value.next
    }
    let end = min(node.map { UInt64($0.value.region.start) } ?? 0x1_0000_0000, window.end)
    return UInt64(full.end) &+ UInt64(length) <= end ? full.end : nil
  }

  // MARK: Inserting

  /// Adds a region where there is none, joined with its neighbours where their attributes say so.
  public mutating func insert(_ region: Region<Attributes>) throws(RegionError) {
    _ = try RegionMap.validate(start: region.start, length: region.length)
    let before = node(startingAtOrBelow: region.start)
    if let before, before.value.region.last >= region.start {
      throw .overlaps(start: region.start, other: before.value.region.start)
    }
    let after = before.map { $0.value.next } ?? lowest
    if let after, after.value.region.start &- region.start < region.length {
      throw .overlaps(start: region.start, other: after.value.region.start)
    }
    if let before, RegionMap.meet(before.value.region, region) {
      setLength(of: before, before.value.region.length &+ region.length)
      joinNext(after: before)
      latest = before
      return
    }
    guard let node = makeNode(region) else { throw .outOfMemory }
    link(node, after: before)
    joinNext(after: node)
    latest = node
  }

  /// Whether `next` begins where `region` ends, and they are to be one.
  private static func meet(_ region: Region<Attributes>, _ next: Region<Attributes>) -> Bool {
    // A region that ends at 2^32 has nothing after it.
    region.start &+ region.length == next.start && region.attributes.joins(next.attributes)
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
    var node = node(endingAbove: start)
    // A region with parts on both sides becomes two; nothing else needs a node.
    if let current = node, current.value.region.start < start, current.value.region.end > range.end {
      try split(current, at: UInt32(truncatingIfNeeded: range.end))
    }
    if start < full.end { full.end = max(full.start, start) }
    while let current = node, UInt64(current.value.region.start) < range.end {
      node = current.value.next
      let region = current.value.region
      if region.start < start {
        setLength(of: current, start &- region.start)
        body(Region(start: start, length: distance(from: start, to: region.end), region.attributes))
      } else if region.end > range.end {
        body(
          Region(start: region.start, length: distance(from: region.start, to: range.end), region.attributes))
        moveStart(of: current, to: UInt32(truncatingIfNeeded: range.end))
      } else {
        unlink(current)
        body(region)
      }
    }
  }

  /// Removes all regions.
  public mutating func removeAll() {
    RegionMap.free(root, to: nodes)
    root = nil
    lowest = nil
    latest = nil
    full = FullRange()
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
    guard let first = node(endingAbove: start) else { return }
    var node: Node? = first
    while let current = node, UInt64(current.value.region.start) < range.end {
      current.value.region.attributes = change(current.value.region.attributes)
      node = current.value.next
    }
    joinAll(from: first.value.previous ?? first, through: range.end)
  }

  /// Makes both ends of `range` ends of regions. Undoes the first split where the second has no node.
  private mutating func splitAtEnds(of range: VirtualRange) throws(RegionError) {
    guard let first = node(endingAbove: range.start) else { return }
    let isSplit = first.value.region.start < range.start
    if isSplit { try split(first, at: range.start) }
    guard range.end <= UInt64(UInt32.max) else { return }
    let end = UInt32(truncatingIfNeeded: range.end)
    guard let last = node(endingAbove: end), last.value.region.start < end else { return }
    do throws(RegionError) {
      try split(last, at: end)
    } catch {
      if isSplit { takeOverNext(of: first) }
      throw error
    }
  }

  /// Makes `node`, whose region holds `address` above its start, two that meet there.
  private mutating func split(_ node: Node, at address: UInt32) throws(RegionError) {
    let region = node.value.region
    let rest = Region(start: address, length: distance(from: address, to: region.end), region.attributes)
    guard let restNode = makeNode(rest) else { throw .outOfMemory }
    setLength(of: node, address &- region.start)
    link(restNode, after: node)
  }

  /// Joins the regions that meet at an address from the end of `node` through `end`, where their attributes say so.
  private mutating func joinAll(from node: Node, through end: UInt64) {
    var node: Node? = node
    while let current = node, current.value.region.end <= end {
      if !joinNext(after: current) { node = current.value.next }
    }
  }

  /// Joins the region of `node` with the next one, where it ends at that and they say so.
  @discardableResult
  private mutating func joinNext(after node: Node) -> Bool {
    guard let next = node.value.next, RegionMap.meet(node.value.region, next.value.region) else { return false }
    takeOverNext(of: node)
    return true
  }

  /// Makes one region of that of `node` and the one right behind it.
  private mutating func takeOverNext(of node: Node) {
    guard let next = node.value.next else { return }
    let length = next.value.region.length
    unlink(next)
    setLength(of: node, node.value.region.length &+ length)
  }

  // MARK: Nodes

  private func distance(from start: UInt32, to end: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: end &- UInt64(start))
  }

  private func makeNode(_ region: Region<Attributes>) -> Node? {
    guard let pointer = unsafe nodes.allocateNode() else { return nil }
    unsafe pointer.initialize(to: RegionNode(region))
    return unsafe Reference(pointer)
  }

  /// Puts `node` behind `previous`; nil: before all others.
  private mutating func link(_ node: Node, after previous: Node?) {
    let next = previous.map { $0.value.next } ?? lowest
    node.value.previous = previous
    node.value.next = next
    if let previous { previous.value.next = node } else { lowest = node }
    next?.value.previous = node
    root = Tree.insert(node, into: root)
    count &+= 1
  }

  private mutating func unlink(_ node: Node) {
    let previous = node.value.previous
    let next = node.value.next
    if let previous { previous.value.next = next } else { lowest = next }
    next?.value.previous = previous
    root = Tree.remove(startingAt: node.value.region.start, from: root)
    if latest == node { latest = previous }
    count &-= 1
    RegionMap.end(node, to: nodes)
  }

  /// Moves the end of the region of `node`.
  private mutating func setLength(of node: Node, _ length: UInt32) {
    node.value.region.length = length
    Tree.refresh(root, above: node.value.region.start)
  }

  /// Moves the start of the region of `node` up to `start`, inside it.
  private mutating func moveStart(of node: Node, to start: UInt32) {
    node.value.region.length &-= start &- node.value.region.start
    node.value.region.start = start
    Tree.refresh(root, above: start)
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
