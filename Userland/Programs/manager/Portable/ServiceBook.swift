// What the manager knows: one record for each service that it looks after.
//
// Invariants:
// - A name has one record, and a record one server, or one time at which it is started again, or neither while a command
//   starts it.
// - Whoever changes a record has claimed it; what is claimed is changed by nobody else. Only `look` needs no claim: it turns
//   a record that nobody has claimed, and whose server is gone, into one that waits.

import ABI
import Primitives
import SDK

/// Who serves, or has served: a process, or a linked module, which has no process.
struct Server: Equatable {
  var placement: ServicePlacement
  /// The process; 0 where it is linked.
  var task: UInt32
}

struct ServiceRecord {
  let name: [UInt8]
  /// Those of whoever had it started.
  var rights: Rights = []
  var placement = ServicePlacement.server
  /// Nil: nobody serves it.
  var server: Server?
  /// When it is started again, in milliseconds since boot; nil: not at all.
  var due: UInt64?
  /// How often it has been started again in a row.
  var restarts: UInt32 = 0
  /// When its server began, in milliseconds since boot.
  var started: UInt64 = 0
  /// The state to go on from after a crash; empty where none was kept.
  var keptState: [UInt8] = []
  var isClaimed = false

  init(name: [UInt8]) { self.name = name }

  /// Whether it is meant to run, though it may have crashed.
  var isKept: Bool { server != nil || due != nil }
}

struct ServiceBook {
  private(set) var records: [ServiceRecord] = []
  /// Counts what the next manager has to know.
  private(set) var changes: UInt32 = 0
  /// Processes that were told to end, or whose place another one takes: their end is no crash.
  private var ending: [Server] = []

  func find(_ name: [UInt8]) -> ServiceRecord? { records.first { $0.name == name } }

  // MARK: Claims

  /// Claims a name, with a new record where it has none. Returns false where somebody has.
  mutating func claim(_ name: [UInt8]) -> Bool {
    guard let index = records.firstIndex(where: { $0.name == name }) else {
      var record = ServiceRecord(name: name)
      record.isClaimed = true
      records.append(record)
      return true
    }
    guard !records[index].isClaimed else { return false }
    records[index].isClaimed = true
    return true
  }

  /// Gives a claim up. A service that is not meant to run leaves no record.
  mutating func giveUp(_ name: [UInt8]) {
    guard let index = records.firstIndex(where: { $0.name == name }) else { return }
    records[index].isClaimed = false
    guard !records[index].isKept else { return }
    records.remove(at: index)
    changes &+= 1
  }

  mutating func change(_ name: [UInt8], _ body: (inout ServiceRecord) -> Void) {
    guard let index = records.firstIndex(where: { $0.name == name }) else { return }
    body(&records[index])
    changes &+= 1
  }

  /// Notes who serves a name. Records are in the order in which their servers began.
  mutating func began(_ name: [UInt8], _ server: Server, _ rights: Rights, now: UInt64) {
    guard let index = records.firstIndex(where: { $0.name == name }) else { return }
    var record = records.remove(at: index)
    record.rights = rights
    record.placement = server.placement
    record.server = server
    record.due = nil
    record.started = now
    records.append(record)
    changes &+= 1
  }

  // MARK: Crashes

  /// Those that should serve and that nobody is working on.
  var watched: [ServiceRecord] { records.filter { !$0.isClaimed && $0.server != nil } }

  /// Notes that a server is gone, unless somebody works on its service, who will see it. One crash has one delay.
  mutating func crashed(_ name: [UInt8], _ server: Server, now: UInt64) {
    guard let index = records.firstIndex(where: { $0.name == name }), !records[index].isClaimed,
      records[index].server == server
    else { return }
    records[index].server = nil
    changes &+= 1
    let lived = now &- records[index].started
    records[index].restarts = ServiceOrder.restarts(before: records[index].restarts, lived: lived)
    records[index].due = now &+ UInt64(ServiceOrder.delay(restarts: records[index].restarts))
  }

  /// The next service whose time has come.
  func nextDue(now: UInt64) -> [UInt8]? {
    records.first { record in !record.isClaimed && record.due.map { $0 <= now } == true }?.name
  }

  var isAnyDue: Bool { records.contains { $0.due != nil } }

  mutating func expectEnd(of server: Server) {
    if server.task != 0, !isEnding(server) { ending.append(server) }
  }

  mutating func forgetEnd(of server: Server) { ending.removeAll { $0 == server } }

  func isEnding(_ server: Server) -> Bool { ending.contains(server) }
}
