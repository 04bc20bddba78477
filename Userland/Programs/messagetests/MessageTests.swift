// The conformance suite of messages, which docs/messages.md explains: every kind of client with every kind of server
// (PairTests.swift), every event in every state of a call (StateTable.swift), and pages that are lent (LendingTests.swift).
//
//     messagetests                         all tests
//     messagetests --registers             the same with servers that receive in registers
//     messagetests --serve KIND TASKS      the server that the tests call (Server.swift); --serve-in-registers: one of those
//     messagetests --client CHECKS         a client of it (ClientChecks.swift); the status is the number that came out true
//     messagetests --call OPERATION WORD   one call; the status is its result
//     messagetests --lend OPERATION WORD   the same, which lends a page
//     messagetests --open                  opens the service and does nothing
//     messagetests --hold                  holds calls back and does nothing

import ABI
import Primitives
import SDK

@main struct MessageTests: Program {
  /// Whether the servers that the tests start receive in registers.
  static var servesInRegisters: Bool {
    ProgramInformation.argumentCount > 1 && ProgramInformation.argument(1) == "--registers"
  }

  static func run() -> Int32 {
    if ProgramInformation.argumentCount > 1, !servesInRegisters { return runRole() }
    var report = TestReport(program: "messagetests")
    PairTests.run(&report)
    // The first table makes what is kept: the heap of this process, its tables of pages, records of calls.
    var before: UInt32 = 0
    for (index, kind) in Kind.all.enumerated() {
      StateTable.run(kind, &report)
      LendingTests.run(kind, &report)
      if index == 0 { before = pagesOfOthers() }
    }
    let after = pagesOfOthers()
    report.run {
      $0.write("pages free or this process's, before and after: ")
      $0.write(decimal: before)
      $0.write(" and ")
      $0.write(decimal: after)
    } test: {
      after == before
    }
    report.run("no frame has a wrong owner") { ((try? Machine.memory(.check))?.discrepancies ?? 1) == 0 }
    report.run("no service is left over") { ServiceList.find(Bytes(Peer.name)) == nil }
    return report.finish()
  }

  private static func runRole() -> Int32 {
    let role = ProgramInformation.argument(1)
    func argument(_ index: Int) -> Bytes {
      index < ProgramInformation.argumentCount ? ProgramInformation.argument(index) : Bytes("")
    }
    if role == "--serve" || role == "--serve-in-registers" {
      guard let kind = Kind(argument(2).number), let tasks = argument(3).number else { return -1 }
      return TestServer.run(kind, tasks: tasks, inRegisters: role == "--serve-in-registers")
    }
    if role == "--hold" {
      do throws(SystemError) { try ServiceList.control(Bytes(Peer.name), .hold) } catch { return error.rawValue }
    }
    guard let service = Connection(Bytes(Peer.name)) else { return -1 }
    if role == "--client", let checks = ClientChecks(named: argument(2)) { return checks.run(service) }
    if role == "--call" || role == "--lend", let operation = argument(2).number, let word = argument(3).number {
      let page = Pages(4096)
      let isLent = role == "--lend"
      return service.call(operation, word, data: page.address, length: isLent ? 4096 : 0, isLent: isLent).result
    }
    Thread.sleep(milliseconds: 60_000)
    return 0
  }

  /// Free pages and those of this process, once nothing of the processes that ended is left.
  private static func pagesOfOthers() -> UInt32 {
    Thread.sleep(milliseconds: 20)
    let own = (try? TaskIdentity.current.information())?.pages ?? 0
    return own + ((try? Machine.memory())?.free ?? 0)
  }
}
