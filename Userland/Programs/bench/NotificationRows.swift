// What telling another task something by a notification costs: each sets bits for the other and waits for its own, as
// threads of a process and as two processes, which pass the handles in messages.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum NotificationRows {
  /// What the one waits for, and the other.
  private struct Pair {
    let there: UInt32
    let back: UInt32

    init?() {
      let there = SystemCalls.notificationCreate()
      let back = SystemCalls.notificationCreate()
      guard there >= 0, back >= 0 else { return nil }
      self.there = UInt32(bitPattern: there)
      self.back = UInt32(bitPattern: back)
    }

    func close() {
      _ = SystemCalls.close(there)
      _ = SystemCalls.close(back)
    }

    func measure(_ name: RowName, _ report: inout Report) {
      report.measure(name) {
        let result = SystemCalls.notificationSignal(there, 1)
        return result < 0 ? result : SystemCalls.notificationWait(back, .max, .max)
      }
    }

    func measureInOneCall(_ name: RowName, _ report: inout Report) {
      report.measure(name) { SystemCalls.notificationSignalAndWait(there, 1, back, .max, .max) }
    }
  }

  static func measure(as kind: TaskKind, _ report: inout Report) {
    for other in [TaskKind.ring3, .separate] {
      let name = RowName("signal and wait ping-pong, threads, ", kind.label, " and ", other.label)
      guard let pair = Pair(),
        let partner = BareThread(answerSignals, argument: pair.there << 8 | pair.back, kind: other)
      else {
        report.write(name, reason: "the thread was not started")
        continue
      }
      pair.measure(name, &report)
      partner.end()
      pair.close()
    }
    for other in [TaskKind.ring3, .separate] {
      let name = RowName("signal and wait in one call, ping-pong, threads, ", kind.label, " and ", other.label)
      guard let pair = Pair(),
        let partner = BareThread(answerSignalsInOneCall, argument: pair.there << 8 | pair.back, kind: other)
      else {
        report.write(name, reason: "the thread was not started")
        continue
      }
      pair.measureInOneCall(name, &report)
      partner.end()
      pair.close()
    }
    for other in [TaskKind.ring3, .separate] {
      let name = RowName("signal and wait ping-pong, processes, ", kind.label, " and ", other.label)
      guard let pair = Pair(), let partner = Partner(kind: other, role: .answerer) else {
        report.write(name, reason: "the other process was not started")
        continue
      }
      if pass(pair) { pair.measure(name, &report) } else { report.write(name, reason: "the handles were not passed") }
      partner.end()
      pair.close()
    }
  }

  private static func pass(_ pair: Pair) -> Bool {
    let service = MessageRows.open()
    guard service >= 0 else { return false }
    defer { _ = SystemCalls.close(UInt32(bitPattern: service)) }
    for handle in [pair.there, pair.back] {
      var message = Message()
      message.operation = Message.passesHandle
      message.words[5] = handle
      guard SystemCalls.call(UInt32(bitPattern: service), &message, .max, .max) >= 0 else { return false }
    }
    return true
  }

  /// The other process: gets the handles by two requests, then answers signals until it is killed.
  static func answer() -> Int32 {
    let endpoint = MessageRows.publish()
    guard endpoint >= 0 else { return 1 }
    var handles: [UInt32] = []
    for _ in 0..<2 {
      var message = Message()
      let request = SystemCalls.receive(UInt32(bitPattern: endpoint), &message)
      guard request >= 0 else { return 1 }
      handles.append(message.words[5])
      message = Message()
      guard SystemCalls.reply(UInt32(bitPattern: request), &message) >= 0 else { return 1 }
    }
    answerSignals(handles[0] << 8 | handles[1])
    return 1
  }
}

/// - Parameter argument: the handle to wait for, times 256, and the one to set bits of.
@c func answerSignals(_ argument: UInt32) {
  while SystemCalls.notificationWait(argument >> 8, .max, .max) >= 0,
    SystemCalls.notificationSignal(argument & 255, 1) >= 0
  {}
  SystemCalls.exit(1)
}

/// The same in one call each time but the first.
@c func answerSignalsInOneCall(_ argument: UInt32) {
  if SystemCalls.notificationWait(argument >> 8, .max, .max) < 0 { SystemCalls.exit(1) }
  while SystemCalls.notificationSignalAndWait(argument & 255, 1, argument >> 8, .max, .max) >= 0 {}
  SystemCalls.exit(1)
}
