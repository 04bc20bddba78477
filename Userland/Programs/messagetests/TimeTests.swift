// Time limits: in each place where a call can be when its time runs out.

import ABI
import Primitives
import SDK

enum TimeTests {
  static func run(_ kind: ServerKind, _ report: inout TestReport) {
    let peer = Peer(kind)
    defer { peer.end() }
    guard let service = peer.service else { return }
    report.run("a call that is worked on ends in time, and its late answer reaches nobody") {
      let start = Clock.sinceBoot
      let answer = service.call(Operation.sleep, 40, milliseconds: 5)
      let waited = Clock.sinceBoot - start
      guard answer.failed(with: .timedOut), waited >= 5_000_000, waited < 35_000_000 else { return false }
      // The next call must get its own answer, whatever the first one's server still does.
      guard service.call(Operation.echo, 77).words[0] == 77 else { return false }
      Thread.sleep(milliseconds: 60)
      let late = service.call(Operation.lastError).words[0]
      return late == UInt32(bitPattern: SystemError.peerGone.rawValue)
    }
    report.run("a call that waits for its turn ends in time") {
      let first = peer.thread(Operation.sleep, 60)
      let second = peer.thread(Operation.sleep, 60)
      guard peer.waitUntil(waiting: 0, inside: 2) else { return false }
      let isLate = service.call(Operation.echo, milliseconds: 5).failed(with: .timedOut)
      let isGone = peer.waitUntil(waiting: 0, inside: 2)
      return isLate && isGone && first?.returned(nil) == true && second?.returned(nil) == true
    }
    report.run("a limit that is not reached changes nothing") {
      service.call(Operation.sleep, 2, milliseconds: 2000).isDone
    }
  }
}
