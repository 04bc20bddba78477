// The caller's side of the state table: its time runs out, it ends.

import ABI
import Primitives
import SDK

enum CallerCells {
  static func cell(_ event: CallEvent, _ state: CallState) -> Cell? {
    switch (event, state) {
    case (.timeRunsOut, .workedOn): Cell("timedOut", lateAnswer)
    case (.timeRunsOut, _): Cell("timedOut") { timeRunsOut($0, state) }
    case (.callerEnds, .none): Cell("nothing", endsWithoutCall)
    case (.callerEnds, .workedOn): Cell("reply: peerGone") { ends($0, state) }
    case (.callerEnds, _): Cell("forgotten") { ends($0, state) }
    case (.callerThreadEnds, .workedOn): Cell("reply: peerGone") { threadEnds($0, state) }
    case (.callerThreadEnds, _): Cell("forgotten") { threadEnds($0, state) }
    default: nil
    }
  }

  private static func timeRunsOut(_ kind: Kind, _ state: CallState) -> Bool {
    StateTable.with(state, kind, milliseconds: 5) { scene in
      scene.caller.returned(.timedOut) && isForgotten(scene, state)
    }
  }

  /// The call ends in time, and its late answer reaches nobody, also not the next call of the same task.
  private static func lateAnswer(_ kind: Kind) -> Bool {
    let peer = Peer(kind)
    defer { peer.end() }
    guard let service = peer.service else { return false }
    let start = Clock.sinceBoot
    let answer = service.call(Operation.sleep, 40, milliseconds: 5)
    let waited = Clock.sinceBoot - start
    guard answer.failed(with: .timedOut), waited >= 5_000_000, waited < 35_000_000, peer.isServing else { return false }
    // A limit that is not reached changes nothing.
    return service.call(Operation.lastError).says(.peerGone)
      && service.call(Operation.sleep, 2, milliseconds: 2000).isDone
  }

  private static func endsWithoutCall(_ kind: Kind) -> Bool {
    let peer = Peer(kind)
    defer { peer.end() }
    let client = peer.process(["--open"])
    Thread.sleep(milliseconds: 5)
    return client.end() && peer.isServing
  }

  private static func ends(_ kind: Kind, _ state: CallState) -> Bool {
    StateTable.withProcess(state, kind) { scene in scene.caller.end() && isForgotten(scene, state) }
  }

  private static func threadEnds(_ kind: Kind, _ state: CallState) -> Bool {
    StateTable.with(state, kind) { scene in scene.caller.map { $0.task }.end() && isForgotten(scene, state) }
  }

  /// Nobody waits any more, the server works on no more than what keeps it busy, and its answer to one who is gone fails.
  private static func isForgotten<Caller>(_ scene: Scene<Caller>, _ state: CallState) -> Bool {
    let peer = scene.peer
    guard peer.waitUntil(waiting: 0, inside: state == .waitsForTurn ? 1 : 0), scene.letGo(), peer.isServing else {
      return false
    }
    return state != .workedOn || peer.service?.call(Operation.lastError).says(.peerGone) == true
  }
}
