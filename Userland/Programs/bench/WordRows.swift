// What telling another task something costs, through a word that both share.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum WordRows {
  static func measure(as kind: TaskKind, _ report: inout Report) {
    for other in [TaskKind.ring3, .separate] { pingPong(kind, other, &report) }
    for other in [TaskKind.ring3, .separate] { pingPongInOneCall(kind, other, &report) }
    for other in [TaskKind.ring3, .separate] { wakeToRun(kind, other, &report) }
  }

  /// Two threads hand each other the turn: each wakes the other and waits.
  private static func pingPong(_ kind: TaskKind, _ other: TaskKind, _ report: inout Report) {
    let name = RowName("wake and wait ping-pong, ", kind.label, " and ", other.label)
    let turn = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    turn.initialize(to: 0)
    let address = UInt32(UInt(bitPattern: turn))
    guard let partner = BareThread(answerTurns, argument: address, kind: other) else {
      return report.write(name, reason: "the thread was not started")
    }
    report.measure(name) {
      atomic_store(turn, 1)
      _ = SystemCalls.wordWake(address, 1)
      while atomic_load(turn) == 1 { _ = SystemCalls.wordWait(address, 1, .max, .max) }
      return 0
    }
    partner.end()
    turn.deallocate()
  }

  /// The same where each does both in one call.
  private static func pingPongInOneCall(_ kind: TaskKind, _ other: TaskKind, _ report: inout Report) {
    let name = RowName("wake and wait in one call, ping-pong, ", kind.label, " and ", other.label)
    let turn = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    turn.initialize(to: 0)
    let address = UInt32(UInt(bitPattern: turn))
    guard let partner = BareThread(answerTurnsInOneCall, argument: address, kind: other) else {
      return report.write(name, reason: "the thread was not started")
    }
    report.measure(name) {
      takeTurn(turn, 1)
      return 0
    }
    partner.end()
    turn.deallocate()
  }

  /// From the call that wakes a task of a higher priority to that task's first instruction.
  private static func wakeToRun(_ kind: TaskKind, _ other: TaskKind, _ report: inout Report) {
    let name = RowName("wake to run of a higher priority, ", kind.label, " wakes ", other.label)
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 2)
    words.initialize(repeating: 0, count: 2)
    let address = UInt32(UInt(bitPattern: words))
    guard let partner = BareThread(stampWakes, argument: address, kind: other, priority: 20) else {
      return report.write(name, reason: "the thread was not started")
    }
    report.collect(name) {
      let start = read_stamp()
      _ = SystemCalls.wordWake(address, 1)
      return atomic_load(words + 1) &- start &- 2
    }
    partner.end()
    words.deallocate()
  }
}

@c func answerTurns(_ argument: UInt32) {
  guard let turn = UnsafeMutablePointer<UInt32>(bitPattern: UInt(argument)) else { SystemCalls.exit(1) }
  while true {
    while atomic_load(turn) == 0 { _ = SystemCalls.wordWait(argument, 0, .max, .max) }
    atomic_store(turn, 0)
    _ = SystemCalls.wordWake(argument, 1)
  }
}

/// Gives the other side its turn, and waits for one's own.
private func takeTurn(_ turn: UnsafeMutablePointer<UInt32>, _ given: UInt32) {
  let address = UInt32(UInt(bitPattern: turn))
  atomic_store(turn, given)
  _ = SystemCalls.wordWakeAndWait(address, address, given, .max, .max)
  while atomic_load(turn) == given { _ = SystemCalls.wordWait(address, given, .max, .max) }
}

@c func answerTurnsInOneCall(_ argument: UInt32) {
  guard let turn = UnsafeMutablePointer<UInt32>(bitPattern: UInt(argument)) else { SystemCalls.exit(1) }
  while atomic_load(turn) == 0 { _ = SystemCalls.wordWait(argument, 0, .max, .max) }
  while true { takeTurn(turn, 0) }
}

@c func stampWakes(_ argument: UInt32) {
  guard let words = UnsafeMutablePointer<UInt32>(bitPattern: UInt(argument)) else { SystemCalls.exit(1) }
  while true {
    _ = SystemCalls.wordWait(argument, 0, .max, .max)
    atomic_store(words + 1, read_stamp())
  }
}
