// A share of the processor's time: what one job, with all that it starts, gets beside others. However many tasks of it are ready,
// it has one place among those of a priority (RunQueue.swift), and what they use is billed to it.
//
// Invariants:
// - A level's `share` is the share that it is part of, from when it first had a task.
// - A level with a task lies in the run queue's list of its priority; one without lies there only where it is alone.

import Primitives

public struct Share: ~Copyable {
  /// 100 for whoever got no other one.
  public let weight: UInt32
  /// What has been used, in time stamps of a weight of 100: of those that are ready the one with the least runs.
  var time: UInt64 = 0
  /// What a time stamp counts, times 2^10.
  private let rate: UInt64
  /// What is ready, by priority.
  private var levels: InlineArray<32, ShareLevel>

  public static var usualWeight: UInt32 { 100 }
  public static var weights: ClosedRange<UInt32> { 1...1000 }

  public init(weight: UInt32 = usualWeight) {
    self.weight = weight
    rate = UInt64(Self.usualWeight &<< 10) / UInt64(max(weight, 1))
    levels = InlineArray { _ in ShareLevel() }
  }

  /// More than a second at once counts as a second or so: nobody was there to be kept from anything.
  mutating func bill(_ stamps: UInt64) { time &+= (min(stamps, 0xffff_ffff) &* rate) &>> 10 }

  /// The address of the level of a priority below 32.
  @inline(__always)
  fileprivate mutating func level(_ priority: UInt8) -> Reference<ShareLevel> {
    unsafe withUnsafeMutablePointer(to: &levels) {
      unsafe Reference(UnsafeMutableRawPointer($0).assumingMemoryBound(to: ShareLevel.self) + Int(priority))
    }
  }
}

/// The tasks of one share that are ready at one priority.
struct ShareLevel: ~Copyable {
  // First, so that a task that is ready tells its level by its queue.
  var tasks = TaskQueue()
  // Its neighbours among the levels of other shares.
  var next: Reference<ShareLevel>?
  var previous: Reference<ShareLevel>?
  var share: Reference<Share>?
}

extension Reference where Value == Share {
  @inline(__always)
  func level(_ priority: UInt8) -> Reference<ShareLevel> { value.level(priority) }
}

extension Reference where Value == ShareLevel {
  @inline(__always)
  var tasks: Reference<TaskQueue> { reference(to: &value.tasks) }

  /// Whether no other level is in its list.
  @inline(__always)
  var isAlone: Bool { value.next == nil && value.previous == nil }

  /// What its share has used.
  @inline(__always)
  var time: UInt64 { value.share.map { $0.value.time } ?? 0 }
}

/// The levels of one priority that have tasks, the one whose share has used least first. A level that is put in looks for its place from
/// both ends, at so many others at the most: so that takes constant time, and behind very many it may come some places too late.
struct LevelList {
  private(set) var first: Reference<ShareLevel>?
  private var last: Reference<ShareLevel>?

  private static var steps: Int { 16 }

  @inline(never)
  mutating func insert(_ level: Reference<ShareLevel>) {
    guard let first else { return put(level, behind: nil) }
    let time = level.time
    if time < first.time { return put(level, behind: nil) }
    var place = last
    var steps = 0
    while let candidate = place, steps < Self.steps, candidate.time > time {
      place = candidate.value.previous
      steps &+= 1
    }
    put(level, behind: place)
  }

  @inline(__always)
  private mutating func put(_ level: Reference<ShareLevel>, behind place: Reference<ShareLevel>?) {
    let next = place.map { $0.value.next } ?? first
    level.value.previous = place
    level.value.next = next
    if let place { place.value.next = level } else { first = level }
    if let next { next.value.previous = level } else { last = level }
  }

  @inline(never)
  mutating func remove(_ level: Reference<ShareLevel>) {
    let (next, previous) = (level.value.next, level.value.previous)
    if let previous { previous.value.next = next } else { first = next }
    if let next { next.value.previous = previous } else { last = previous }
  }
}
