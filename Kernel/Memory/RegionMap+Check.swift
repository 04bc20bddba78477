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
    var previous: Region<Attributes>?
    var counted: UInt32 = 0
    if let violation = RegionMap.check(root, &previous, &counted) { return violation }
    return counted == count ? nil : .wrongCount(counted: counted, recorded: count)
  }

  private static func check(
    _ node: Reference<RegionNode<Attributes>>?, _ previous: inout Region<Attributes>?, _ counted: inout UInt32
  ) -> RegionViolation? {
    guard let node else { return nil }
    if let violation = check(node.value.left, &previous, &counted) { return violation }
    let region = node.value.region
    guard (try? validate(start: region.start, length: region.length)) != nil else {
      return .badRange(region: region.start)
    }
    if let previous {
      guard previous.end <= UInt64(region.start) else { return .disorder(region: region.start) }
      if previous.end == UInt64(region.start) && previous.attributes.joins(region.attributes) {
        return .notJoined(region: region.start)
      }
    }
    previous = region
    counted &+= 1
    if let violation = check(node.value.right, &previous, &counted) { return violation }
    let left = Tree.height(of: node.value.left)
    let right = Tree.height(of: node.value.right)
    guard max(left, right) &- min(left, right) <= 1 else { return .unbalanced(region: region.start) }
    guard node.value.summary == Tree.summary(of: node) else { return .wrongSummary(region: region.start) }
    return nil
  }
}
