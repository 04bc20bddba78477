// Waiting for several things at once.

import ABI
import Runtime

/// A list of what is waited for.
///
///     var poll = Poll()
///     let keys = poll.add(.input, .readable)
///     let children = poll.addChildren()
///     if try poll.wait(), poll[keys].contains(.readable) { ... }
public struct Poll {
  private var entries = InlineArray<32, PollEntry>(repeating: PollEntry())
  public private(set) var count = 0

  public init() {}

  /// Adds what is waited for at a handle. Returns its place, or nil where there are 32 already.
  @discardableResult
  public mutating func add(_ handle: Handle, _ wanted: PollStates) -> Int? { add(PollEntry(handle.number, wanted)) }

  /// Adds the end of a child process.
  @discardableResult
  public mutating func addChildren() -> Int? { add(PollEntry(PollEntry.children, .readable)) }

  private mutating func add(_ entry: PollEntry) -> Int? {
    guard count < entries.count else { return nil }
    entries[count] = entry
    count += 1
    return count - 1
  }

  /// What there was at this place when the last wait ended.
  public subscript(place: Int?) -> PollStates {
    guard let place, place >= 0, place < count else { return [] }
    return entries[place].came
  }

  /// Waits until one of the things is as wanted, or an event of `kinds` is pending.
  /// - Parameter nanoseconds: the longest wait; 0: none; nil: no limit.
  /// - Returns: false where the time ran out.
  public mutating func wait(
    orEvents kinds: EventKinds = [], nanoseconds: UInt64? = nil
  ) throws(SystemError) -> Bool {
    let limit = WordPair(nanoseconds ?? .max)
    let count = UInt32(count)
    let result = unsafe withUnsafeMutablePointer(to: &entries) {
      unsafe $0.withMemoryRebound(to: PollEntry.self, capacity: 32) {
        unsafe SystemCalls.poll($0, count, kinds, limit.low, limit.high)
      }
    }
    if result == SystemError.timedOut.rawValue { return false }
    _ = try checked(result)
    return true
  }
}
