// What a move does to calls: the part of the state table in which they are held back and let go.

import ABI
import Primitives
import SDK

enum HoldCells {
  static func cell(_ event: CallEvent, _ state: CallState) -> Cell? {
    switch (event, state) {
    case (.holdBegins, .none): Cell("at once", beginsWhileIdle)
    case (.holdBegins, .waitsForTurn): Cell("held back", beginsWhileOneWaits)
    case (.holdBegins, .workedOn): Cell("answered first", beginsWhileOneIsWorkedOn)
    case (.holdBegins, .heldBack): Cell("busy", secondHolder)
    case (.holdEnds, .heldBack): Cell("sent again", ends)
    case (.holderEnds, .heldBack): Cell("sent again", holderEnds)
    default: nil
    }
  }

  private static func beginsWhileIdle(_ kind: Kind) -> Bool {
    let peer = Peer(kind)
    defer { peer.end() }
    // The holder's own calls go through.
    return peer.control(.hold) && peer.waitUntilHeld() && peer.isServing && peer.control(.release) && peer.isServing
  }

  private static func beginsWhileOneWaits(_ kind: Kind) -> Bool {
    StateTable.withProcess(.waitsForTurn, kind) { scene in
      let peer = scene.peer
      return peer.control(.hold) && peer.waitUntil(waiting: 1, inside: 0) && peer.control(.release)
        && scene.caller.returned(nil)
    }
  }

  /// The hold waits for the calls inside.
  private static func beginsWhileOneIsWorkedOn(_ kind: Kind) -> Bool {
    StateTable.withProcess(.workedOn, kind) { scene in
      let peer = scene.peer
      return peer.control(.hold) && peer.waitUntil(waiting: 0, inside: 0) && scene.caller.returned(nil)
        && peer.control(.release) && peer.isServing
    }
  }

  private static func secondHolder(_ kind: Kind) -> Bool {
    StateTable.withProcess(.heldBack, kind) { scene in
      var error: SystemError?
      do throws(SystemError) { try ServiceList.control(Bytes(Peer.name), .hold) } catch let refusal { error = refusal }
      return error == .busy && scene.peer.waitUntil(waiting: 1, inside: 0) && scene.letGo()
        && scene.caller.returned(nil)
    }
  }

  private static func ends(_ kind: Kind) -> Bool {
    let peer = Peer(kind)
    defer { peer.end() }
    guard peer.control(.hold) else { return false }
    let caller = peer.process(["--call", "0", "0"])
    return peer.waitUntil(waiting: 1, inside: 0) && peer.control(.release) && caller.returned(nil)
  }

  private static func holderEnds(_ kind: Kind) -> Bool {
    StateTable.withProcess(.heldBack, kind) { scene in scene.letGo() && scene.caller.returned(nil) }
  }
}
