// The server's side of the state table: it ends, whole or in part, or gives its endpoint up.

import ABI
import Primitives
import SDK

enum ServerCells {
  static func cell(_ event: CallEvent, _ state: CallState) -> Cell? {
    switch (event, state) {
    case (.serverKilled, .none): Cell("the next serves", killedWhileWaiting)
    case (.serverKilled, .waitsForTurn): Cell("peerGone") { killed($0, state, .peerGone) }
    case (.serverKilled, .workedOn): Cell("serviceFaulted") { killed($0, state, .serviceFaulted) }
    case (.serverKilled, .heldBack): Cell("stays, peerGone", killedWhileHeld)
    case (.serverExits, .waitsForTurn): Cell("peerGone") { endsItself($0, Operation.exit, state) }
    case (.serverExits, _): Cell("serviceFaulted") { endsItself($0, Operation.exit, state) }
    case (.serverFaults, .waitsForTurn): Cell("peerGone") { endsItself($0, Operation.fault, state) }
    case (.serverFaults, _): Cell("serviceFaulted") { endsItself($0, Operation.fault, state) }
    case (.serverThreadEnds, .none): Cell("others serve", threadEndsWhileIdle)
    case (.serverThreadEnds, .waitsForTurn): Cell("stays, answered", threadEndsWhileOneWaits)
    case (.serverThreadEnds, .workedOn): Cell("serviceFaulted", threadEnds)
    case (.serverThreadEnds, .heldBack): Cell("stays, answered", threadEndsWhileHeld)
    case (.endpointGivenUp, .none): Cell("peerGone", givenUpWhileIdle)
    case (.endpointGivenUp, .waitsForTurn): Cell("peerGone") { givenUp($0, state) }
    case (.endpointGivenUp, .workedOn): Cell("answered") { givenUp($0, state) }
    case (.endpointGivenUp, .heldBack): Cell("stays, peerGone", givenUpWhileHeld)
    default: nil
    }
  }

  // MARK: The process ends

  private static func killedWhileWaiting(_ kind: Kind) -> Bool {
    let peer = Peer(kind)
    defer { peer.service?.close() }
    guard let service = peer.service, peer.task.end(), service.call(Operation.check).failed(with: .peerGone) else {
      return false
    }
    // The connection is the next server's.
    let next = Peer(kind)
    defer { next.end() }
    return Peer.isServing(service)
  }

  private static func killed(_ kind: Kind, _ state: CallState, _ error: SystemError) -> Bool {
    var isTold = true
    // Callers of all kinds.
    for client in Kind.all where client.isThread {
      isTold =
        StateTable.with(state, kind, StartOptions(flags: client.flags)) { scene in
          scene.peer.task.end() && scene.caller.returned(error)
        } && isTold
    }
    return isTold
  }

  /// The holder's own calls fail at once; the others wait until it lets go.
  private static func killedWhileHeld(_ kind: Kind) -> Bool {
    held(kind) { peer, caller in
      let own = peer.thread(Operation.sleep, 5000)
      return peer.waitUntil(waiting: 1, inside: 1) && peer.task.end() && own.returned(.serviceFaulted)
        && peer.service?.call(Operation.check).failed(with: .peerGone) == true && peer.waitUntil(waiting: 1, inside: 0)
        && peer.control(.release) && caller.returned(.peerGone)
    }
  }

  /// Runs a test in which this process holds back the call of another.
  private static func held(_ kind: Kind, tasks: Int = 1, _ body: (Peer, TaskIdentity?) -> Bool) -> Bool {
    let peer = Peer(kind, tasks: tasks)
    defer { peer.end() }
    guard peer.control(.hold) else { return false }
    let caller = peer.process(["--call", "0", "0"])
    defer { _ = peer.control(.release) }
    return peer.waitUntil(waiting: 1, inside: 0) && body(peer, caller)
  }

  private static func endsItself(_ kind: Kind, _ operation: UInt32, _ state: CallState) -> Bool {
    let peer = Peer(kind)
    defer { peer.end() }
    let inside = peer.thread(operation, 20)
    guard peer.waitUntil(waiting: 0, inside: 1) else { return false }
    guard state == .waitsForTurn else { return inside.returned(.serviceFaulted) }
    let waiting = peer.thread(Operation.check)
    return peer.waitUntil(waiting: 1, inside: 1) && waiting.returned(.peerGone) && inside.returned(.serviceFaulted)
  }

  // MARK: One of its threads ends

  /// A call by which one of the server's two tasks ends after a while. Asks again where its first task was asked, with
  /// which the process would end: that one answers.
  private static func endOne(_ peer: Peer, after milliseconds: UInt32 = 20) -> Thread? {
    for _ in 0..<2 {
      let thread = peer.thread(Operation.endThread, milliseconds)
      Thread.sleep(milliseconds: 2)
      if (try? thread?.task.outcomeIfEnded()) == nil { return thread }
    }
    return nil
  }

  private static func with(_ kind: Kind, _ body: (Peer, Connection) -> Bool) -> Bool {
    let peer = Peer(kind, tasks: 2)
    defer { peer.end() }
    return peer.service.map { body(peer, $0) } ?? false
  }

  private static func threadEndsWhileIdle(_ kind: Kind) -> Bool {
    with(kind) { peer, _ in
      guard endOne(peer).returned(.serviceFaulted) else { return false }
      for _ in 0..<4 where !peer.isServing { return false }
      return true
    }
  }

  /// The other one's caller is answered.
  private static func threadEnds(_ kind: Kind) -> Bool {
    with(kind) { peer, _ in
      let ending = endOne(peer)
      let other = peer.thread(Operation.sleep, 60)
      return peer.waitUntil(waiting: 0, inside: 2) && ending.returned(.serviceFaulted) && other.returned(nil)
    }
  }

  private static func threadEndsWhileOneWaits(_ kind: Kind) -> Bool {
    with(kind) { peer, _ in
      let ending = endOne(peer)
      let other = peer.thread(Operation.sleep, 60)
      guard peer.waitUntil(waiting: 0, inside: 2) else { return false }
      let waiting = peer.thread(Operation.check)
      return peer.waitUntil(waiting: 1, inside: 2) && ending.returned(.serviceFaulted)
        && peer.waitUntil(waiting: 1, inside: 1) && other.returned(nil) && waiting.returned(nil)
    }
  }

  private static func threadEndsWhileHeld(_ kind: Kind) -> Bool {
    held(kind, tasks: 2) { peer, caller in
      endOne(peer).returned(.serviceFaulted) && peer.waitUntil(waiting: 1, inside: 0) && peer.control(.release)
        && caller.returned(nil)
    }
  }

  // MARK: The endpoint is given up

  private static func givenUpWhileIdle(_ kind: Kind) -> Bool {
    with(kind) { peer, service in
      service.call(Operation.withdraw).isDone && service.call(Operation.check).failed(with: .peerGone)
    }
  }

  /// One of two tasks gives the endpoint up. What the other one has it answers.
  private static func givenUp(_ kind: Kind, _ state: CallState) -> Bool {
    with(kind) { peer, service in
      let inside = peer.thread(Operation.sleep, 60)
      guard peer.waitUntil(waiting: 0, inside: 1) else { return false }
      guard state == .waitsForTurn else {
        return service.call(Operation.withdraw).isDone && service.call(Operation.check).failed(with: .peerGone)
          && inside.returned(nil)
      }
      let second = peer.thread(Operation.withdraw, 20)
      guard peer.waitUntil(waiting: 0, inside: 2) else { return false }
      let waiting = peer.thread(Operation.check)
      return peer.waitUntil(waiting: 1, inside: 2) && waiting.returned(.peerGone) && second.returned(nil)
        && inside.returned(nil)
    }
  }

  private static func givenUpWhileHeld(_ kind: Kind) -> Bool {
    held(kind) { peer, caller in
      peer.service?.call(Operation.withdraw).isDone == true && peer.waitUntil(waiting: 1, inside: 0)
        && peer.control(.release) && caller.returned(.peerGone)
    }
  }
}
