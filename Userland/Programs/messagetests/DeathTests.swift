// The end of either side, in each place where a call can be.

import ABI
import Primitives
import SDK

enum DeathTests {
  static func run(_ kind: ServerKind, _ report: inout TestReport) {
    callers(kind, &report)
    servers(kind, &report)
    threads(kind, &report)
  }

  private static func callers(_ kind: ServerKind, _ report: inout TestReport) {
    report.run("a caller ends while its request is worked on") {
      let peer = Peer(kind)
      defer { peer.end() }
      guard let service = peer.service, let caller = peer.caller("3"), peer.waitUntil(waiting: 0, inside: 1) else {
        return false
      }
      return end(caller) && peer.waitUntil(waiting: 0, inside: 0) && service.call(Operation.echo, 5).words[0] == 5
    }
    report.run("a caller ends while it waits for its turn") {
      let peer = Peer(kind)
      defer { peer.end() }
      guard let service = peer.service else { return false }
      let first = peer.thread(Operation.sleep, 300)
      let second = peer.thread(Operation.sleep, 300)
      guard peer.waitUntil(waiting: 0, inside: 2), let caller = peer.caller("0"),
        peer.waitUntil(waiting: 1, inside: 2)
      else { return false }
      let isGone = end(caller) && peer.waitUntil(waiting: 0, inside: 2)
      return isGone && first?.returned(nil) == true && second?.returned(nil) == true
        && service.call(Operation.echo, 6).words[0] == 6
    }
  }

  private static func end(_ task: TaskIdentity) -> Bool {
    try? task.kill(status: 9)
    return (try? task.wait()) == .killed(status: 9)
  }

  private static func servers(_ kind: ServerKind, _ report: inout TestReport) {
    report.run("a server ends while it waits, and the next one serves the same connection") {
      let peer = Peer(kind)
      guard let service = peer.service, let task = peer.task, end(task) else { return false }
      guard service.call(Operation.echo).failed(with: .peerGone) else { return false }
      let next = Peer(kind)
      defer { next.end() }
      defer { service.close() }
      return service.call(Operation.echo, 8).words[0] == 8
    }
    report.run("a server ends with requests inside and callers waiting: all are told") {
      let peer = Peer(kind)
      guard let task = peer.task else { return false }
      defer { peer.service?.close() }
      var inside: [Thread?] = []
      var waiting: [Thread?] = []
      for _ in 0..<2 { inside.append(peer.thread(Operation.sleep, 5000)) }
      guard peer.waitUntil(waiting: 0, inside: 2) else { return false }
      for flags in [[], .ring0, [.ring0, .sharedStack]] as [StartFlags] {
        waiting.append(peer.thread(Operation.echo, 0, flags))
      }
      guard peer.waitUntil(waiting: 3, inside: 2), end(task) else { return false }
      var areTold = true
      for thread in inside { areTold = thread?.returned(.serviceFaulted) == true && areTold }
      for thread in waiting { areTold = thread?.returned(.peerGone) == true && areTold }
      return areTold
    }
    report.run("a server exits in place of an answer") {
      let peer = Peer(kind)
      defer { peer.end() }
      // Its first thread may not be the one that has the request: then only that one ends.
      return peer.service?.call(Operation.exit).failed(with: .serviceFaulted) == true
    }
    report.run("a server faults in place of an answer") {
      let peer = Peer(kind)
      defer { peer.end() }
      return peer.service?.call(Operation.fault).failed(with: .serviceFaulted) == true
    }
    report.run("a server gives its endpoint up: what it has it answers, the others are told") {
      let peer = Peer(kind)
      defer { peer.end() }
      guard let service = peer.service else { return false }
      let inside = peer.thread(Operation.sleep, 60)
      guard peer.waitUntil(waiting: 0, inside: 1) else { return false }
      let isAnswered = service.call(Operation.withdraw).isDone
      let isOver = service.call(Operation.echo).failed(with: .peerGone)
      return isAnswered && isOver && inside?.returned(nil) == true
    }
  }

  private static func threads(_ kind: ServerKind, _ report: inout TestReport) {
    report.run("a thread of the server ends: its caller is told, the other thread goes on") {
      let peer = Peer(kind)
      defer { peer.end() }
      guard let service = peer.service else { return false }
      // The thread that waited longest gets the request: the second one is the detached thread or the first task.
      let result = service.call(Operation.endThread)
      guard result.failed(with: .serviceFaulted) else { return false }
      let next = service.call(Operation.echo, 4)
      // Where it was the server's first task, the process is gone with it.
      return next.words[0] == 4 || next.failed(with: .peerGone)
    }
  }
}
