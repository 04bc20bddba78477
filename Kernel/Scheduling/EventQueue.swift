// The events of a task that it has not taken yet, in the order in which they came.
//
// Policy: one entry for each kind. An event of a kind that is pending is counted into the entry, which keeps the time
// of the first and the subject of the latest. So no event is lost, the queue never grows, and adding to it cannot fail,
// even from an interrupt.
//
// Invariant: the first `count` entries are of different kinds; each has a count of 1 or more.

/// The kinds, numbered as in the ABI's `EventKind`.
public enum TaskEvent: UInt8, Sendable {
  case childEnded, yieldAsked, stopAsked, timer

  /// Its bit in a set of kinds.
  public var bit: UInt8 { 1 &<< rawValue }
  /// In a task's `awaitedEvents`: it waits as a listener too (Listener.swift).
  public static var listenerBit: UInt8 { 0x80 }
}

public struct PendingEvent: Equatable, Sendable {
  public let kind: TaskEvent
  /// How many there were; stays at its highest value rather than wrap.
  public var count: UInt32
  public var subject: TaskIdentity
  /// When the first of them came, in nanoseconds since boot.
  public let time: UInt64

  mutating func add(_ times: UInt64) {
    count = UInt32(truncatingIfNeeded: min(UInt64(count) &+ min(times, 0xffff_ffff), 0xffff_ffff))
  }
}

public struct EventQueue {
  private var entries = InlineArray<4, PendingEvent?>(repeating: nil)
  public private(set) var count = 0

  public init() {}

  /// Adds an event.
  public mutating func add(_ kind: TaskEvent, subject: TaskIdentity, time: UInt64) {
    for index in 0..<count {
      guard var entry = entries[index], entry.kind == kind else { continue }
      entry.add(1)
      entry.subject = subject
      entries[index] = entry
      return
    }
    entries[count] = PendingEvent(kind: kind, count: 1, subject: subject, time: time)
    count &+= 1
  }

  /// Which of the set `kinds` are pending.
  public func pending(_ kinds: UInt8) -> UInt8 {
    var pending: UInt8 = 0
    for index in 0..<count {
      if let entry = entries[index] { pending |= entry.kind.bit & kinds }
    }
    return pending
  }

  /// Takes out the oldest entry whose kind is in the set `kinds`.
  public mutating func take(_ kinds: UInt8) -> PendingEvent? {
    for index in 0..<count {
      guard let entry = entries[index], entry.kind.bit & kinds != 0 else { continue }
      var place = index
      while place &+ 1 < count {
        entries[place] = entries[place &+ 1]
        place &+= 1
      }
      count &-= 1
      entries[count] = nil
      return entry
    }
    return nil
  }
}
