// The tree of all paths of an archive set, so that a path is found without reading the archives.
//
// Each path that an entry names or lies below is a node: the node of its folder, its last component where some
// archive writes it, and the entry, if it has one. Nodes are found through a hash table keyed by the folder's node and
// the component.
//
// Invariants:
// - a node comes after that of its folder; node 0 is the root;
// - a node in use has only folders above it; one that a later file or link hides is `hidden` for ever, and its path
//   gets a new node when it is named again;
// - there is room: each component of each entry's path makes one node at the most.

import Primitives

@safe
struct ArchiveIndex {
  /// Where the entry of a node is.
  struct Place {
    let archive: Int
    let offset: Int
    let segment: Int
  }

  private enum State: UInt8 { case hidden, impliedFolder, folder, other }

  private struct Node {
    var hash: UInt32
    var folder: UInt16
    /// The next node of the same hash bucket; 0: there is none, since the root is in no bucket.
    var next: UInt16 = 0
    var state: State
    var archive: UInt8
    /// The last component of the path, in the archive's bytes.
    var componentStart: Int
    var componentLength: Int
    var offset = 0
    var segment = 0
  }

  private let nodes: UnsafeMutablePointer<Node>
  private let buckets: UnsafeMutablePointer<UInt16>
  private let bucketMask: UInt32
  private var count = 1

  private subscript(_ number: Int) -> Node {
    unsafeAddress { unsafe UnsafePointer(nodes + number) }
    nonmutating unsafeMutableAddress { unsafe nodes + number }
  }

  private static func bucketCount(components: Int) -> Int {
    var count = 16
    while count < components { count &*= 2 }
    return count
  }

  /// The bytes for paths of `components` components together.
  static func size(components: Int) -> Int {
    MemoryLayout<Node>.stride &* (components &+ 1) &+ 2 &* bucketCount(components: components)
  }

  /// An index of the root alone. Unsafe: `storage` must have `size` bytes that nothing else uses.
  @unsafe init(storage: UnsafeMutableRawPointer, components: Int) {
    unsafe nodes = storage.bindMemory(to: Node.self, capacity: components &+ 1)
    unsafe nodes.initialize(
      to: Node(hash: 0, folder: 0, state: .impliedFolder, archive: 0, componentStart: 0, componentLength: 0))
    let bucketCount = Self.bucketCount(components: components)
    unsafe buckets = storage.advanced(by: MemoryLayout<Node>.stride &* (components &+ 1))
      .bindMemory(to: UInt16.self, capacity: bucketCount)
    unsafe buckets.initialize(repeating: 0, count: bucketCount)
    bucketMask = UInt32(truncatingIfNeeded: bucketCount &- 1)
  }

  /// The FNV-1a hash of a folder's number and a component.
  private static func hash(_ folder: Int, _ component: Span<UInt8>) -> UInt32 {
    var hash: UInt32 = 0x811c_9dc5 ^ UInt32(truncatingIfNeeded: folder)
    hash = hash &* 0x0100_0193
    for index in component.indices { hash = (hash ^ UInt32(component[index])) &* 0x0100_0193 }
    return hash
  }

  /// The node of `component` in the folder of number `folder`, or nil.
  private func child(
    of folder: Int, named component: Span<UInt8>, hash: UInt32, in archives: borrowing InlineArray<8, Archive?>
  ) -> Int? {
    var number = unsafe Int(buckets[Int(hash & bucketMask)])
    while number != 0 {
      if self[number].hash == hash && Int(self[number].folder) == folder && self[number].state != .hidden,
        let archive = archives[Int(self[number].archive)]
      {
        let start = self[number].componentStart
        let end = start &+ self[number].componentLength
        if archive.bytes.extracting(start..<end).hasSameBytes(as: component) { return number }
      }
      number = Int(self[number].next)
    }
    return nil
  }

  /// The number of the node of a path that has been checked, or nil.
  func find(_ path: Span<UInt8>, in archives: borrowing InlineArray<8, Archive?>) -> Int? {
    var node = 0
    var position = 0
    while let range = path.nextComponent(from: &position) {
      let component = path.extracting(range)
      guard let next = child(of: node, named: component, hash: Self.hash(node, component), in: archives) else {
        return nil
      }
      node = next
    }
    return node
  }

  /// The first node after `number` that is in the folder of number `folder`.
  func child(of folder: Int, after number: Int) -> Int? {
    // Whoever lists a directory may say any position.
    guard number < count else { return nil }
    var next = number &+ 1
    while next < count {
      if Int(self[next].folder) == folder, self[next].state != .hidden { return next }
      next &+= 1
    }
    return nil
  }

  /// Where the last component of a node's path is written.
  func component(of number: Int) -> (archive: Int, range: Range<Int>) {
    let node = self[number]
    return (Int(node.archive), node.componentStart..<(node.componentStart &+ node.componentLength))
  }

  /// Where the entry of a node is; nil for a folder without one.
  func place(of number: Int) -> Place? {
    let node = self[number]
    guard node.state == .folder || node.state == .other else { return nil }
    return Place(archive: Int(node.archive), offset: node.offset, segment: node.segment)
  }

  /// Where the entry is that comes after `position` others in the order of the nodes.
  func place(ofVisibleEntry position: Int) -> Place? {
    var left = position
    for number in 0..<count {
      guard let place = place(of: number) else { continue }
      if left == 0 { return place }
      left &-= 1
    }
    return nil
  }

  /// Lays an entry over what is there. `archives` has its archive at `number`.
  mutating func add(_ entry: ArchiveEntry, number: Int, in archives: borrowing InlineArray<8, Archive?>) {
    guard let archive = archives[number] else { return }
    let name = archive.name(of: entry)
    var place = 0
    var position = 0
    var component = 0..<0
    while let range = name.nextComponent(from: &position) {
      component = range
      // What lies below a path makes it a folder.
      if self[place].state == .other { self[place].state = .impliedFolder }
      let hash = Self.hash(place, name.extracting(range))
      place =
        child(of: place, named: name.extracting(range), hash: hash, in: archives)
        ?? makeNode(
          Node(
            hash: hash, folder: UInt16(truncatingIfNeeded: place), state: .impliedFolder,
            archive: UInt8(truncatingIfNeeded: number), componentStart: entry.name.lowerBound &+ range.lowerBound,
            componentLength: range.count))
    }
    let isFolder = entry.kind == .folder
    if !isFolder && self[place].state != .other { hideContents(of: place) }
    self[place].state = isFolder ? .folder : .other
    self[place].archive = UInt8(truncatingIfNeeded: number)
    self[place].componentStart = entry.name.lowerBound &+ component.lowerBound
    self[place].componentLength = component.count
    self[place].offset = entry.offset
    self[place].segment = entry.segment
  }

  private mutating func makeNode(_ node: Node) -> Int {
    var node = node
    let bucket = Int(node.hash & bucketMask)
    node.next = unsafe buckets[bucket]
    unsafe (nodes + count).initialize(to: node)
    unsafe buckets[bucket] = UInt16(truncatingIfNeeded: count)
    defer { count &+= 1 }
    return count
  }

  /// Hides all that lies in the folder of number `folder`.
  private mutating func hideContents(of folder: Int) {
    for number in folder &+ 1..<max(count, folder &+ 1) {
      let above = unsafe Int(nodes[number].folder)
      if unsafe above == folder || nodes[above].state == .hidden { self[number].state = .hidden }
    }
  }
}
