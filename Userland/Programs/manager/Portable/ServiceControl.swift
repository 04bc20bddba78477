// The rules of the manager: starting, stopping and keeping services, and starting them again.
//
// Invariants:
// - A command claims the service it is about, and what that needs after it: needs have no cycle, so claims have none.
// - Nothing here holds the book while it waits, so no service can stop the manager.
// - One crash leads to one start, later each time, and to none after `stop`.

import ABI
import Primitives
import SDK

struct ServiceControl<World: ServiceWorld> {
  let world: World

  static var notStarted: StaticString { "the manager has not started it" }
  /// How long a server may take until it serves, in milliseconds.
  static var startLimit: UInt64 { 2000 }
  /// How long a command waits for others on the same service.
  static var claimLimit: UInt64 { 10_000 }
  /// How often in a row a service is started again in vain before it is given up.
  static var attemptLimit: UInt32 { 16 }

  // MARK: Claims

  func claim(_ name: [UInt8]) throws(ManagerRefusal) {
    let end = world.milliseconds + Self.claimLimit
    while !world.withBook({ $0.claim(name) }) {
      guard world.milliseconds < end else { throw ManagerRefusal("another command on it is still being carried out") }
      world.pause()
    }
  }

  func giveUp(_ name: [UInt8]) {
    world.withBook { $0.giveUp(name) }
    world.wakeRecovery()
  }

  func record(_ name: [UInt8]) -> ServiceRecord? { world.withBook { $0.find(name) } }

  /// What is known of a claimed service that is meant to run; one that a manager before had started is taken over. Nil: it is not.
  func known(_ name: [UInt8]) -> ServiceRecord? {
    if let record = record(name), record.isKept { return record }
    guard let found = world.adoptable(name) else { return nil }
    run(name, found.server, found.rights)
    return record(name)
  }

  /// Notes that a claimed service has this server.
  func run(_ name: [UInt8], _ server: Server, _ rights: Rights) {
    let now = world.milliseconds
    world.withBook { $0.began(name, server, rights, now: now) }
  }

  /// Takes over what a manager before has left: what its journal says is meant to run, and whatever else serves.
  func takeOver(_ journal: [ServiceRecord], serving names: [[UInt8]]) {
    for record in journal where world.withBook({ $0.claim(record.name) }) {
      takeOver(record)
      giveUp(record.name)
    }
    for name in names where world.withBook({ $0.claim(name) }) {
      _ = known(name)
      giveUp(name)
    }
  }

  /// Where nobody serves, it has crashed, or waited to be started again.
  private func takeOver(_ record: ServiceRecord) {
    let name = record.name
    var server = world.adoptable(name)?.server
    // Nobody knows whether it has its state.
    if record.server == nil, !record.keptState.isEmpty { server = nil }
    if let server { run(name, server, record.rights) }
    let now = world.milliseconds
    let isServed = server != nil
    world.withBook { book in
      book.change(name) {
        $0.restarts = record.restarts
        $0.keptState = record.keptState
        guard !isServed else { return }
        $0.rights = record.rights
        $0.placement = record.placement
        $0.restarts = ServiceOrder.restarts(before: record.restarts, lived: 0)
        $0.due = now &+ UInt64(ServiceOrder.delay(restarts: $0.restarts))
      }
    }
    if !record.keptState.isEmpty { world.keepName(name, true) }
  }

  // MARK: Commands

  func start(_ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights) throws(ManagerRefusal) {
    try claim(name)
    defer { giveUp(name) }
    guard try running(name) == nil else { throw ManagerRefusal("it runs already") }
    try startNeeded(by: name, rights)
    run(name, try launch(name, placement, rights), rights)
  }

  func stop(_ name: [UInt8], _ rights: Rights) throws(ManagerRefusal) {
    try claim(name)
    defer { giveUp(name) }
    guard let record = known(name) else { throw ManagerRefusal(Self.notStarted) }
    try Authority.check(rights, for: record.placement)
    try checkUnneeded(name)
    if let server = record.server { try end(server, of: name) }
    // One that has failed is still there.
    try world.removeLeftModule(name)
    world.withBook { book in
      book.change(name) {
        $0.server = nil
        $0.due = nil
      }
    }
    world.keepName(name, false)
  }

  /// Keeps the state of a running service for the case that it crashes.
  func save(_ name: [UInt8]) throws(ManagerRefusal) {
    try claim(name)
    defer { giveUp(name) }
    guard let server = try running(name) else { throw ManagerRefusal(Self.notStarted) }
    try world.hold(name)
    let state: [UInt8]
    do throws(ManagerRefusal) { state = try world.save(name, of: server) } catch {
      try? world.release(name)
      throw error
    }
    try world.release(name)
    world.keepName(name, true)
    world.withBook { book in book.change(name) { $0.keptState = state } }
  }

  // MARK: Starting

  /// The server of a claimed service. One that has crashed is started again now. Nil: it is not meant to run.
  func running(_ name: [UInt8]) throws(ManagerRefusal) -> Server? {
    guard let record = known(name) else { return nil }
    if let server = record.server, world.state(of: server, for: name) != .gone { return server }
    return try restart(record)
  }

  /// Starts a server and waits until it serves its name.
  func launch(
    _ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights
  ) throws(ManagerRefusal) -> Server {
    try world.removeLeftModule(name)
    let server = try world.start(name, placement, rights)
    let end = world.milliseconds + Self.startLimit
    while true {
      switch world.state(of: server, for: name) {
      case .serving: return server
      case .starting: break
      case .gone:
        try? world.end(server, of: name)
        throw ManagerRefusal("the server ended before it published its name")
      }
      guard world.milliseconds < end else {
        try? self.end(server, of: name)
        throw ManagerRefusal("the server did not publish its name within two seconds")
      }
      world.pause()
    }
  }

  /// Ends a server whose end is then no crash.
  func end(_ server: Server, of name: [UInt8]) throws(ManagerRefusal) {
    world.withBook { $0.expectEnd(of: server) }
    defer { world.withBook { $0.forgetEnd(of: server) } }
    try world.end(server, of: name)
  }

  /// Starts what a service needs and what does not run, in order.
  func startNeeded(by name: [UInt8], _ rights: Rights) throws(ManagerRefusal) {
    for needed in try order(of: name).dropLast() {
      try claim(needed)
      defer { giveUp(needed) }
      do throws(ManagerRefusal) {
        if try running(needed) != nil || world.isServed(needed) { continue }
        run(needed, try launch(needed, .server, rights), rights)
      } catch {
        throw ManagerRefusal(needed + Bytes(", which it needs, does not start: ").copied + error.sentence)
      }
    }
  }

  private func order(of name: [UInt8]) throws(ManagerRefusal) -> [[UInt8]] {
    do throws(ServiceOrderError) { return try ServiceOrder.order(of: name) { world.needs(of: $0) } } catch {
      var sentence = ByteWriter()
      error.describe(to: &sentence)
      throw ManagerRefusal(sentence.bytes)
    }
  }

  /// Refuses where a service needs this one that runs, or is about to.
  private func checkUnneeded(_ name: [UInt8]) throws(ManagerRefusal) {
    let names = world.withBook { book in book.records.map { $0.name } }
    let needers = ServiceOrder.needers(of: name, among: names) { world.needs(of: $0) }
    guard let first = needers.first else { return }
    var sentence = Bytes("it is needed by ").copied + first
    for needer in needers.dropFirst() { sentence += Bytes(", ").copied + needer }
    throw ManagerRefusal(sentence)
  }
}
