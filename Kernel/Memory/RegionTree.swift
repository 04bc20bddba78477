// The balanced tree (AVL) under a region map, ordered by address.
//
// Invariants: the heights of a node's two subtrees differ by at most one; every node's summary is right once an
// operation returns. Recursion is as deep as the tree: at most 18 for 10,000 regions.

import Primitives

enum RegionTree<Attributes: RegionAttributes> {
  typealias Node = Reference<RegionNode<Attributes>>

  static func height(of node: Node?) -> UInt32 { node?.value.summary.height ?? 0 }

  /// Computes again what `node` knows of its subtree, by what its children know.
  static func update(_ node: Node) {
    node.value.summary.height = max(height(of: node.value.left), height(of: node.value.right)) &+ 1
    refreshEnds(of: node)
  }

  // MARK: Balance

  /// Restores the balance of a node one of whose subtrees changed its height by one. Returns the subtree's new top.
  static func balance(_ node: Node) -> Node {
    let left = height(of: node.value.left)
    let right = height(of: node.value.right)
    if left > right &+ 1, let child = node.value.left {
      if height(of: child.value.left) < height(of: child.value.right) {
        node.value.left = rotateLeft(child)
      }
      return rotateRight(node)
    }
    if right > left &+ 1, let child = node.value.right {
      if height(of: child.value.right) < height(of: child.value.left) {
        node.value.right = rotateRight(child)
      }
      return rotateLeft(node)
    }
    update(node)
    return node
  }

  private static func rotateLeft(_ node: Node) -> Node {
    guard let top = node.value.right else { return node }
    node.value.right = top.value.left
    top.value.left = node
    update(node)
    update(top)
    return top
  }

  private static func rotateRight(_ node: Node) -> Node {
    guard let top = node.value.left else { return node }
    node.value.left = top.value.right
    top.value.right = node
    update(node)
    update(top)
    return top
  }

  // MARK: Changing

  /// Puts `node` into the tree at `root`. Returns the new root.
  static func insert(_ node: Node, into root: Node?) -> Node {
    guard let root else { return node }
    if node.value.region.start < root.value.region.start {
      root.value.left = insert(node, into: root.value.left)
    } else {
      root.value.right = insert(node, into: root.value.right)
    }
    return balance(root)
  }

  /// Takes the node that starts at `start` out of the tree at `root`. Returns the new root.
  static func remove(startingAt start: UInt32, from root: Node?) -> Node? {
    guard let root else { return nil }
    if start < root.value.region.start {
      root.value.left = remove(startingAt: start, from: root.value.left)
    } else if start > root.value.region.start {
      root.value.right = remove(startingAt: start, from: root.value.right)
    } else {
      guard let left = root.value.left else { return root.value.right }
      guard let right = root.value.right else { return left }
      // The next node takes the place of the removed one.
      let next = first(in: right)
      next.value.right = removeFirst(from: right)
      next.value.left = left
      return balance(next)
    }
    return balance(root)
  }

  private static func first(in root: Node) -> Node {
    var node = root
    while let left = node.value.left { node = left }
    return node
  }

  private static func removeFirst(from root: Node) -> Node? {
    guard let left = root.value.left else { return root.value.right }
    root.value.left = removeFirst(from: left)
    return balance(root)
  }

  /// Computes again what the node of the region that starts at `start` and those above it know, after the region
  /// changed its ends.
  /// - Returns: whether `root` knows something else now.
  @discardableResult
  static func refresh(_ root: Node?, above start: UInt32) -> Bool {
    guard let root else { return false }
    if start < root.value.region.start {
      guard refresh(root.value.left, above: start) else { return false }
    } else if start > root.value.region.start {
      guard refresh(root.value.right, above: start) else { return false }
    }
    return refreshEnds(of: root)
  }

  /// What `update` does, where the height is right already.
  /// - Returns: whether anything changed.
  @discardableResult @inline(__always)
  private static func refreshEnds(of node: Node) -> Bool {
    var lowest = node.value.region.start
    var highest = node.value.region.last
    var largestGap: UInt32 = 0
    if let left = node.value.left {
      largestGap = max(left.value.summary.largestGap, lowest &- left.value.summary.highest &- 1)
      lowest = left.value.summary.lowest
    }
    if let right = node.value.right {
      largestGap = max(largestGap, right.value.summary.largestGap, right.value.summary.lowest &- highest &- 1)
      highest = right.value.summary.highest
    }
    if node.value.summary.lowest == lowest && node.value.summary.highest == highest
      && node.value.summary.largestGap == largestGap
    {
      return false
    }
    node.value.summary.lowest = lowest
    node.value.summary.highest = highest
    node.value.summary.largestGap = largestGap
    return true
  }

  // MARK: Finding

  /// The last region that starts at or below `address`.
  static func last(startingAtOrBelow address: UInt32, in root: Node?) -> Node? {
    var best: Node?
    var node = root
    while let current = node {
      if current.value.region.start <= address {
        best = current
        node = current.value.right
      } else {
        node = current.value.left
      }
    }
    return best
  }

  /// The lowest place for `request` among the regions of the subtree at `root`, which lies in `low ..< high` and has
  /// neighbours or the edges of the address space there.
  static func findGap(_ request: RegionGapRequest, in root: Node?, low: UInt64, high: UInt64) -> UInt32? {
    guard low < request.windowEnd, high > request.windowStart, high &- low >= request.span else { return nil }
    guard let root else { return request.place(low: low, high: high) }
    let summary = root.value.summary
    let before = UInt64(summary.lowest) &- low
    let after = high &- UInt64(summary.highest) &- 1
    guard max(UInt64(summary.largestGap), before, after) >= request.span else { return nil }
    let region = root.value.region
    return findGap(request, in: root.value.left, low: low, high: UInt64(region.start))
      ?? findGap(request, in: root.value.right, low: region.end, high: high)
  }
}

/// What a free range is wanted for.
struct RegionGapRequest {
  var length: UInt64
  /// A power of two.
  var alignment: UInt64
  /// Bytes that must be free on either side.
  var margin: UInt64
  var windowStart: UInt64
  var windowEnd: UInt64

  /// The least that a gap must have.
  var span: UInt64 { length &+ 2 &* margin }

  /// The lowest place within the gap `low ..< high` and the window.
  func place(low: UInt64, high: UInt64) -> UInt32? {
    let first = max(low, windowStart) &+ margin
    let start = (first &+ (alignment &- 1)) & ~(alignment &- 1)
    guard start &+ length &+ margin <= min(high, windowEnd) else { return nil }
    return UInt32(truncatingIfNeeded: start)
  }
}
