// Every kind of client with every kind of server, as a table; and the order in which callers are taken.

import ABI
import Primitives
import SDK

enum PairTests {
  static func run(_ report: inout TestReport) {
    for checks in ClientChecks.allCases { table(checks, &report) }
    for kind in Kind.all {
      report.run {
        $0.write("callers that wait are taken in the order in which they came, and each one's calls in its own: ")
        $0.write(kind.name)
      } test: {
        order(kind)
      }
    }
  }

  /// Rows: who calls. Columns: who serves.
  private static func table(_ checks: ClientChecks, _ report: inout TestReport) {
    var passed: [[Int32]] = []
    for server in Kind.all {
      let peer = Peer(server)
      defer { peer.end() }
      passed.append(Kind.all.map { client in run(checks, client, peer) })
    }
    Console.write {
      $0.write(checks.name)
      $0.write(", checks that came out true of ")
      $0.write(decimal: UInt32(checks.count))
      $0.write("; rows: the client, columns: the server\n")
      $0.write("", width: 17)
      for kind in Kind.all { $0.write(kind.name, width: 17) }
      $0.write("\n")
    }
    for (row, client) in Kind.all.enumerated() {
      Console.write {
        $0.write(client.name, width: 17)
        for column in passed {
          $0.write(decimal: Int(column[row]), width: 2)
          $0.write("", width: 15)
        }
        $0.write("\n")
      }
    }
    for (column, server) in Kind.all.enumerated() {
      for (row, client) in Kind.all.enumerated() {
        report.run {
          $0.write(checks.name)
          $0.write(": ")
          $0.write(client.name)
          $0.write(" calls ")
          $0.write(server.name)
        } test: {
          Int(passed[column][row]) == checks.count
        }
      }
    }
  }

  private static func run(_ checks: ClientChecks, _ client: Kind, _ peer: Peer) -> Int32 {
    guard let service = peer.service else { return -1 }
    let outcome: Outcome?
    if client.isThread {
      // Of this process, whichever ring that is in.
      outcome = try? Thread.start(StartOptions(flags: client.flags), body: { checks.run(service) }).join()
    } else {
      outcome = try? peer.process(["--client", checks.name], client.flags)?.wait()
    }
    guard case .exited(let passed) = outcome else { return -1 }
    return passed
  }

  /// Seven callers of all kinds and of rising priority wait one after the other; then each goes on.
  private static func order(_ kind: Kind) -> Bool {
    let peer = Peer(kind)
    defer { peer.end() }
    guard let service = peer.service else { return false }
    let sleeper = peer.thread(Operation.sleep, 60)
    guard peer.waitUntil(waiting: 0, inside: 1) else { return false }
    var threads: [Thread] = []
    for client in 1...7 as ClosedRange<UInt32> {
      var options = StartOptions(flags: Kind.all[Int(client)].flags)
      options.priority = 10 + client
      let thread = try? Thread.start(options) {
        let first = service.call(Operation.ticket)
        guard first.isDone else { return 0 }
        var latest = first.words[0]
        for _ in 0..<50 {
          let next = service.call(Operation.ticket)
          guard next.isDone, next.words[0] > latest else { return 0 }
          latest = next.words[0]
        }
        return Int32(bitPattern: first.words[0])
      }
      guard let thread, peer.waitUntil(waiting: client, inside: 1) else { return false }
      threads.append(thread)
    }
    var places: [Int32] = []
    for thread in threads { if case .exited(let place) = try? thread.join() { places.append(place) } }
    return sleeper.returned(nil) && places == [1, 2, 3, 4, 5, 6, 7]
  }
}
