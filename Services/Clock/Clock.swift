// The service that tells the time: the driver of Drivers/RealTimeClock.swift on ports that the placement provides.
//
// Invariants:
// - Setting the time does not write to the battery-backed clock, which other systems on the machine read too: what is set
//   is a distance from it, the only state that another placement needs.
// - The time is set for those alone who might drive the clock.
// - Every time that is told lies in the years from 1970 to 9999.
// - The ports are claimed with the first request, since the placement before gives them back only when its last call has
//   been answered.

import ABI
import Drivers
import Primitives
import ServiceSupport

struct ClockService: Service {
  static var name: StaticString { "clock" }

  private typealias Device = RealTimeClock<PlacedPorts>
  private var hasPorts = false
  /// Seconds to add to what the battery-backed clock shows.
  private var distance: Int64 = 0

  mutating func handle(_ request: inout Request) {
    switch ClockOperation(rawValue: request.operation) {
    case .time: tell(&request)
    case .set: set(&request)
    case nil: request.reply[0] = unknownOperation
    }
  }

  private mutating func tell(_ request: inout Request) {
    do throws(ClockFailure) {
      let device = try read().secondsSince1970
      guard let seconds = UInt64(exactly: Int64(device) + distance),
        let time = CalendarTime(secondsSince1970: seconds)
      else { throw .outOfRange }
      request.reply[1] = UInt32(truncatingIfNeeded: seconds)
      request.reply[2] = UInt32(truncatingIfNeeded: seconds >> 32)
      var text = ServiceLine()
      time.write(to: &text)
      request.write(text.bytes)
    } catch { request.reply[0] = error.rawValue }
  }

  private mutating func set(_ request: inout Request) {
    do throws(ClockFailure) {
      guard request.senderRights.contains(.clock) else { throw .notPermitted }
      let seconds = UInt64(request.words[0]) | UInt64(request.words[1]) << 32
      guard seconds < CalendarTime.endOfSeconds else { throw .outOfRange }
      distance = Int64(seconds) - Int64(try read().secondsSince1970)
    } catch { request.reply[0] = error.rawValue }
  }

  /// What the battery-backed clock shows. Takes its ports where they have not been taken yet.
  private mutating func read() throws(ClockFailure) -> CalendarTime {
    if !hasPorts { hasPorts = PlacedPorts.claimFromPredecessor(Device.ports) }
    guard hasPorts else { throw .absent }
    do throws(RealTimeClockError) { return try Device().read() } catch {
      PlacedLog.write { error.describe(to: &$0) }
      throw error == .absent ? .absent : .failed
    }
  }

  // MARK: Moving

  func save(to state: inout StateWriter) {
    state.write(UInt32(truncatingIfNeeded: distance))
    state.write(UInt32(truncatingIfNeeded: distance >> 32))
  }

  mutating func restore(from state: inout StateReader) -> Bool {
    guard let low = state.number(), let high = state.number(), state.isAtEnd else { return false }
    let distance = Int64(bitPattern: UInt64(low) | UInt64(high) << 32)
    guard distance.magnitude < CalendarTime.endOfSeconds else { return false }
    self.distance = distance
    return true
  }
}

typealias PlacedService = ClockService
