// Proves the invariants of a region map.

import Primitives

/// What `RegionMap.check` found wrong, at the region that starts at `region`.
public enum RegionViolation: Equatable, Sendable {
  /// Not whole pages, or past 2^32.
  case badRange(region: UInt32)
  /// It overlaps the region before it or lies below it.
  case disorder(region: UInt32)
  /// It should be one region with the one before it.
  case notJoined(region: UInt32)
  case unbalanced(region: UInt32)
  /// What the node knows of its subtree is wrong.
  case wrongSummary(region: UInt32)
  /// It is not between its neighbours.
  case wrongNeighbour(region: UInt32)
  /// What is held to be full has a free page.
  case notFull(address: UInt32)
  case wrongCount(counted: UInt32, recorded: UInt32)

  /// Writes one sentence that says what does not hold.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .badRange(let region):
      output.write(region: region, "is not a range of whole pages")
    case .disorder(let region):
      output.write(region: region, "overlaps the one before it")
    case .notJoined(let region):
      output.write(region: region, "was not joined with the one before it")
    case .unbalanced(let region):
      output.write(region: region, "has subtrees of too different heights")
    case .wrongSummary(let region):
      output.write(region: region, "has a wrong summary of its subtree")
    case .wrongNeighbour(let region):
      output.write(region: region, "is not linked with the one before it")
    case .notFull(let address):
      output.write("the address ")
      output.write(hexadecimal: address)
      output.write(" is free where the map holds all to be taken")
    case .wrongCount(let counted, let recorded):
      output.write("the map counts ")
      output.write(decimal: recorded)
      output.write(" regions and has ")
      output.write(decimal: counted)
    }
  }
}

extension TextOutput {
  fileprivate mutating func write(region: UInt32, _ text: StaticString) {
    write("the region at ")
    write(hexadecimal: region)
    write(" ")
    write(text)
  }
}

extension RegionMap {
  /// The first invariant that does not hold, or nil.
  public func check() -> RegionViolation? {
    var previous: Node?
    var counted: UInt32 = 0
    if let violation = check(root, &previous, &counted) { return violation }
    if let last = previous, last.value.next != nil { return .wrongNeighbour(region: last.value.region.start) }
    if previous == nil && lowest != nil { return .wrongCount(counted: 0, recorded: count) }
    if let range = VirtualRange(start: full.start, length: full.end &- full.start), let hole = firstHole(in: range) {
      return .notFull(address: hole)
    }
    return counted == count ? nil : .wrongCount(counted: counted, recorded: count)
  }

  private func check(_ node: Node?, _ previous: inout Node?, _ counted: inout UInt32) -> RegionViolation? {
    guard let node else { return nil }
    if let violation = check(node.value.left, &previous, &counted) { return violation }
    let region = node.value.region
    guard (try? RegionMap.validate(start: region.start, length: region.length)) != nil else {
      return .badRange(region: region.start)
    }
    if let before = previous?.value.region {
      guard before.end <= UInt64(region.start) else { return .disorder(region: region.start) }
      if before.end == UInt64(region.start) && before.attributes.joins(region.attributes) {
        return .notJoined(region: region.start)
      }
    }
    let isLinked = previous.map { $0.value.next == node } ?? (lowest == node)
    guard isLinked && node.value.previous == previous else { return .wrongNeighbour(region: region.start) }
    previous = node
    counted &+= 1
    if let violation = check(node.value.right, &previous, &counted) { return violation }
    let left = Tree.height(of: node.value.left)
    let right = Tree.height(of: node.value.right)
    guard max(left, right) &- min(left, right) <= 1 else { return .unbalanced(region: region.start) }
    // A proof changes nothing, also where it fails.
    let summary = node.value.summary
    defer { node.value.summary = summary }
    Tree.update(node)
    return node.value.summary == summary ? nil : .wrongSummary(region: region.start)
  }
}
