// The conformance suite of messages. docs/messages.md has the table of states and events; each of its cells names the
// test here that shows it.
//
//     messagetests                        all tests, with servers of every kind, called from this process
//     messagetests --serve NAME           the server that the tests call (Server.swift)
//     messagetests --call NAME OPERATION  one call, made by a process that the tests end

import ABI
import Primitives
import SDK

@main struct MessageTests: Program {
  static func run() -> Int32 {
    let arguments = ProgramInformation.argumentCount
    if arguments == 3 && ProgramInformation.argument(1) == "--serve" {
      return TestServer.run(ProgramInformation.argument(2))
    }
    if arguments == 4 && ProgramInformation.argument(1) == "--call" {
      guard let service = Connection(ProgramInformation.argument(2)),
        let operation = ProgramInformation.argument(3).number
      else { return 2 }
      return service.call(operation, 1000).result
    }
    var report = TestReport(program: "messagetests")
    // The first run makes what is kept: the heap of this process, its tables of pages, records of calls.
    var before: UInt32 = 0
    for kind in ServerKind.all {
      Console.write {
        $0.write("a server in ")
        $0.write(kind.name)
        $0.write("\n")
      }
      DataTests.run(kind, &report)
      TimeTests.run(kind, &report)
      DeathTests.run(kind, &report)
      HoldTests.run(kind, &report)
      if before == 0 { before = pagesOfOthers() }
    }
    let after = pagesOfOthers()
    if after != before {
      Console.write {
        $0.write("pages of others: ")
        $0.write(decimal: before)
        $0.write(" before, ")
        $0.write(decimal: after)
        $0.write(" after\n")
      }
    }
    report.run("all memory is back") { after == before }
    report.run("no frame has a wrong owner") { ((try? Machine.memory(.check))?.discrepancies ?? 1) == 0 }
    report.run("no service is left over") { ServiceList.find(Bytes(Peer.name)) == nil }
    return report.finish()
  }

  /// Free pages and those of this process, once nothing of the processes that ended is left.
  private static func pagesOfOthers() -> UInt32 {
    Thread.sleep(milliseconds: 20)
    let own = (try? TaskIdentity.current.information())?.pages ?? 0
    return own + ((try? Machine.memory())?.free ?? 0)
  }
}
