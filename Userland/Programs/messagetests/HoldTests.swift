// Calls that are held back while a service moves.

import ABI
import Primitives
import SDK

enum HoldTests {
  static func run(_ kind: ServerKind, _ report: inout TestReport) {
    let peer = Peer(kind)
    defer { peer.end() }
    guard let service = peer.service else { return }
    let name = Bytes(Peer.name)
    report.run("a hold waits for the calls inside, keeps others back, and lets them go on") {
      let inside = peer.thread(Operation.sleep, 30)
      guard peer.waitUntil(waiting: 0, inside: 1) else { return false }
      guard (try? ServiceList.control(name, .hold)) != nil else { return false }
      guard let information = ServiceList.find(name), information.inside == 0, information.state == 2 else {
        return false
      }
      guard inside?.returned(nil) == true, let caller = peer.caller("0"), peer.waitUntil(waiting: 1, inside: 0) else {
        return false
      }
      // The holder's own calls go through.
      guard service.call(Operation.echo, 3).words[0] == 3 else { return false }
      try? ServiceList.control(name, .release)
      return (try? caller.wait()) == .exited(status: 0)
    }
    report.run("a caller that is held back ends in time and by its own end") {
      guard (try? ServiceList.control(name, .hold)) != nil, let caller = peer.caller("0"),
        peer.waitUntil(waiting: 1, inside: 0)
      else { return false }
      try? caller.kill(status: 9)
      let isEnded = (try? caller.wait()) == .killed(status: 9) && peer.waitUntil(waiting: 0, inside: 0)
      try? ServiceList.control(name, .release)
      return isEnded
    }
    report.run("a server ends during a hold: callers are told when it is over, the holder at once") {
      let short = Peer(kind)
      // The name is the first peer's: a second server cannot have it.
      defer { short.end() }
      guard (try? ServiceList.control(name, .hold)) != nil, let caller = peer.caller("0"),
        peer.waitUntil(waiting: 1, inside: 0)
      else { return false }
      let holder = peer.thread(Operation.sleep, 5000)
      guard peer.waitUntil(waiting: 1, inside: 1) else { return false }
      try? peer.task?.kill(status: 0)
      let isHolderTold = holder?.returned(.serviceFaulted) == true
      let isNextTold = service.call(Operation.echo).failed(with: .peerGone)
      try? ServiceList.control(name, .release)
      return isHolderTold && isNextTold
        && (try? caller.wait()) == .exited(status: SystemError.peerGone.rawValue)
    }
  }
}
