// What the clock must do: tell the time that the kernel knows, in both forms, and go on from what it is set to.

import ABI
import Primitives
import SDK
import ServiceSupport

extension Conformance {
  /// 2100-02-28 23:59:58: the day after is the first of March.
  static var endOfFebruary2100: UInt64 { 4_107_542_398 }

  static func checksClock() -> Bool {
    do throws(SystemError) {
      let clock = try ClockClient()
      defer { clock.close() }
      guard case .time(let first) = try clock.time() else { return false }
      // The kernel read the same clock when the machine booted.
      let expected = Clock.bootTime + Clock.sinceBoot / 1_000_000_000
      guard first.secondsSince1970 + 2 > expected, first.secondsSince1970 < expected + 3 else { return false }
      guard try clock.set(secondsSince1970: endOfFebruary2100) == nil, case .time(let set) = try clock.time(),
        set.secondsSince1970 == endOfFebruary2100 || set.secondsSince1970 == endOfFebruary2100 + 1,
        isText(set, "2100-02-28 23:59:5")
      else { return false }
      guard try clock.set(secondsSince1970: endOfFebruary2100 + 2) == nil, case .time(let next) = try clock.time(),
        isText(next, "2100-03-01 00:00:0")
      else { return false }
      // What lies outside is refused, and the time before stays; at the end of 9999 time is up.
      guard try clock.set(secondsSince1970: 253_402_300_800) == .outOfRange,
        try clock.set(secondsSince1970: .max) == .outOfRange, case .time(let after) = try clock.time(),
        after.secondsSince1970 - next.secondsSince1970 < 2
      else { return false }
      guard try clock.set(secondsSince1970: 253_402_300_799) == nil else { return false }
      Thread.sleep(milliseconds: 1100)
      guard case .failure(.outOfRange) = try clock.time() else { return false }
      guard try clock.set(secondsSince1970: 0) == nil, case .time(let zero) = try clock.time() else { return false }
      return isText(zero, "1970-01-01 00:00:0")
    } catch {
      return false
    }
  }

  /// Whether a time's text is `start` and one more digit.
  private static func isText(_ time: ClockClient.Time, _ start: StaticString) -> Bool {
    time.text.count == 19 && Array(time.text[..<18]) == Bytes(start).copied
  }

  /// A server of the clock is ended; the next one has the ports and, from what was saved, the time.
  static func clockSurvivesItsEnd() -> Bool {
    do throws(SystemError) {
      let clock = try ClockClient()
      guard try clock.set(secondsSince1970: endOfFebruary2100) == nil, manage(.save, "clock"),
        let server = ServiceList.find(Bytes("clock"))?.owner, server != 0
      else { return false }
      try TaskIdentity(server).kill(status: 1)
      clock.close()
    } catch { return false }
    for _ in 0..<500 {
      do throws(SystemError) {
        let clock = try ClockClient()
        defer { clock.close() }
        guard case .time(let time) = try clock.time() else { return false }
        return time.secondsSince1970 >= endOfFebruary2100 && time.secondsSince1970 < endOfFebruary2100 + 10
      } catch { Thread.sleep(milliseconds: 10) }
    }
    return false
  }
}
