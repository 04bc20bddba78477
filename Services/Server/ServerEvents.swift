// What a service that is placed as a process waits for besides requests, and how it answers those that it keeps. Services/Module
// has the same for modules.

import ABI
import Primitives
import SDK
import ServiceSupport

/// The notification that all lines of the service signal: each has the bit of its number.
enum PlacedEvents {
  // A service does one thing at a time.
  nonisolated(unsafe) private(set) static var notification: Notification?
  nonisolated(unsafe) static var lines: UInt32 = 0

  /// The notification, made now where there is none yet.
  static func take() -> Notification? {
    if notification == nil { notification = try? Notification() }
    return notification
  }

  /// What is waited for until a moment, in nanoseconds since boot; `.max`: without limit.
  static func set(until moment: UInt64) -> WaitSet {
    var set = WaitSet()
    if let notification, lines != 0 {
      set.notification = notification.handle.number
      set.bits = lines
    }
    let now = Clock.sinceBoot
    set.time = WordPair(moment == .max ? .max : moment > now ? moment - now : 0)
    return set
  }
}

enum PlacedAnswers: KeptAnswers {
  nonisolated(unsafe) static var server: ServiceServer?

  static func send(_ words: InlineArray<6, UInt32>, _ bytes: [UInt8], to request: KeptRequest) -> Bool {
    server?.answer(request, words, bytes) ?? false
  }
}
