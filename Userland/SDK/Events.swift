// Events: what the kernel and other tasks tell a task. A task takes them when it wants to; none is lost, and several of
// one kind that it did not take in time come as one, with their number.

import ABI
import Primitives
import Runtime

public enum Events {
  /// Waits for an event of one of these kinds and takes it.
  ///
  /// - Parameter nanoseconds: the longest wait; 0 does not wait.
  /// - Returns: nil where none came in time.
  public static func next(
    _ kinds: EventKinds = .all, within nanoseconds: UInt64 = .max
  ) throws(SystemError) -> Event? {
    var event = Event()
    do throws(SystemError) {
      _ = try checked(
        unsafe SystemCalls.eventWait(
          kinds, &event, UInt32(truncatingIfNeeded: nanoseconds), UInt32(truncatingIfNeeded: nanoseconds &>> 32)))
      return event
    } catch {
      if error == .wouldBlock || error == .timedOut { return nil }
      throw error
    }
  }

  /// Sends the calling task a timer event after `nanoseconds`, and then every `period` nanoseconds (0: only once).
  /// It replaces the timer set before; 0 nanoseconds stops it.
  public static func setTimer(after nanoseconds: UInt64, period: UInt64 = 0) throws(SystemError) {
    _ = try checked(
      SystemCalls.eventTimer(
        UInt32(truncatingIfNeeded: nanoseconds), UInt32(truncatingIfNeeded: nanoseconds &>> 32),
        UInt32(truncatingIfNeeded: period), UInt32(truncatingIfNeeded: period &>> 32)))
  }
}

extension TaskIdentity {
  /// Asks this task to finish its work and end.
  public func askToStop() throws(SystemError) {
    _ = try checked(SystemCalls.eventSend(number, EventKind.stopAsked.rawValue, [], 0, 0))
  }

  /// Asks this task to let others run.
  public func askToYield() throws(SystemError) {
    _ = try checked(SystemCalls.eventSend(number, EventKind.yieldAsked.rawValue, [], 0, 0))
  }

  /// Tells the personality of this task's process what happened at a terminal. Fails where it has none.
  public func tell(_ keys: TerminalSignals) throws(SystemError) {
    _ = try checked(SystemCalls.eventSend(number, EventKind.told.rawValue, keys, 0, 0))
  }
}
