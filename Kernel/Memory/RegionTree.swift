// The balanced tree (AVL) under a region map, ordered by address.
//
// Invariants: the heights of a node's two subtrees differ by at most one; every node's summary is right once an
// operation returns. Recursion is as deep as the tree: at most 18 for 10,000 regions.

import Primitives

enum RegionTree<Attributes: RegionAttributes> {
  typealias Node = Reference<RegionNode<Attributes>>

  static func height(of node: Node?) -> UInt32 { node?.value.summary.height ?? 0 }

  /// What `node` must know of its subtree, by what its children know.
  static func summary(of node: Node) -> RegionSummary {
    let region = node.value.region
    var summary = RegionSummary(height: 0, lowest: region.start, highest: region.last, largestGap: 0)
    if let left = node.value.left?.value.summary {
      summary.height = left.height
      summary.lowest = left.lowest
      summary.largestGap = max(left.largestGap, region.start &- left.highest &- 1)
    }
    if let right = node.value.right?.value.summary {
      summary.height = max(summary.height, right.height)
      summary.highest = right.highest
      summary.largestGap = max(summary.largestGap, right.largestGap, right.lowest &- region.last &- 1)
    }
    summary.height &+= 1
    return summary
  }

  static func update(_ node: Node) { node.value.summary = summary(of: node) }

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

  /// Computes again what the nodes above the region that starts at `start` know, after it changed its ends.
  static func refresh(_ root: Node?, above start: UInt32) {
    guard let root else { return }
    if start < root.value.region.start {
      refresh(root.value.left, above: start)
    } else if start > root.value.region.start {
      refresh(root.value.right, above: start)
    }
    update(root)
  }

  // MARK: Finding

  /// The first region that ends above `address`.
  static func first(endingAbove address: UInt32, in root: Node?) -> Node? {
    var best: Node?
    var node = root
    while let current = node {
      if current.value.region.last >= address {
        best = current
        node = current.value.left
      } else {
        node = current.value.right
      }
    }
    return best
  }

  /// The last region that starts below `address`.
  static func last(startingBelow address: UInt32, in root: Node?) -> Node? {
    var best: Node?
    var node = root
    while let current = node {
      if current.value.region.start < address {
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
