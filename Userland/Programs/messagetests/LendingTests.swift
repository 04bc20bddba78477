// Lent pages at each end of a call: whoever ends first, the server sees nothing of them afterwards, and they are the
// caller's as before.

import ABI
import Primitives
import SDK
import UserSupport

enum LendingTests {
  static func run(_ kind: Kind, _ report: inout TestReport) {
    func run(_ name: StaticString, to client: Kind? = nil, _ test: (Peer, Connection, Pages) -> Bool) {
      report.run {
        $0.write(kind.name)
        $0.write(": ")
        $0.write(name)
        if let client {
          $0.write(" to a ")
          $0.write(client.name)
        }
      } test: {
        let peer = Peer(kind)
        let pages = Pages(4096)
        defer {
          peer.end()
          pages.end()
        }
        pages.fill(4096, seed: 3)
        guard let service = peer.service else { return false }
        return test(peer, service, pages)
      }
    }
    for client in Kind.all where client.isThread {
      run("a page that was lent is not there after the answer", to: client) { _, service, pages in
        let caller = try? Thread.start(StartOptions(flags: client.flags)) {
          let answer = service.call(Operation.check, 4096, 3, data: pages.address, length: 4096, isLent: true)
          return answer.words[0] == 1 ? answer.result : 1
        }
        return caller.returned(nil) && service.call(Operation.touchLent).failed(with: .serviceFaulted)
      }
    }
    run("a page that is lent can be read and not written") { _, service, pages in
      service.call(Operation.touchLent, data: pages.address, length: 4096, isLent: true).isDone
        && service.call(Operation.touchLent, 0, 1, data: pages.address, length: 4096, isLent: true)
          .failed(with: .serviceFaulted)
        && pages.holds(4096, seed: 3)
    }
    run("a page that is lent is not there after the call's time ran out") { _, service, pages in
      service.call(Operation.touchLent, 30, data: pages.address, length: 4096, isLent: true, milliseconds: 5)
        .failed(with: .timedOut) && service.call(Operation.check).failed(with: .peerGone)
    }
    run("a page that is lent is not there after the caller's end") { peer, service, _ in
      let caller = peer.process(["--lend", "13", "30"])
      return peer.waitUntil(waiting: 0, inside: 1) && caller.end()
        && service.call(Operation.check).failed(with: .peerGone)
    }
    run("a page that is lent stays while the caller takes it from itself") { peer, service, _ in
      let own = Pages(4096)
      let caller = try? Thread.start {
        service.call(Operation.touchLent, 20, data: own.address, length: 4096, isLent: true).result
      }
      guard peer.waitUntil(waiting: 0, inside: 1) else { return false }
      own.end()
      return caller.returned(nil)
    }
    run("a page that is lent is the caller's after the server's end") { peer, service, pages in
      let caller = try? Thread.start {
        service.call(Operation.sleep, 5000, data: pages.address, length: 4096, isLent: true).result
      }
      guard peer.waitUntil(waiting: 0, inside: 1), peer.task.end(), caller.returned(.serviceFaulted) else {
        return false
      }
      pages.fill(4096, seed: 4)
      return pages.holds(4096, seed: 4)
    }
  }
}
