// Asking the service `clock` what time it is, wherever that is placed.

import ABI
import Primitives
import ServiceSupport

public struct ClockClient {
  private let service: ServiceClient

  public init() throws(SystemError) { service = try ServiceClient("clock") }

  public func close() { service.close() }

  /// What the clock says.
  public struct Time {
    public let secondsSince1970: UInt64
    /// Date and time as `2026-01-31 23:59:58`.
    public let text: [UInt8]
  }

  public enum Answer {
    case time(Time)
    case failure(ClockFailure)
  }

  public func time() throws(SystemError) -> Answer {
    var text: [UInt8] = []
    let reply = try service.call(ClockOperation.time.rawValue, reply: &text, capacity: 32)
    if let failure = try Verdict<ClockFailure>.failure(reply[0]) { return .failure(failure) }
    return .time(Time(secondsSince1970: UInt64(reply[1]) | UInt64(reply[2]) << 32, text: text))
  }

  /// Sets the time. Returns why that was refused, or nil.
  public func set(secondsSince1970 seconds: UInt64) throws(SystemError) -> ClockFailure? {
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = UInt32(truncatingIfNeeded: seconds)
    words[1] = UInt32(truncatingIfNeeded: seconds >> 32)
    var none: [UInt8] = []
    return try Verdict.failure(try service.call(ClockOperation.set.rawValue, words: words, reply: &none)[0])
  }
}

extension ClockFailure {
  public var sentence: StaticString {
    switch self {
    case .absent: "the machine has no clock, or somebody else drives it"
    case .failed: "the clock gives no time"
    case .outOfRange: "not a time from 1970 to 9999"
    case .notPermitted: "whoever asks has not the right \"clock\""
    }
  }
}
