// Services of which each needs the next: their servers are ended, one and several at once, and all of them serve again,
// each started after what it needs. The case in Tests/Guest says that `echo` needs `store` and that `log`.

import ABI
import Primitives
import SDK
import ServiceSupport

enum ChainTest {
  private static var chain: [StaticString] { ["log", "store", "echo"] }

  static func run() -> Int32 {
    var report = TestReport(program: "placements")
    report.run("a service starts after what it needs") {
      manage(.start, "echo") && isInOrder() && chain.allSatisfy { isServing($0) }
    }
    for (name, ended) in [
      ("the end of the one that all need" as StaticString, [0]),
      ("the end of the one in the middle", [1]),
      ("the end of all, from the needed one on", [0, 1, 2]), ("the end of all, from the other side", [2, 1, 0]),
    ] {
      report.run(name) {
        for index in ended where !end(chain[index]) { return false }
        return chain.allSatisfy { isServingSoon($0) } && ended.allSatisfy { isRestarted(chain[$0]) }
      }
    }
    report.run("what was ended together starts again in order") { isInOrder() }
    report.run("what is needed is not stopped") { !manage(.stop, "log") && !manage(.stop, "store") }
    report.run("in the other order all are stopped") { chain.reversed().allSatisfy { manage(.stop, $0) } }
    return report.finish()
  }

  private static func server(of name: StaticString) -> UInt32 { ServiceList.find(Bytes(name))?.owner ?? 0 }

  private static func end(_ name: StaticString) -> Bool {
    let server = server(of: name)
    return server != 0 && (try? TaskIdentity(server).kill(status: 1)) != nil
  }

  /// Processes get ever larger numbers.
  private static func isInOrder() -> Bool {
    server(of: "log") < server(of: "store") && server(of: "store") < server(of: "echo")
  }

  private static func isServing(_ name: StaticString) -> Bool {
    guard let service = try? ServiceClient(name) else { return false }
    defer { service.close() }
    return (try? service.callShort(CommonOperation.ping)) == 1
  }

  private static func isServingSoon(_ name: StaticString) -> Bool {
    for _ in 0..<500 {
      if isServing(name) { return true }
      Thread.sleep(milliseconds: 10)
    }
    return false
  }

  private static func isRestarted(_ name: StaticString) -> Bool {
    ((try? ManagerClient.describe(Bytes(name)))?.restarts ?? 0) > 0
  }
}
