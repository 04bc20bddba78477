// What changing from one task to another and back costs: both yield, each waits for the other's turn.

import ABI
import Primitives
import Runtime
import SDK

enum SwitchRows {
  static func measure(as kind: TaskKind, _ report: inout Report) {
    for other in TaskKind.allCases where other.rawValue >= kind.rawValue {
      let name = RowName("yield round trip, processes, ", kind.label, " and ", other.label)
      if let partner = Partner(kind: other, role: .yielder) {
        report.measure(name) { SystemCalls.yield() }
        partner.end()
      } else {
        report.write(name, reason: "the other process was not started")
      }
    }
    for other in TaskKind.allCases where other.rawValue >= kind.rawValue {
      let name = RowName("yield round trip, threads, ", kind.label, " and ", other.label)
      if let partner = BareThread(yieldForEver, argument: 0, kind: other) {
        report.measure(name) { SystemCalls.yield() }
        partner.end()
      } else {
        report.write(name, reason: "the thread was not started")
      }
    }
  }
}
