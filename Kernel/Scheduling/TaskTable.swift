// Finds tasks by identity.
//
// Identities count upwards and are never given twice within 2^31; a task sits in the slot `identity % capacity`, so
// an identity whose slot is taken is passed over. Looking one up is one load and one comparison.
//
// Invariant: slot s holds a task whose identity is s modulo the capacity, or nothing.

import Primitives

@safe public struct TaskTable: ~Copyable {
  private let slots: UnsafeMutablePointer<Reference<Task>?>
  private let mask: UInt32
  private var latest: UInt32 = 0
  public private(set) var count: Int = 0

  /// `storage` holds `capacity` (a power of two) initialized empty slots.
  @safe public init(storage: UnsafeMutablePointer<Reference<Task>?>, capacity: UInt32) {
    unsafe slots = storage
    mask = capacity &- 1
  }

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
    unsafe slots[Int(task.value.identity.value & mask)] = task
    count &+= 1
  }

  public mutating func remove(_ task: Reference<Task>) {
    unsafe slots[Int(task.value.identity.value & mask)] = nil
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
    // Few identities were given out since: try them one by one. Else look at every slot.
    if identity.value < latest && latest &- identity.value <= mask {
      var candidate = identity.value
      while candidate < latest {
        candidate &+= 1
        if let task = find(TaskIdentity(candidate)) { return task }
      }
      return nil
    }
    var best: Reference<Task>?
    for index in 0...Int(mask) {
      guard let task = unsafe slots[index], task.value.identity.value > identity.value else { continue }
      if let found = best, found.value.identity.value < task.value.identity.value { continue }
      best = task
    }
    return best
  }
}
