// What an address space promises: a region is a range of whole pages with one meaning.

import Primitives

/// What a region means to whoever keeps the map: permissions, purpose, owner.
public protocol RegionAttributes: Equatable {
  /// Whether a region with these attributes and one right behind it with the attributes `next` become one region.
  /// Mappings do when they are equal; two stacks never do.
  func joins(_ next: Self) -> Bool
}

/// A range of whole pages, `start ..< end`, with one meaning.
public struct Region<Attributes: RegionAttributes>: Equatable {
  public internal(set) var start: UInt32
  /// In bytes; never 0.
  public internal(set) var length: UInt32
  public var attributes: Attributes

  public init(start: UInt32, length: UInt32, _ attributes: Attributes) {
    self.start = start
    self.length = length
    self.attributes = attributes
  }

  /// The first address behind the region; 2^32 for the last one possible.
  public var end: UInt64 { UInt64(start) &+ UInt64(length) }
  /// The last address in the region.
  var last: UInt32 { start &+ (length &- 1) }

  public func contains(_ address: UInt32) -> Bool { address >= start && address <= last }
}

/// Why a change to a region map was refused. Nothing was changed.
public enum RegionError: Error, Equatable, Sendable {
  /// The range is empty, is not made of whole pages, or passes 2^32.
  case badRange(start: UInt32, length: UInt32)
  /// Part of the range belongs to the region that starts at `other`.
  case overlaps(start: UInt32, other: UInt32)
  /// No region holds `address`.
  case notCovered(address: UInt32)
  /// No memory for the map itself.
  case outOfMemory

  /// Writes one sentence that says what was wrong.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .badRange(let start, let length):
      output.write("the ")
      output.write(decimal: length)
      output.write(" bytes at ")
      output.write(hexadecimal: start)
      output.write(" are not a range of whole pages")
    case .overlaps(let start, let other):
      output.write("the range at ")
      output.write(hexadecimal: start)
      output.write(" overlaps the region at ")
      output.write(hexadecimal: other)
    case .notCovered(let address):
      output.write("no region holds the address ")
      output.write(hexadecimal: address)
    case .outOfMemory:
      output.write("there is no memory to describe one more region")
    }
  }
}

/// What a node knows of the subtree below it.
struct RegionSummary: Equatable {
  /// The longest way down, the node itself included.
  var height: UInt32
  /// The first address of the subtree's first region.
  var lowest: UInt32
  /// The last address of the subtree's last region.
  var highest: UInt32
  /// The longest free range between two neighbours of the subtree, in bytes.
  var largestGap: UInt32
}

/// A region in the tree of its map, and between its neighbours.
public struct RegionNode<Attributes: RegionAttributes> {
  var region: Region<Attributes>
  var left: Reference<RegionNode>?
  var right: Reference<RegionNode>?
  /// The regions right below and above this one in the order of addresses.
  var previous: Reference<RegionNode>?
  var next: Reference<RegionNode>?
  var summary: RegionSummary

  init(_ region: Region<Attributes>) {
    self.region = region
    summary = RegionSummary(height: 1, lowest: region.start, highest: region.last, largestGap: 0)
  }
}

/// Where a region map gets its nodes.
public protocol RegionNodeSource {
  associatedtype Attributes: RegionAttributes
  /// Room for one node, uninitialized; nil when there is none.
  func allocateNode() -> UnsafeMutablePointer<RegionNode<Attributes>>?
  /// Takes back what `allocateNode` gave, uninitialized.
  func freeNode(_ node: UnsafeMutablePointer<RegionNode<Attributes>>)
}
