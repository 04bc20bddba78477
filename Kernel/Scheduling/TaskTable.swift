// Finds tasks by identity.
//
// Identities count upwards and are never given twice within 2^31; a task sits in the slot `identity % capacity`, so
// an identity whose slot is taken is passed over. Looking one up is one load and one comparison.
//
// Invariants:
// - Slot s holds a task whose identity is s modulo the capacity, or nothing.
// - A bit of `occupied` is set exactly where its slot holds a task: whoever goes from task to task passes over thousands of empty
//   slots.

import Primitives

@safe public struct TaskTable: ~Copyable {
  private let slots: UnsafeMutablePointer<Reference<Task>?>
  private let mask: UInt32
  private var latest: UInt32 = 0
  public private(set) var count: Int = 0
  private let occupied: UnsafeMutablePointer<UInt32>

  /// `storage` holds `storageCount(capacity)` initialized empty slots; the capacity is a power of two. The bits lie behind the
  /// slots, and are clear as those are empty.
  @safe public init(storage: UnsafeMutablePointer<Reference<Task>?>, capacity: UInt32) {
    unsafe slots = storage
    unsafe occupied = UnsafeMutableRawPointer(storage + Int(capacity)).assumingMemoryBound(to: UInt32.self)
    mask = capacity &- 1
  }

  /// How many slots of storage a table for so many tasks needs.
  public static func storageCount(_ capacity: Int) -> Int { capacity + (capacity + 31) / 32 }

  public var capacity: Int { Int(mask) &+ 1 }

  /// The next identity whose slot is free, or nil when the table is full.
  public mutating func reserveIdentity() -> TaskIdentity? {
    guard count <= Int(mask) else { return nil }
    var candidate = latest
    repeat {
      candidate = candidate >= 0x7fff_ffff ? 1 : candidate &+ 1
    } while unsafe slots[Int(candidate & mask)] != nil
    latest = candidate
    return TaskIdentity(candidate)
  }

  public mutating func insert(_ task: Reference<Task>) {
    let slot = task.value.identity.value & mask
    unsafe slots[Int(slot)] = task
    unsafe occupied[Int(slot &>> 5)] |= 1 &<< (slot & 31)
    count &+= 1
  }

  public mutating func remove(_ task: Reference<Task>) {
    let slot = task.value.identity.value & mask
    unsafe slots[Int(slot)] = nil
    unsafe occupied[Int(slot &>> 5)] &= ~(1 &<< (slot & 31))
    count &-= 1
  }

  public func find(_ identity: TaskIdentity) -> Reference<Task>? {
    guard identity.value != 0, let task = unsafe slots[Int(identity.value & mask)],
      task.value.identity == identity
    else { return nil }
    return task
  }

  /// The task with the smallest identity above `identity`, or nil.
  public func next(after identity: TaskIdentity) -> Reference<Task>? {
    // Few identities were given out since: they lie one behind the other. Else look at every task.
    if identity.value < latest && latest &- identity.value <= mask { return next(from: identity.value &+ 1) }
    var best: Reference<Task>?
    for word in 0...Int(mask &>> 5) {
      var bits = unsafe occupied[word]
      while bits != 0 {
        let slot = word &<< 5 &+ bits.trailingZeroBitCount
        bits &= bits &- 1
        guard let task = unsafe slots[slot], task.value.identity.value > identity.value else { continue }
        if let found = best, found.value.identity.value < task.value.identity.value { continue }
        best = task
      }
    }
    return best
  }

  /// The task with the smallest identity from `first` to the latest.
  private func next(from first: UInt32) -> Reference<Task>? {
    let width = min(32, mask &+ 1)
    var candidate = first
    while candidate <= latest {
      let slot = candidate & mask
      let bits = unsafe occupied[Int(slot &>> 5)] &>> (slot & 31)
      if bits == 0 {
        candidate &+= width &- slot & (width &- 1)
        continue
      }
      candidate &+= UInt32(bits.trailingZeroBitCount)
      // One that is much older may have the slot.
      if candidate <= latest, let task = find(TaskIdentity(candidate)) { return task }
      candidate &+= 1
    }
    return nil
  }
}
